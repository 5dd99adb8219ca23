"""Numbers to predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, final

from mlpspec.catalog.inputs.base import column_count
from mlpspec.catalog.option import OneOrMany, option
from mlpspec.catalog.scalers.base import Scaler
from mlpspec.catalog.scalers.standardize import Standardize
from mlpspec.catalog.targets.base import TargetType, head_output
from mlpspec.ir.facts import TargetFacts
from mlpspec.ir.fitted import FittedTarget
from mlpspec.ir.program import Chain, Program, Step
from mlpspec.ir.shape import Dim

if TYPE_CHECKING:
    import numpy as np

    from mlpspec.data.column import ColumnReader


@final
class NumericTarget(TargetType):
    """One number or several. The network learns them scaled; answers and metrics are in the columns' own units."""

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

    def columns_read(self, name: str) -> tuple[str, ...]:
        return self.columns or (name,)

    def fit(self, name: str, reader: ColumnReader) -> FittedTarget:
        columns = reader.expand(self.columns_read(name))
        values = reader.numbers(columns)
        reader.refuse_missing(columns, "float32", target=True)
        reader.raise_problems()
        encode = Chain(name)
        self.scale.fit(values, encode)
        if encode.last == name:
            encode.then("identity")
        decode = self._decode(name, values)
        return FittedTarget(name, self.kind, columns, "float32", encode.program(), decode, TargetFacts(len(columns)))

    def outputs(self, name: str, facts: TargetFacts | None) -> Dim:
        return column_count(name, self.columns) if facts is None else facts.outputs

    def _decode(self, name: str, values: np.ndarray) -> Program:
        """From the head's numbers to the columns' own units; one column comes as (batch,)."""
        chain = Chain(head_output(name))
        self.scale.fit_inverse(values, chain)
        last = Step("squeeze" if values.shape[1] == 1 else "identity", (chain.last,), name)
        return Program((head_output(name),), (name,), (*chain.program().steps, last))
