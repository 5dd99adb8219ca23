"""Requests that arrive together go through the model together."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
"""Arrays by name, all with the same number of rows on their first axis."""

Ran = Callable[[int, float], None]
"""Is told of each batch: its rows, and the seconds it took."""


class QueueFull(Exception):
    """As many requests wait as may."""


@dataclass(frozen=True, eq=False)
class _Waiting:
    arrays: Arrays
    rows: int
    since: float
    answer: asyncio.Future[Arrays]


class Batcher:
    """Runs a model on one thread of its own, over batches gathered from waiting requests.

    A batch closes when it is full, when the next request does not fit, or when its first request has waited `max_delay`. A model that is
    busy gathers meanwhile. Belongs to one event loop; use as `async with`.

    Args:
        run: the model, from input arrays to output arrays, row by row.
        max_rows: rows of a batch; a larger request is a batch of its own and goes through the model in pieces.
        max_delay: seconds.
        max_queue: requests that may wait.
        ran: is told of each batch.
    """

    def __init__(self, run: Callable[[Arrays], Arrays], *, max_rows: int, max_delay: float, max_queue: int, ran: Ran | None = None):
        self._run, self._max_rows, self._max_delay, self._max_queue, self._ran = run, max_rows, max_delay, max_queue, ran
        self._queue: deque[_Waiting] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")

    async def __aenter__(self) -> Batcher:
        self._arrived = asyncio.Event()
        self._worker = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._worker.cancel()
        await asyncio.wait([self._worker])
        for waiting in self._queue:
            waiting.answer.cancel()
        self._thread.shutdown(wait=False)

    @property
    def waiting(self) -> int:
        """Requests that wait for the model."""
        return len(self._queue)

    async def answer(self, arrays: Arrays, rows: int) -> Arrays:
        """The model's outputs for the rows of one request. When the caller is cancelled while it waits, the rows are not calculated.

        Raises:
            QueueFull: when too many requests wait.
            Exception: what the model raises for these rows.
        """
        if len(self._queue) >= self._max_queue:
            raise QueueFull
        answer: asyncio.Future[Arrays] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(arrays, rows, time.monotonic(), answer))
        self._arrived.set()
        return await answer

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batch = [waiting for waiting in await self._gather() if not waiting.answer.done()]
            if not batch:
                continue
            start = time.perf_counter()
            answers = await loop.run_in_executor(self._thread, self._answers, [waiting.arrays for waiting in batch])
            if self._ran is not None:
                self._ran(sum(waiting.rows for waiting in batch), time.perf_counter() - start)
            for waiting, answer in zip(batch, answers, strict=True):
                if waiting.answer.done():
                    continue
                if isinstance(answer, Exception):
                    waiting.answer.set_exception(answer)
                else:
                    waiting.answer.set_result(answer)

    async def _gather(self) -> list[_Waiting]:
        while not self._queue:
            self._arrived.clear()
            await self._arrived.wait()
        batch = [self._queue.popleft()]
        rows = batch[0].rows
        while True:
            while self._queue and rows + self._queue[0].rows <= self._max_rows:
                batch.append(self._queue.popleft())
                rows += batch[-1].rows
            patience = batch[0].since + self._max_delay - time.monotonic()
            if self._queue or rows >= self._max_rows or patience <= 0:
                return batch
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), patience)
            except TimeoutError:
                return batch

    def _answers(self, requests: Sequence[Arrays]) -> list[Arrays | Exception]:
        """The outputs, or the error, of each request. When a batch fails, each request is tried alone: one must not spoil the others."""
        try:
            return list(_split(self._in_pieces(_joined(requests)), [_rows(arrays) for arrays in requests]))
        except Exception as error:  # it goes to whom it belongs
            return [error] if len(requests) == 1 else [self._answers([arrays])[0] for arrays in requests]

    def _in_pieces(self, arrays: Arrays) -> Arrays:
        rows = _rows(arrays)
        if rows <= self._max_rows:
            return self._run(arrays)
        starts = range(0, rows, self._max_rows)
        return _joined([self._run({name: array[start : start + self._max_rows] for name, array in arrays.items()}) for start in starts])


def _rows(arrays: Arrays) -> int:
    return len(next(iter(arrays.values())))


def _joined(parts: Sequence[Arrays]) -> Arrays:
    """Arrays below each other, by name."""
    return parts[0] if len(parts) == 1 else {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _split(arrays: Arrays, counts: Sequence[int]) -> Any:
    """The parts of `counts` rows each."""
    start = 0
    for count in counts:
        yield {name: array[start : start + count] for name, array in arrays.items()}
        start += count
