"""Columns of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, final

from mlpspec.catalog.imputers.base import Imputer
from mlpspec.catalog.imputers.error import ErrorImputer
from mlpspec.catalog.inputs.base import InputType, column_count
from mlpspec.catalog.option import OneOrMany, option
from mlpspec.catalog.reading import Reading
from mlpspec.catalog.scalers.base import Scaler, refuse_numbers
from mlpspec.catalog.scalers.standardize import Standardize
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.fitted import FittedInput
from mlpspec.ir.program import Chain
from mlpspec.ir.shape import Shape, total

if TYPE_CHECKING:
    from mlpspec.data.column import ColumnReader


@final
class Numeric(InputType):
    """Numbers: missing ones replaced, then scaled, column by column.

    Raw values: (batch, columns) float32, NaN where missing. Network input: (batch, columns), and as many 0/1 columns with
    `missing_indicator`. Statistics are those of the training rows after replacement, as in scikit-learn's pipeline of imputer and scaler.
    """

    kind = "numeric"
    main = "columns"

    columns: Annotated[tuple[str, ...], OneOrMany] = option(
        default=(),
        doc="Columns to read; `flipper_*` means all that match, targets apart. Default: the column of the input's own name.",
        examples=(["bill_length_mm", "flipper_*"],),
    )
    scale: Scaler = option(default=Standardize(), doc="How the columns are brought to a common size.", examples=("standardize",))
    missing: Imputer = option(default=ErrorImputer(), doc="What to do about missing numbers.", examples=("mean",))
    missing_indicator: bool = option(default=False, doc="Add a column of 0 and 1 for each column that says where its numbers were missing.")

    def problem(self) -> str | None:
        if self.missing_indicator and isinstance(self.missing, ErrorImputer):
            return "`missing_indicator` marks missing numbers, but `missing: error` refuses them; write e.g. `missing: mean`"
        columns = column_count("", self.columns)
        return self._too_many_components(columns) if isinstance(columns, int) else None

    def _too_many_components(self, columns: int) -> str | None:
        width = self.scale.width("", columns)
        if isinstance(width, int) and width > columns:
            return f"`components: {width}` is more than the number of columns, {columns}; write at most {columns}"
        return None

    def reading(self, name: str) -> Reading:
        return Reading(self.columns or (name,), "numbers")

    def fit(self, name: str, reader: ColumnReader) -> FittedInput:
        import numpy as np

        columns = reader.expand(self.columns or (name,))
        values = reader.numbers(columns)
        reader.raise_problems()
        if too_many := self._too_many_components(len(columns)):
            message, _, help = too_many.partition("; ")
            reader.report("invalid-data", message, help=help)
        fill = self.missing.fill(values)
        chain = Chain(name)
        indicators = [chain.step("is_missing", name)] if self.missing_indicator else []
        if fill is None:
            reader.refuse_missing(columns, "float32")
            reader.raise_problems()
        else:
            chain.then("fill_missing", values=fill)
            values = np.where(np.isnan(values), fill, values)
        refuse_numbers(self.scale, columns, values, reader)
        reader.raise_problems()
        width = self.scale.fit(values, chain)
        if indicators:
            chain.last = chain.step("concat", chain.last, *indicators)
        if chain.last == name:
            chain.then("identity")
        facts = InputFacts(len(columns), width + len(columns) * len(indicators))
        return FittedInput(name, self.kind, columns, "float32", chain.program(), facts, missing=self.missing.kind)

    def network_input(self, name: str, facts: InputFacts | None) -> tuple[Shape, str]:
        columns = column_count(name, self.columns)
        indicators = (columns,) if self.missing_indicator else ()
        width = total((self.scale.width(name, columns), *indicators)) if facts is None else facts.width
        return Shape((width,)), "float32"
