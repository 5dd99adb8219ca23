"""An array with several numbers in each row: images, series, matrices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, final

from mlpspec.catalog.inputs.base import InputType
from mlpspec.catalog.option import option
from mlpspec.catalog.reading import Reading
from mlpspec.catalog.scalers.base import Scaler, refuse_numbers
from mlpspec.catalog.scalers.none import NoScaling
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.fitted import FittedInput
from mlpspec.ir.program import Chain
from mlpspec.ir.shape import Shape

if TYPE_CHECKING:
    from mlpspec.data.column import ColumnReader


@final
class Tensor(InputType):
    """An array whose first axis is the rows, of an NPZ file, a Parquet list column or a mapping.

    Raw values and network input: (batch, *shape) float32. One scale, that of all its numbers, serves the whole array.
    """

    kind = "tensor"
    main = "array"

    array: str | None = option(default=None, doc="The array to read. Default: the one of the input's own name.", examples=("images",))
    shape: tuple[int, ...] | None = option(
        default=None,
        minimum=1,
        min_items=1,
        doc="Its axes after the rows, so that shapes can be checked before the data is read.",
        examples=([28, 28],),
    )
    scale: Scaler = option(default=NoScaling(), doc="How the numbers are scaled, all alike.", examples=("standardize",))

    def problem(self) -> str | None:
        if self.scale.mixes_columns:
            return f"`scale: {self.scale.kind}` is for the columns of a numeric input; write e.g. `standardize`"
        return None

    def reading(self, name: str) -> Reading:
        return Reading((self.array or name,), "array")

    def fit(self, name: str, reader: ColumnReader) -> FittedInput:
        array = self.array or name
        values = reader.array(array, self.shape)
        if values is None:
            reader.raise_problems()
            raise AssertionError("an array that cannot be read is a problem")
        if self.scale.above is not None:
            refuse_numbers(self.scale, (array,), values.reshape(len(values), -1).min(axis=1, keepdims=True), reader)
        reader.raise_problems()
        chain = Chain(name)
        self.scale.fit(values.reshape(-1, 1), chain)
        if chain.last == name:
            chain.then("identity")
        shape = tuple(values.shape[1:])
        return FittedInput(name, self.kind, (array,), "float32", chain.program(), InputFacts(1, math.prod(shape), shape=shape), shape=shape)

    def network_input(self, name: str, facts: InputFacts | None) -> tuple[Shape, str]:
        shape = facts.shape if facts is not None else self.shape
        return Shape((f"{name}.size",) if shape is None else shape), "float32"
