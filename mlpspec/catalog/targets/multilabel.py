"""Any number of labels a row."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, final

from mlpspec.catalog import vocabulary
from mlpspec.catalog.float32 import float32_numbers
from mlpspec.catalog.inputs.base import column_count
from mlpspec.catalog.option import OneOrMany, option
from mlpspec.catalog.reading import Reading
from mlpspec.catalog.targets.base import head_output
from mlpspec.catalog.targets.labels import ClassTarget
from mlpspec.ir.facts import TargetFacts
from mlpspec.ir.fitted import Answer, FittedTarget, RawType
from mlpspec.ir.program import Chain, Program, Step
from mlpspec.ir.shape import Dim

if TYPE_CHECKING:
    from mlpspec.data.column import ColumnReader


@final
class Multilabel(ClassTarget):
    """Labels of which a row may have none, one or several: a yes or no for each.

    They stand in columns of 0 and 1, one for each label, or together in one column of text with a `separator` between them, where an empty
    text means no label. The head gives a logit for each label; sigmoid makes probabilities of them, and a row has the labels whose
    probability is `threshold` or more.
    """

    kind = "multilabel"
    main = "columns"
    default_loss = "binary_cross_entropy"
    default_metrics = ("f1", "accuracy")

    columns: Annotated[tuple[str, ...], OneOrMany] = option(
        default=(),
        doc="Columns of 0 and 1, named as the labels, or one column of text. Default: the column of the target's own name.",
        examples=("topic_*",),
    )
    separator: str | None = option(default=None, pattern="^.+$", doc="What stands between the labels of a text, exactly.", examples=("|",))
    labels: tuple[Any, ...] | None = option(
        default=None, min_items=1, doc="The labels in the text, in the order of the answers. Default: those of the training rows, sorted.",
        examples=(["red", "round"],),
    )  # fmt: skip
    threshold: float = option(default=0.5, above=0.0, below=1.0, doc="From which probability on a row has a label.", examples=(0.5,))

    def problem(self) -> str | None:
        if self.separator is None and self.labels is not None:
            return "`labels` are those in a column of text, which needs a `separator`; columns of 0 and 1 are named by their `columns`"
        if self.separator is not None and column_count("", self.columns) != 1:
            return "`separator` divides the text of one column; name that column alone"
        if self.labels is not None and len({str(label) for label in self.labels}) < len(self.labels):
            return "`labels` names one twice; write each once"
        return super().problem()

    def columns_read(self, name: str) -> tuple[str, ...]:
        return self.columns or (name,)

    def reading(self, name: str) -> Reading:
        return Reading(self.columns_read(name), "numbers" if self.separator is None else "values", self.separator)

    def fit(self, name: str, reader: ColumnReader) -> FittedTarget:
        columns = reader.expand(self.columns_read(name), globs=self.separator is None)
        reader.raise_problems()
        if self.separator is None:
            return self._fit_columns(name, columns, reader)
        return self._fit_text(name, columns[0], self.separator, reader)

    def outputs(self, name: str, facts: TargetFacts | None) -> Dim:
        if facts is not None:
            return facts.outputs
        if self.separator is None:
            return column_count(name, self.columns)
        return f"{name}.labels" if self.labels is None else len(self.labels)

    def _fit_columns(self, name: str, columns: tuple[str, ...], reader: ColumnReader) -> FittedTarget:
        values = reader.numbers(columns)
        reader.refuse_missing(columns, "float32", target=True)
        counts = dict(zip(columns, (values >= 0.5).sum(axis=0).tolist(), strict=True))
        self.check_weights(counts, name, reader)
        reader.raise_problems()
        return self._fitted(name, columns, "float32", Chain(name).then("identity").program(), counts, len(values))

    def _fit_text(self, name: str, column: str, separator: str, reader: ColumnReader) -> FittedTarget:
        texts, _ = reader.categories((column,), text=True)
        reader.raise_problems()
        pieces = Counter(piece for text in texts[:, 0].tolist() for piece in set(text.split(separator)) if piece)
        labels = vocabulary.in_order(pieces) if self.labels is None else [vocabulary.as_raw(label, "string") for label in self.labels]
        for label in [label for label in pieces if label not in labels]:
            help = "add it to `labels`, or leave `labels` out"
            reader.report("unseen-category", f"column `{column}` has the label `{label}`, which `labels` does not name", help=help)
        if not pieces:
            reader.report("invalid-data", f"column `{column}` has no labels in the training rows", help="a target needs rows with labels")
        self.check_weights(pieces, column, reader)
        reader.raise_problems()
        encode = Chain(name).then("multi_hot", keys=labels, separator=separator).program()
        return self._fitted(name, (column,), "string", encode, {label: pieces[label] for label in labels}, len(texts))

    def _fitted(
        self, name: str, columns: tuple[str, ...], type_: RawType, encode: Program, counts: dict[str, int], rows: int
    ) -> FittedTarget:
        labels = tuple(counts)
        probability = f"{name}_probability"
        [threshold] = float32_numbers([self.threshold])
        steps = (
            Step("sigmoid", (head_output(name),), probability),
            Step("at_least", (probability,), name, {"value": threshold}),
        )
        return FittedTarget(
            name=name,
            kind=self.kind,
            columns=columns,
            type=type_,
            encode=encode,
            decode=Program((head_output(name),), (name, probability), steps),
            facts=TargetFacts(len(labels), len(labels)),
            answers=(Answer(name, "label", "int64", labels), Answer(probability, "probability", "float32", labels)),
            restore=Chain(f"{name}.truth").then("at_least", value=0.5).program(),
            prediction=name,
            classes=labels,
            missing="error" if self.separator is None else "no_labels",
            weights=None if self.class_weights is None else tuple(self.class_weights.of_labels(counts, rows)),
        )
