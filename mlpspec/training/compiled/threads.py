"""How many threads a step uses: one where the network is so small that sharing the work costs more than it saves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

SHARED_FROM = 8_000_000
"""Floating-point operations in the matrix products of a step from which all threads work on it."""


def thread_count(operations: int) -> int:
    """Threads for a step whose matrix products have so many floating-point operations: one, or as many as torch is set to."""
    return 1 if operations < SHARED_FROM else torch.get_num_threads()


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use `count` threads inside."""
    before = torch.get_num_threads()
    if before == count:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
