"""Columns of dates and times."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal, final

from mlpspec.catalog.calendar import PERIODS, date_part
from mlpspec.catalog.encoders.base import joined
from mlpspec.catalog.float32 import float32_numbers
from mlpspec.catalog.inputs.base import InputType, column_count
from mlpspec.catalog.option import OneOrMany, option
from mlpspec.catalog.reading import Reading
from mlpspec.catalog.scalers.standardize import Standardize
from mlpspec.instants import NO_TIME
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.fitted import FittedInput
from mlpspec.ir.program import Chain
from mlpspec.ir.shape import Shape, product

if TYPE_CHECKING:
    import numpy as np

    from mlpspec.data.column import ColumnReader

Part = Literal["year", "month", "day", "weekday", "hour", "minute"]


@final
class Datetime(InputType):
    """Dates or times, taken apart: the year as a number, standardized; month, day, weekday, hour and minute as what comes round again.

    `cyclic` turns a part into the sine and cosine of its place in the round, so that December stands beside January; `one_hot` gives each
    of its values a position. A column may hold dates, times, texts such as `2026-05-17` or `2026-05-17T08:30:00+02:00` (ISO 8601), or
    whole seconds since 1970. Parts are those of UTC; a time without a zone is taken as it stands, and one outside the
    years 1 to 9999 counts as the nearest within.
    Raw values: (batch, columns) int64, seconds since 1970-01-01 00:00 UTC, -2^63 where missing. Network input: (batch, columns * numbers),
    where `year` has one number, the others two if cyclic and as many as the part has values if one-hot: 12, 31, 7, 24, 60; and as many 0/1
    columns with `missing_indicator`.
    """

    kind = "datetime"
    main = "columns"

    columns: Annotated[tuple[str, ...], OneOrMany] = option(
        default=(),
        doc="Columns to read; `*` matches any letters. Default: the column of the input's own name.",
        examples=("signed_up",),
    )
    parts: tuple[Part, ...] = option(
        default=("year", "month", "day", "weekday", "hour"), min_items=1, doc="What is taken from each time.", examples=(["month", "hour"],)
    )
    encode: Literal["cyclic", "one_hot"] = option(default="cyclic", doc="How the parts but the year become numbers.")

    missing: Literal["error", "median"] = option(
        default="error", doc="A missing time is refused, or counts as the middle one of its column's training rows."
    )
    missing_indicator: bool = option(default=False, doc="Add a column of 0 and 1 for each column that says where its times were missing.")

    def problem(self) -> str | None:
        if self.missing_indicator and self.missing == "error":
            return "`missing_indicator` marks missing times, but `missing: error` refuses them; write `missing: median`"
        return "`parts` names one twice; write each once" if len(set(self.parts)) < len(self.parts) else None

    def reading(self, name: str) -> Reading:
        return Reading(self.columns or (name,), "times")

    def fit(self, name: str, reader: ColumnReader) -> FittedInput:
        import numpy as np

        columns = reader.expand(self.columns or (name,))
        seconds = reader.seconds(columns)
        if self.missing == "error":
            reader.refuse_missing(columns, "seconds")
        reader.raise_problems()
        chain = Chain(name)
        indicators = [chain.step("is_no_time", name)] if self.missing_indicator else []
        if self.missing == "median":
            fill = [_median(column) for column in seconds.T]
            chain.then("fill_times", values=fill)
            seconds = np.where(seconds == NO_TIME, fill, seconds)
        times = chain.last
        found = [self._year(seconds, times, chain) if part == "year" else self._round(part, times, chain) for part in self.parts]
        joined(chain, [*found, *indicators])
        facts = InputFacts(len(columns), len(columns) * self._width)
        return FittedInput(name, self.kind, columns, "seconds", chain.program(), facts, missing=self.missing)

    def network_input(self, name: str, facts: InputFacts | None) -> tuple[Shape, str]:
        width = product((column_count(name, self.columns), self._width)) if facts is None else facts.width
        return Shape((width,)), "float32"

    @property
    def _width(self) -> int:
        """How many numbers one column gives."""
        numbers = [1 if part == "year" else 2 if self.encode == "cyclic" else PERIODS[part] for part in self.parts]
        return sum(numbers) + self.missing_indicator

    def _year(self, seconds: np.ndarray, times: str, chain: Chain) -> str:
        chain.last = chain.step("to_float", chain.step("date_part", times, part="year"))
        Standardize().fit(date_part(seconds, "year"), chain)
        return chain.last

    def _round(self, part: str, times: str, chain: Chain) -> str:
        values = _circle(PERIODS[part]) if self.encode == "cyclic" else _corners(PERIODS[part])
        return chain.step("gather_rows", chain.step("date_part", times, part=part), values=values)


def _median(seconds: np.ndarray) -> int:
    """The middle one of the times that are there, the earlier of two; 1970 when none is."""
    import numpy as np

    present = np.sort(seconds[seconds != NO_TIME])
    return int(present[(len(present) - 1) // 2]) if len(present) else 0


def _circle(size: int) -> list[list[float]]:
    """Sine and cosine of as many points on a circle."""
    angles = [2 * math.pi * place / size for place in range(size)]
    return [float32_numbers([math.sin(angle), math.cos(angle)]) for angle in angles]


def _corners(size: int) -> list[list[float]]:
    """The identity matrix."""
    return [[float(row == column) for column in range(size)] for row in range(size)]
