"""Random numbers of rows that depend on nothing but a seed and the row: the same in whatever order or blocks rows are read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)


def draw(seed: int, purpose: int, rows: np.ndarray) -> np.ndarray:
    """A number for each row, (rows,) uint64, all 2^64 alike probable.

    Args:
        seed: from 0.
        purpose: makes numbers of one seed independent of each other.
        rows: the rows' numbers, (rows,) of whole numbers.

    Source: the output number `row` of SplitMix64 (Steele, Lea and Flood 2014, https://doi.org/10.1145/2660193.2660195), whose state at
    the start is NumPy's SeedSequence of seed and purpose.

    >>> draw(1, 0, np.array([5, 0])).tolist() == [draw(1, 0, np.arange(6))[5], draw(1, 0, np.arange(1))[0]]
    True
    """
    [start] = np.random.SeedSequence([seed, purpose]).generate_state(1, np.uint64)
    with np.errstate(over="ignore"):
        return mixed(start + (rows.astype(np.uint64) + np.uint64(1)) * _STEP)


def mixed(numbers: np.ndarray) -> np.ndarray:
    """The finishing function of SplitMix64, which changes about half of the bits when one changes. (rows,) uint64 to the same."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def text_numbers(texts: Sequence[str]) -> np.ndarray:
    """A number for each text, (texts,) uint64. Source: BLAKE2b of 8 bytes over UTF-8."""
    digests = b"".join(hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def shares_of(numbers: np.ndarray) -> np.ndarray:
    """Random uint64 as numbers from 0 to below 1, float64."""
    return (numbers >> np.uint64(11)) * 2.0**-53
