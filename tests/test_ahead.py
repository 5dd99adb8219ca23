from __future__ import annotations

import threading
import time

import pytest

from mlpspec.ahead import Ahead


def test_items_in_order_made_in_another_thread():
    threads = []

    def items():
        for number in range(5):
            threads.append(threading.current_thread())
            yield number

    assert list(Ahead(items())) == [0, 1, 2, 3, 4]
    assert threading.current_thread() not in threads


def test_the_next_is_made_while_one_is_used():
    made = threading.Event()

    def items():
        yield 1
        made.set()
        yield 2

    stream = Ahead(items())
    assert next(stream) == 1
    assert made.wait(5)
    assert list(stream) == [2]


def test_an_error_comes_where_its_item_would():
    def items():
        yield 1
        raise KeyError("two")

    stream = Ahead(items())
    assert next(stream) == 1
    with pytest.raises(KeyError):
        next(stream)


def test_closing_closes_the_source():
    closed = []

    def items():
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    stream = Ahead(items())
    next(stream)
    stream.close()
    assert closed == [True]
    assert list(stream) == []


def test_closing_does_not_wait_for_ever_for_an_item_that_does_not_come():
    enough = threading.Event()

    def items():
        enough.wait(60)
        yield 1

    start = time.perf_counter()
    with Ahead(items(), patience=0.1):
        pass
    assert time.perf_counter() - start < 10
    enough.set()


def test_who_waits_for_an_item_gets_the_end_when_it_is_closed():
    enough, ended = threading.Event(), threading.Event()

    def items():
        enough.wait(60)
        yield 1

    def use(stream):
        assert list(stream) == []
        ended.set()

    stream = Ahead(items(), patience=0.1)
    threading.Thread(target=use, args=(stream,), daemon=True).start()
    stream.close()
    assert ended.wait(10)
    enough.set()
