"""Work done ahead, so that reading, calculating and writing overlap."""

from __future__ import annotations

import threading
from collections.abc import Generator
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")

_GLANCE = 0.2
"""Seconds between looks at signals that have come. polars has Ctrl-C restart a wait without an end, so that nobody would notice it."""


class Ahead(Generic[Item]):
    """The items of a generator, the next one being made in a thread of its own while this one is used.

    Two exist at a time: who asks for an item has done with the one before.

    What the making raises is raised where its item would have come. The thread never keeps the process alive.

    Args:
        items: the generator; it is closed in that thread.
        patience: seconds that `close` waits for an item that is being made; None waits as long as it takes. A thread that waits for
            input from a person or a pipe may never come back.
    """

    def __init__(self, items: Generator[Item, None, None], *, patience: float | None = None):
        self._items, self._patience, self._closed = items, patience, False
        self._wanted: SimpleQueue[bool] = SimpleQueue()
        self._made: SimpleQueue[tuple[Item | None, BaseException | None]] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        self._wanted.put(True)

    def __iter__(self) -> Ahead[Item]:
        return self

    def __next__(self) -> Item:
        if self._closed:
            raise StopIteration
        self._wanted.put(True)  # the item before is done with
        item, error = self._next()
        if error is not None:
            self._made.put((None, StopIteration()))
            raise error
        return item  # type: ignore[return-value]  # there is an item where there is no error

    def close(self) -> None:
        """Make no more; who waits for the next item, or asks for one later, gets the end."""
        if not self._closed:
            self._closed = True
            self._wanted.put(False)
            self._made.put((None, StopIteration()))
            self._thread.join(self._patience)

    def _next(self) -> tuple[Item | None, BaseException | None]:
        while True:
            try:
                return self._made.get(timeout=_GLANCE)
            except Empty:
                continue

    def __enter__(self) -> Ahead[Item]:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _work(self) -> None:
        try:
            while self._wanted.get():
                self._made.put((next(self._items), None))
        except BaseException as error:  # the end, too, is raised in the other thread
            self._made.put((None, error))
        finally:
            self._items.close()
