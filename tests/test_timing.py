import gc
import time

import numpy as np

from mlpspec.timing import LEAST, WARM_UP, take_turns


def test_calls_take_turns_after_a_warm_up():
    called = []
    times = take_turns({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, seconds=0)
    assert called == ["a"] * WARM_UP + ["b"] * WARM_UP + list("abbaabbaab")
    assert {name: len(found) for name, found in times.items()} == {"a": LEAST, "b": LEAST}


def test_times_are_those_of_the_calls_and_within_the_time_given():
    start = time.perf_counter()
    times = take_turns({"a": lambda: time.sleep(0.002), "b": lambda: time.sleep(0.004)}, seconds=0.1)
    assert 0.15 < time.perf_counter() - start < 2
    assert np.median(times["a"]) >= 0.002
    assert np.median(times["b"]) >= 0.004


def test_the_collector_rests_and_is_woken_again():
    states = []
    take_turns({"a": lambda: states.append(gc.isenabled())}, seconds=0)
    assert not any(states[WARM_UP:])
    assert gc.isenabled()


def test_another_clock_times_the_calls_and_not_the_end():
    """Processor time passes while a thread calculates, and stands still while it sleeps."""
    start = time.perf_counter()
    times = take_turns({"sleeping": lambda: time.sleep(0.002)}, seconds=0.05, clock=time.thread_time)
    assert time.perf_counter() - start >= 0.05
    assert np.median(times["sleeping"]) < 0.002
