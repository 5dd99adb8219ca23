"""What every batch size is."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from mlpspec.catalog.entry import Entry

Scaling = Literal["none", "linear", "sqrt"]
"""How the learning rate follows the batch size."""

LARGEST = 10_000_000
"""Rows of a batch, at most."""


class Stage(NamedTuple):
    """From `epoch` (from 0) on a batch has so many rows, and the learning rate is multiplied with `rate`."""

    epoch: int
    rows: int
    rate: float = 1.0


class BatchSize(Entry):
    """How many rows are calculated at once. An optimizer step learns from so many, times `training.accumulate`.

    A number alone is `fixed`. A size that changes does so between epochs; the learning rate's schedule counts the steps that there
    really are.
    """

    def stages(self) -> tuple[Stage, ...]:
        """The sizes of a run in the order of their epochs, the first at epoch 0; empty where the size is found out by trying."""
        raise NotImplementedError(type(self).__name__)


def rate_factor(rows: int, first: int, scaling: Scaling) -> float:
    """What the learning rate is multiplied with when `rows` are learnt from at once instead of `first`.

    `linear`: in proportion (Goyal et al. 2017); `sqrt`: with the root, which keeps the variance of a step (Krizhevsky 2014; for Adam,
    Malladi et al. 2022); `none`: not at all, so that a growing batch does what a falling rate would do (Smith et al. 2018).

    >>> rate_factor(128, 32, "linear"), rate_factor(128, 32, "sqrt"), rate_factor(128, 32, "none")
    (4.0, 2.0, 1.0)
    """
    if scaling == "none":
        return 1.0
    return rows / first if scaling == "linear" else math.sqrt(rows / first)
