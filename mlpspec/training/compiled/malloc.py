"""Let the C library keep freed memory, so that results which an operator allocates in each step cost no page faults."""

from __future__ import annotations

import torch

LARGEST = 31 << 20
"""Bytes: just below the 32 MB above which glibc always asks the system for memory."""


def keep_freed_memory() -> None:
    """Allocate and free one large block, which is never touched.

    glibc takes it for a sign: from now on blocks up to that size come from memory that the process keeps, and up to twice as much stays
    with it when freed (the dynamic threshold of mallopt(3), M_MMAP_THRESHOLD). Other C libraries do not care.
    """
    torch.empty(LARGEST, dtype=torch.uint8)
