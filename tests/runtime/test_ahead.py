from __future__ import annotations

import threading

import pytest

from mlpspec.runtime.ahead import ahead


def test_items_in_order_made_in_another_thread():
    threads = []

    def items():
        for number in range(5):
            threads.append(threading.current_thread())
            yield number

    assert list(ahead(items())) == [0, 1, 2, 3, 4]
    assert threading.current_thread() not in threads


def test_the_next_is_made_while_one_is_used():
    made = threading.Event()

    def items():
        yield 1
        made.set()
        yield 2

    stream = ahead(items())
    assert next(stream) == 1
    assert made.wait(5)
    assert list(stream) == [2]


def test_an_error_comes_where_its_item_would():
    def items():
        yield 1
        raise KeyError("two")

    stream = ahead(items())
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

    stream = ahead(items())
    next(stream)
    stream.close()
    assert closed == [True]
