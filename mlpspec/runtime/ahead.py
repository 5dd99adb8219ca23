"""Work done ahead, so that reading, calculating and writing overlap."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

Item = TypeVar("Item")

_END = object()


def ahead(items: Generator[Item, None, None]) -> Generator[Item, None, None]:
    """The items, the next one being made in a thread of its own while this one is used. Two exist at a time.

    What the making raises is raised where its item would have come. Closing it closes `items`.
    """
    try:
        with ThreadPoolExecutor(1) as thread:
            coming = thread.submit(next, items, _END)
            while (item := coming.result()) is not _END:
                coming = thread.submit(next, items, _END)
                yield cast(Item, item)
    finally:
        items.close()
