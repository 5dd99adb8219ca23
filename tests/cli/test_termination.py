import os
import signal
import subprocess
import sys
import threading

import pytest

from mlpspec.cli.termination import Terminated, termination_raises

NUMBERS = [signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_is_raised_where_the_program_is(number):
    def stopped():
        with termination_raises():
            os.kill(os.getpid(), number)
            signal.pause()

    before = signal.getsignal(number)
    with pytest.raises(Terminated) as caught:
        stopped()
    assert (caught.value.exit_code, str(caught.value)) == (128 + number, number.name)
    assert signal.getsignal(number) is before


def test_what_is_ignored_stays_ignored():
    """As `nohup` has it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with termination_raises():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_leave_signals_alone():
    found = []

    def work():
        with termination_raises():
            found.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_command_ends_with_the_code_that_shells_give(number):
    code = (
        "import os, sys\nimport mlpspec.compiler\nfrom mlpspec.cli.main import run\n"
        f"mlpspec.compiler.load = lambda *_, **__: os.kill(os.getpid(), {int(number)}) or __import__('time').sleep(30)\n"
        "run(['validate', 'x.yaml'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 128 + number
    assert f"error[stopped]: stopped by {number.name}" in done.stderr
