from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from mlpspec.diagnostics import CheckError, MachineError, StoppedError
from mlpspec.training.interrupt import Interrupt
from mlpspec.training.workers import in_workers


def squares(offset):
    return lambda number: (offset + number**2, os.getpid())


def faults(how):
    def work(number):
        if number != 1:
            return number
        if how == "said":
            raise CheckError("one is wrong", code="non-finite-loss", help="leave it out")
        if how == "unforeseen":
            raise KeyError("one")
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    return work


def beginning(_):
    raise CheckError("it cannot begin")


def patient(_):
    def work(number):
        with Interrupt() as interrupt:
            for _ in range(600):
                if interrupt.exit_code is not None:
                    raise StoppedError("saved", exit_code=interrupt.exit_code)
                time.sleep(0.05)
        return number

    return work


def test_all_tasks_are_done_in_other_processes():
    found = dict(in_workers(squares, (10,), range(6), 2))
    assert {task: value for task, (value, _) in found.items()} == {task: 10 + task**2 for task in range(6)}
    assert os.getpid() not in {process for _, process in found.values()}


def test_tasks_are_taken_when_a_worker_is_free():
    taken = []
    tasks = (taken.append(number) or number for number in range(50))
    found = in_workers(squares, (0,), tasks, 1)
    next(found)
    assert len(taken) <= 2
    found.close()


def test_no_tasks():
    assert list(in_workers(squares, (0,), [], 2)) == []


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [("said", CheckError, "one is wrong"), ("unforeseen", RuntimeError, "KeyError: 'one'"), ("killed", MachineError, "killed by signal 9")],
)
def test_a_failure_ends_the_work(how, error, words):
    with pytest.raises(error, match=words) as caught:
        list(in_workers(faults, (how,), [1], 1))
    if how == "said":
        [found] = caught.value.diagnostics
        assert (found.code, found.help, caught.value.exit_code) == ("non-finite-loss", "leave it out", 7)


def test_a_worker_that_cannot_begin():
    with pytest.raises(CheckError, match="it cannot begin"):
        list(in_workers(beginning, (0,), [1, 2, 3], 2))


def test_a_signal_is_handed_on():
    threading.Timer(4.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
    started = time.monotonic()
    with pytest.raises(StoppedError) as error:
        list(in_workers(patient, (0,), [1, 2, 3], 2))
    assert error.value.exit_code == 75
    assert time.monotonic() - started < 25
