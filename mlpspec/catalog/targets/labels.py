"""What targets of classes have in common: reading the classes from the training rows, weighing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlpspec.catalog import vocabulary
from mlpspec.catalog.losses.binary_cross_entropy import BinaryCrossEntropy
from mlpspec.catalog.option import option
from mlpspec.catalog.targets.base import TargetType
from mlpspec.catalog.weightings.base import ClassWeighting
from mlpspec.diagnostics import did_you_mean
from mlpspec.ir.fitted import RawType

if TYPE_CHECKING:
    from mlpspec.data.column import ColumnReader


class ClassTarget(TargetType):
    """A target whose answers are classes with probabilities."""

    is_classes = True

    class_weights: ClassWeighting | None = option(
        default=None, doc="How much the rows of each class count in the loss. Default: all rows alike.", examples=("balanced",)
    )

    def problem(self) -> str | None:
        if self.class_weights is not None and isinstance(self.loss, BinaryCrossEntropy) and self.loss.positive_weight != 1.0:
            return "`class_weights` and the loss's `positive_weight` say the same; keep one of them"
        return None

    def check_weights(self, classes: Mapping[Any, int], column: str, reader: ColumnReader) -> None:
        """Report the classes that `class_weights` names and the training rows do not have."""
        known = list(map(str, classes))
        for name in self.class_weights.named() if self.class_weights is not None else ():
            if name not in known:
                message = f"`class_weights` names `{name}`, which `{column}` does not have in the training rows"
                reader.report("unseen-category", message, help=did_you_mean(name, known))


def read_labels(column: str, reader: ColumnReader) -> tuple[dict[Any, int], RawType]:
    """How often each label stands in the training rows, in sorted order, and the type of the labels.

    Raises:
        DataError: when the column is not there, is none of labels, or has missing values.
    """
    columns = reader.expand((column,), globs=False)
    values, type_ = reader.categories(columns, text=False)
    reader.refuse_missing(columns, type_, target=True)
    reader.raise_problems()
    return vocabulary.count(values[:, 0]), type_


def written_class(written: Any, type_: RawType, labels: dict[Any, int], column: str, option: str, reader: ColumnReader) -> Any:
    """A class that the spec writes, as the labels are; reported when the training rows do not have it."""
    try:
        value = vocabulary.as_raw(written, type_)
    except ValueError:
        value = written
    if value not in labels:
        help = did_you_mean(str(value), map(str, labels))
        reader.report("unseen-category", f"`{option}` names `{value}`, which `{column}` does not have in the training rows", help=help)
    return value


def class_numbers(classes: list[Any]) -> dict[str, Any]:
    """The constants of the lookup from labels to class numbers; a label that is no class gets -1."""
    return {"columns": 1, "column": 0, "keys": list(classes), "values": list(range(len(classes))), "default": -1}
