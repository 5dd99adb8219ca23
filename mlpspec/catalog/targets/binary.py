"""One of two classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from mlpspec.catalog.float32 import float32_numbers
from mlpspec.catalog.option import option
from mlpspec.catalog.targets.base import head_output
from mlpspec.catalog.targets.labels import ClassTarget, class_numbers, read_labels, written_class
from mlpspec.ir.facts import TargetFacts
from mlpspec.ir.fitted import Answer, FittedTarget
from mlpspec.ir.program import Chain, Program, Step
from mlpspec.ir.shape import Dim

if TYPE_CHECKING:
    from mlpspec.data.column import ColumnReader


@final
class Binary(ClassTarget):
    """Yes or no: two classes, of which `positive` is the one that is asked for.

    The head gives one logit; sigmoid makes the positive class's probability of it, and the label is positive from `threshold` on.
    """

    kind = "binary"
    main = "column"
    default_loss = "binary_cross_entropy"
    default_metrics = ("accuracy", "f1", "auroc")

    column: str | None = option(default=None, doc="The column of the labels. Default: the target's own name.", examples=("survived",))
    positive: Any | None = option(
        default=None, doc="The label that counts as yes. Default: the second of the two, sorted.", examples=("yes",)
    )
    threshold: float = option(
        default=0.5, above=0.0, below=1.0, doc="From which probability of the positive class on the label is positive.", examples=(0.5,)
    )

    def columns_read(self, name: str) -> tuple[str, ...]:
        return (self.column or name,)

    def fit(self, name: str, reader: ColumnReader) -> FittedTarget:
        [column] = self.columns_read(name)
        labels, type_ = read_labels(column, reader)
        classes = list(labels)
        if len(classes) != 2:
            shown = ", ".join(f"`{label}`" for label in classes[:4]) + (", ..." if len(classes) > 4 else "")
            help = "use `category` for several classes" if len(classes) > 2 else "a binary target needs rows of both classes"
            reader.report("invalid-data", f"column `{column}` has {len(classes)} labels in the training rows, not 2: {shown}", help=help)
        if self.positive is not None:
            positive = written_class(self.positive, type_, labels, column, "positive", reader)
            classes.sort(key=lambda label: label == positive)
        self.check_weights(labels, column, reader)
        reader.raise_problems()
        return FittedTarget(
            name=name,
            kind=self.kind,
            columns=(column,),
            type=type_,
            encode=Chain(name).then("lookup", **class_numbers(classes)).then("one_hot", depth=1).program(),
            decode=self._decode(name, classes),
            facts=TargetFacts(1, 2),
            answers=(Answer(name, "label", type_), Answer(f"{name}_probability", "probability", "float32", tuple(classes))),
            restore=Chain(f"{name}.truth").then("at_least", value=0.5).then("squeeze").program(),
            prediction=f"{name}.class",
            classes=tuple(classes),
            weights=self._weights({label: labels[label] for label in classes}),
        )

    def _weights(self, rows: dict[Any, int]) -> tuple[float, ...] | None:
        """How much a positive row counts, where a negative one counts 1."""
        if self.class_weights is None:
            return None
        negative, positive = self.class_weights.of_classes(rows)
        return (positive / negative,)

    def outputs(self, name: str, facts: TargetFacts | None) -> Dim:
        return 1

    def _decode(self, name: str, classes: list[Any]) -> Program:
        """From the logit to the label and the probabilities of both classes."""
        logit, positive, reached = head_output(name), f"{name}.positive", f"{name}.reached"
        number, probability = f"{name}.class", f"{name}_probability"
        [threshold] = float32_numbers([self.threshold])
        steps = (
            Step("sigmoid", (logit,), positive),
            Step("two_classes", (positive,), probability),
            Step("at_least", (positive,), reached, {"value": threshold}),
            Step("squeeze", (reached,), number),
            Step("take", (number,), name, {"values": list(classes)}),
        )
        return Program((logit,), (name, probability), steps)
