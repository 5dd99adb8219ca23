"""What every class weighting is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlpspec.catalog.entry import Entry


class ClassWeighting(Entry):
    """How much the rows of a class count in the loss."""

    def named(self) -> tuple[str, ...]:
        """The classes that the spec names, which the training rows must have."""
        return ()

    def of_classes(self, rows: Mapping[Any, int]) -> list[float]:
        """A factor for each class, from how many training rows have it."""
        raise NotImplementedError(type(self).__name__)

    def of_labels(self, rows: Mapping[Any, int], total: int) -> list[float]:
        """A factor for each label's positive rows, from how many training rows have it, of `total`; rows without the label count 1."""
        raise NotImplementedError(type(self).__name__)
