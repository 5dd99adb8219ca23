"""One of several classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

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
class CategoryTarget(ClassTarget):
    """One class of several, each with a probability.

    The head gives a logit for each class; softmax makes probabilities of them, and the label is the most probable class.
    """

    kind = "category"
    main = "column"
    default_loss = "cross_entropy"
    default_metrics = ("accuracy", "f1")

    column: str | None = option(default=None, doc="The column of the labels. Default: the target's own name.", examples=("species",))
    classes: tuple[Any, ...] | None = option(
        default=None, min_items=2, doc="The classes in the order of the probabilities. Default: those of the training rows, sorted.",
        examples=(["no", "maybe", "yes"],),
    )  # fmt: skip

    def problem(self) -> str | None:
        if self.classes is not None and len({str(value) for value in self.classes}) < len(self.classes):
            return "`classes` names one twice; write each once"
        return super().problem()

    def columns_read(self, name: str) -> tuple[str, ...]:
        return (self.column or name,)

    def fit(self, name: str, reader: ColumnReader) -> FittedTarget:
        [column] = self.columns_read(name)
        labels, type_ = read_labels(column, reader)
        classes = list(labels)
        if self.classes is not None:
            classes = [written_class(value, type_, labels, column, "classes", reader) for value in self.classes]
            for label in [label for label in labels if label not in classes]:
                help = "add it to `classes`, or leave `classes` out"
                reader.report("unseen-category", f"column `{column}` has the label `{label}`, which `classes` does not name", help=help)
        elif len(classes) < 2:
            help = "a category target needs at least two classes among the training rows"
            reader.report("invalid-data", f"column `{column}` has only the label `{classes[0]}` in the training rows", help=help)
        self.check_weights(labels, column, reader)
        reader.raise_problems()
        weights = None if self.class_weights is None else tuple(self.class_weights.of_classes({label: labels[label] for label in classes}))
        return FittedTarget(
            name=name,
            kind=self.kind,
            columns=(column,),
            type=type_,
            encode=Chain(name).then("lookup", **class_numbers(classes)).then("squeeze").program(),
            decode=_decode(name, classes),
            facts=TargetFacts(len(classes), len(classes)),
            answers=(Answer(name, "label", type_), Answer(f"{name}_probability", "probability", "float32", tuple(classes))),
            restore=Chain(f"{name}.truth").then("identity").program(),
            prediction=f"{name}.class",
            classes=tuple(classes),
            weights=weights,
        )

    def outputs(self, name: str, facts: TargetFacts | None) -> Dim:
        if facts is not None:
            return facts.outputs
        return f"{name}.classes" if self.classes is None else len(self.classes)


def _decode(name: str, classes: list[Any]) -> Program:
    """From logits to the label and the probabilities of the classes."""
    logits, probability, number = head_output(name), f"{name}_probability", f"{name}.class"
    steps = (
        Step("softmax", (logits,), probability),
        Step("argmax", (probability,), number),
        Step("take", (number,), name, {"values": list(classes)}),
    )
    return Program((logits,), (name, probability), steps)
