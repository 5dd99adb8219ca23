import asyncio
import threading
import time

import numpy as np
import pytest

from mlpspec.serving.batcher import Batcher, QueueFull


def double(arrays):
    return {"y": arrays["x"] * 2}


def batch(*numbers):
    return {"x": np.array(numbers, np.float32)}


class Held:
    """A model that notes its batches and waits in the first one until it is let go."""

    def __init__(self, run=double):
        self.let_go, self.begun, self.batches, self._run = threading.Event(), threading.Event(), [], run

    def __call__(self, arrays):
        self.batches.append(arrays["x"].tolist())
        self.begun.set()
        assert self.let_go.wait(20)
        return self._run(arrays)


def batcher(run, *, max_rows=64, max_delay=0.0, max_queue=100, ran=None):
    return Batcher(run, max_rows=max_rows, max_delay=max_delay, max_queue=max_queue, ran=ran)


async def ask(to, *numbers):
    return (await to.answer(batch(*numbers), len(numbers)))["y"].tolist()


async def while_held(held, to, first, *others):
    """The answers, when `first` holds the model until all `others` wait."""
    tasks = [asyncio.create_task(ask(to, *first))]
    await asyncio.to_thread(held.begun.wait, 20)
    for numbers in others:
        tasks.append(asyncio.create_task(ask(to, *numbers)))
        await asyncio.sleep(0)
    assert to.waiting == len(others)
    held.let_go.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_one_request():
    async def scene():
        async with batcher(double) as to:
            return await ask(to, 1, 2, 3)

    assert asyncio.run(scene()) == [2, 4, 6]


def test_what_waits_goes_together_and_comes_back_to_whom_it_belongs():
    held = Held()

    async def scene():
        async with batcher(held) as to:
            return await while_held(held, to, [0], [1], [2, 3], [4, 5, 6])

    assert asyncio.run(scene()) == [[0], [2], [4, 6], [8, 10, 12]]
    assert held.batches == [[0], [1, 2, 3, 4, 5, 6]]


def test_a_batch_closes_before_the_request_that_does_not_fit():
    held = Held()

    async def scene():
        async with batcher(held, max_rows=4) as to:
            return await while_held(held, to, [0], [1, 2], [3], [4, 5], [6])

    assert asyncio.run(scene()) == [[0], [2, 4], [6], [8, 10], [12]]
    assert held.batches == [[0], [1, 2, 3], [4, 5, 6]]


def test_a_larger_request_goes_through_in_pieces():
    held = Held()
    held.let_go.set()

    async def scene():
        async with batcher(held, max_rows=3) as to:
            return await ask(to, *range(8))

    assert asyncio.run(scene()) == [2 * n for n in range(8)]
    assert held.batches == [[0, 1, 2], [3, 4, 5], [6, 7]]


def test_a_request_waits_for_others_up_to_the_delay():
    held = Held()
    held.let_go.set()

    async def scene():
        async with batcher(held, max_delay=0.5) as to:
            first = asyncio.create_task(ask(to, 1))
            await asyncio.sleep(0.05)
            start = time.monotonic()
            return await asyncio.gather(first, ask(to, 2)), time.monotonic() - start

    answers, seconds = asyncio.run(scene())
    assert answers == [[2], [4]]
    assert held.batches == [[1, 2]]
    assert 0.3 < seconds < 5


def test_a_full_batch_does_not_wait():
    async def scene():
        async with batcher(double, max_rows=2, max_delay=30) as to:
            return await asyncio.wait_for(asyncio.gather(ask(to, 1), ask(to, 2)), 10)

    assert asyncio.run(scene()) == [[2], [4]]


def test_a_full_queue_refuses():
    held = Held()

    async def scene():
        async with batcher(held, max_queue=2) as to:
            tasks = [asyncio.create_task(ask(to, 0))]
            await asyncio.to_thread(held.begun.wait, 20)
            tasks += [asyncio.create_task(ask(to, n)) for n in (1, 2)]
            await asyncio.sleep(0)
            with pytest.raises(QueueFull):
                await ask(to, 3)
            held.let_go.set()
            return await asyncio.gather(*tasks)

    assert asyncio.run(scene()) == [[0], [2], [4]]


def test_a_request_that_fails_spoils_no_other():
    def picky(arrays):
        if (arrays["x"] < 0).any():
            raise ValueError("no negative numbers")
        return double(arrays)

    held = Held(picky)

    async def scene():
        async with batcher(held) as to:
            return await while_held(held, to, [0], [1], [-1], [2, 3])

    first, second, bad, last = asyncio.run(scene())
    assert (first, second, last) == ([0], [2], [4, 6])
    assert isinstance(bad, ValueError)


def test_a_request_nobody_waits_for_is_not_calculated():
    held = Held()

    async def scene():
        async with batcher(held) as to:
            first = asyncio.create_task(ask(to, 0))
            await asyncio.to_thread(held.begun.wait, 20)
            gone = asyncio.create_task(ask(to, 1))
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.sleep(0)
            held.let_go.set()
            return await first, await ask(to, 2)

    assert asyncio.run(scene()) == ([0], [4])
    assert held.batches == [[0], [2]]


def test_batches_are_told():
    told = []

    async def scene():
        async with batcher(double, ran=lambda rows, seconds: told.append((rows, seconds))) as to:
            await ask(to, 1, 2, 3)

    asyncio.run(scene())
    ((rows, seconds),) = told
    assert rows == 3
    assert 0 <= seconds < 10


def test_thousands_of_requests_at_once_are_split_exactly():
    random = np.random.default_rng(0)
    requests = [random.integers(0, 1000, random.integers(1, 65)).tolist() for _ in range(2000)]

    async def scene():
        async with batcher(double, max_rows=256, max_queue=5000) as to:
            return await asyncio.gather(*(ask(to, *numbers) for numbers in requests))

    assert asyncio.run(scene()) == [[2 * number for number in numbers] for numbers in requests]
