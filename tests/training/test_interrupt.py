import os
import signal
import threading

import pytest

from mlpspec.training.interrupt import Interrupt


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 75), ("SIGHUP", 75)])
def test_a_first_signal_is_remembered(name, code):
    before = signal.getsignal(getattr(signal, name))
    with Interrupt() as interrupt:
        assert interrupt.exit_code is None
        os.kill(os.getpid(), getattr(signal, name))
        assert interrupt.exit_code == code
    assert signal.getsignal(getattr(signal, name)) is before


def test_a_second_ctrl_c_stops_at_once():
    with Interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.exit_code == 130


def test_ctrl_c_after_sigterm_stops_at_once():
    with Interrupt():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_second_sigterm_changes_nothing():
    with Interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert interrupt.exit_code == 75


def test_handlers_come_back_after_an_error():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="x"), Interrupt():
        raise ValueError("x")
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_signals_are_left_alone():
    """Python lets only the main thread set handlers."""
    seen = []

    def work():
        with Interrupt() as interrupt:
            seen.append(interrupt.exit_code)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [None]
