"""What every input type is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpspec.catalog.augmentations.base import Augmentation
from mlpspec.catalog.entry import Entry
from mlpspec.catalog.option import option
from mlpspec.catalog.reading import Reading
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.fitted import FittedInput
from mlpspec.ir.graph import Operation
from mlpspec.ir.shape import Dim, Shape

if TYPE_CHECKING:
    from mlpspec.data.column import ColumnReader

GLOB_SIGNS = frozenset("*?[")
"""A column name with one of these is a pattern, unless a column has exactly that name."""


class InputType(Entry):
    """What a model reads: columns or an array, and how raw values become the network's numbers."""

    augment: tuple[Augmentation, ...] = option(
        default=(), doc="Changes of training rows that leave their answer as it is.", examples=([{"noise": 0.1}],)
    )

    def reading(self, name: str) -> Reading:
        """Which columns `fit` reads, and what it must see of them where it does not see all training rows."""
        return Reading(getattr(self, "columns", ()) or (name,), "other")

    def fit(self, name: str, reader: ColumnReader) -> FittedInput:
        """Learn from the training rows.

        Raises:
            DataError: listing all that is wrong with the columns.
        """
        raise NotImplementedError(type(self).__name__)

    def network_input(self, name: str, facts: InputFacts | None) -> tuple[Shape, str]:
        """Shape (without batch) and dtype of what the network is called with; sizes are names while `facts` is None."""
        raise NotImplementedError(type(self).__name__)

    def operation(self, name: str, facts: InputFacts | None) -> Operation | None:
        """What the network itself does first with the input (an embedding), or None."""
        return None


def column_count(name: str, columns: tuple[str, ...]) -> Dim:
    """How many columns an input or target of that name reads; a name while only the data can tell."""
    if any(GLOB_SIGNS & set(column) for column in columns):
        return f"{name}.columns"
    return len(set(columns)) or 1
