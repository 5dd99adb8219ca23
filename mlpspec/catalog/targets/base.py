"""What every target type is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mlpspec.catalog.entry import Entry
from mlpspec.catalog.losses import LOSSES, Loss
from mlpspec.catalog.option import option
from mlpspec.catalog.reading import Reading
from mlpspec.ir.facts import TargetFacts
from mlpspec.ir.fitted import FittedTarget
from mlpspec.ir.shape import Dim

if TYPE_CHECKING:
    from mlpspec.data.column import ColumnReader


class TargetType(Entry):
    """What a model answers. It implies the head's width, the loss on logits, the metrics, and how answers are said."""

    is_classes: ClassVar[bool]
    """Whether answers are classes with probabilities, rather than numbers."""

    default_loss: ClassVar[str]
    """The kind of the loss it has unless the spec names another."""

    default_metrics: ClassVar[tuple[str, ...]]
    """The kinds of the metrics it has unless the spec asks for others."""

    loss: Loss | None = option(default=None, doc="What training makes small. Default: the target's own loss.")
    weight: float = option(default=1.0, above=0.0, doc="Weight of this target's loss in the sum, when there are several targets.")

    @property
    def loss_entry(self) -> Loss:
        """The loss that the spec names, else the target's own."""
        return self.loss or LOSSES[self.default_loss]()

    def columns_read(self, name: str) -> tuple[str, ...]:
        """The columns, or patterns of columns, that hold the truth."""
        raise NotImplementedError(type(self).__name__)

    def reading(self, name: str) -> Reading:
        """Which columns `fit` reads, and what it must see of them where it does not see all training rows."""
        return Reading(self.columns_read(name), "values" if self.is_classes else "numbers")

    def fit(self, name: str, reader: ColumnReader) -> FittedTarget:
        """Learn classes or scales from the training rows.

        Raises:
            DataError: listing all that is wrong with the columns.
        """
        raise NotImplementedError(type(self).__name__)

    def outputs(self, name: str, facts: TargetFacts | None) -> Dim:
        """How many numbers the head gives a row; a name while `facts` is None and the spec does not tell."""
        raise NotImplementedError(type(self).__name__)


def head_output(name: str) -> str:
    """What a decoding program calls the head's output."""
    return f"{name}.head"
