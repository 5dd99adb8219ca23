"""Numbers to predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, final

from mlpspec.catalog.inputs.base import column_count
from mlpspec.catalog.option import OneOrMany, option
from mlpspec.catalog.scalers.base import Scaler, refuse_numbers
from mlpspec.catalog.scalers.standardize import Standardize
from mlpspec.catalog.targets.base import TargetType, head_output
from mlpspec.ir.facts import TargetFacts
from mlpspec.ir.fitted import Answer, FittedTarget
from mlpspec.ir.program import Chain, Program, Step
from mlpspec.ir.shape import Dim, product

if TYPE_CHECKING:
    import numpy as np

    from mlpspec.data.column import ColumnReader


@final
class NumericTarget(TargetType):
    """One number or several. The network learns them scaled; answers and metrics are in the columns' own units.

    With the loss `quantile` of several levels there is an interval beside each number: `<target>_interval`, (batch, 2) for one column.
    """

    kind = "numeric"
    main = "columns"
    is_classes = False
    default_loss = "mse"
    default_metrics = ("mae", "rmse", "r2")

    columns: Annotated[tuple[str, ...], OneOrMany] = option(
        default=(),
        doc="Columns of the numbers; `*` matches any letters. Default: the column of the target's own name.",
        examples=("price",),
    )
    scale: Scaler = option(default=Standardize(), doc="How the numbers are scaled for the network.", examples=("standardize",))

    def problem(self) -> str | None:
        if not self.scale.invertible:
            return f"`scale: {self.scale.kind}` cannot be undone, which a target's scale must; write e.g. `standardize`"
        return None

    def columns_read(self, name: str) -> tuple[str, ...]:
        return self.columns or (name,)

    def fit(self, name: str, reader: ColumnReader) -> FittedTarget:
        columns = reader.expand(self.columns_read(name))
        values = reader.numbers(columns)
        reader.refuse_missing(columns, "float32", target=True)
        reader.raise_problems()
        refuse_numbers(self.scale, columns, values, reader)
        reader.raise_problems()
        encode, restore = Chain(name), Chain(f"{name}.truth")
        self.scale.fit(values, encode)
        self.scale.fit_inverse(values, restore)
        for chain in (encode, restore):
            if not chain.steps:
                chain.then("identity")
        return self._fitted(name, columns, values, encode.program(), restore.program())

    def outputs(self, name: str, facts: TargetFacts | None) -> Dim:
        if facts is not None:
            return facts.outputs
        return product((column_count(name, self.columns), max(1, len(self.loss_entry.quantiles()))))

    def _fitted(self, name: str, columns: tuple[str, ...], values: np.ndarray, encode: Program, restore: Program) -> FittedTarget:
        """The target with its decoding: from the head's numbers to the columns' own units."""
        levels = self.loss_entry.quantiles()
        chain = Chain(head_output(name))
        if len(levels) > 1:
            _in_order(chain, len(columns), len(levels))
        ordered = chain.last

        def unscaled(level: int) -> str:
            chain.last = ordered
            if len(levels) > 1:
                chain.then("pick", columns=[column * len(levels) + level for column in range(len(columns))])
            self.scale.fit_inverse(values, chain)
            return chain.last

        prediction = unscaled(len(levels) // 2)
        answers = [Answer(name, "label", "float32", None if len(columns) == 1 else columns)]
        steps = [Step("squeeze" if len(columns) == 1 else "identity", (prediction,), name)]
        if len(levels) > 1:
            ends = chain.step("concat", unscaled(0), unscaled(len(levels) - 1))
            pairs = [side * len(columns) + column for column in range(len(columns)) for side in (0, 1)]
            steps.append(Step("pick", (ends,), f"{name}_interval", {"columns": pairs}))
            answers.append(Answer(f"{name}_interval", "interval", "float32", _interval_columns(columns, (levels[0], levels[-1]))))
        decode = Program((head_output(name),), tuple(answer.name for answer in answers), (*chain.steps, *steps))
        facts = TargetFacts(len(columns) * max(1, len(levels)))
        return FittedTarget(name, self.kind, columns, "float32", encode, decode, facts, tuple(answers), restore, prediction)


def _in_order(chain: Chain, columns: int, levels: int) -> None:
    """Append the steps that bring each column's levels into ascending order. All scales keep that order."""
    head = chain.last
    if columns == 1:
        chain.then("sort", width=levels)
        return
    parts = [chain.step("pick", head, columns=[column * levels + level for level in range(levels)]) for column in range(columns)]
    chain.last = chain.step("concat", *(chain.step("sort", part, width=levels) for part in parts))


def _interval_columns(columns: tuple[str, ...], ends: tuple[float, float]) -> tuple[str, ...]:
    """`0.05` and `0.95`, with the column's name in front where there are several."""
    return tuple(f"{end:g}" if len(columns) == 1 else f"{column}_{end:g}" for column in columns for end in ends)
