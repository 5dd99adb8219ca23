"""The parts of a time in ONNX: the civil calendar with whole numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mlpspec.catalog.calendar import EARLIEST, LATEST
from mlpspec.exporting.writer import GraphWriter

MARCH = 719_468
"""Days from 0000-03-01 to 1970-01-01. Counted from that March on, all days are positive, and a leap day is the last of its year."""


def write_date_part(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    """Write the operator `date_part`.

    Source: Howard Hinnant, chrono-compatible low-level date algorithms, `civil_from_days`
    (https://howardhinnant.github.io/date_algorithms.html).
    """
    _Calendar(writer, inputs[0], output).write(constants["part"])


class _Calendar:
    """Arithmetic of int64 values, none of them negative, so that division drops the remainder in every runtime."""

    def __init__(self, writer: GraphWriter, seconds: str, output: str):
        self.writer, self.output = writer, output
        self.calculated: dict[tuple[str | int, ...], str] = {}
        within = self.within(self.within(seconds, "Less", EARLIEST), "Greater", LATEST)
        self.seconds = self.calculate("Add", within, MARCH * 86_400)
        self.days = self.calculate("Div", self.seconds, 86_400)

    def calculate(self, op_type: str, *values: str | int) -> str:
        """A node over values and whole numbers, one for all who ask for the same; its output."""
        if (op_type, *values) not in self.calculated:
            names = [self.writer.constant(value, np.int64, self.output) if isinstance(value, int) else value for value in values]
            output = self.writer.node(op_type, names, self.writer.unused(f"{self.output}.{op_type.lower()}"))
            self.calculated[op_type, *values] = output
        return self.calculated[op_type, *values]

    def within(self, value: str, beyond: str, end: int) -> str:
        """The value, or the end where it lies beyond.

        ONNX Runtime's Clip, Min and Max err for int64 on some processors (its pull request 32475).
        """
        limit = self.writer.constant(end, np.int64, self.output)
        return self.calculate("Where", self.calculate(beyond, value, limit), limit, value)

    def rest(self, value: str, divisor: int) -> str:
        return self.calculate("Mod", value, divisor)

    def times(self, value: str, factor: int) -> str:
        return self.calculate("Mul", value, factor)

    def over(self, value: str, divisor: int) -> str:
        return self.calculate("Div", value, divisor)

    def plus(self, one: str, other: str | int) -> str:
        return self.calculate("Add", one, other)

    def minus(self, one: str, other: str | int) -> str:
        return self.calculate("Sub", one, other)

    def write(self, part: str) -> None:
        """End in the part, as the value `output`."""
        made = {"hour": self.hour, "minute": self.minute, "weekday": self.weekday, "day": self.day, "month": self.month, "year": self.year}
        self.writer.node("Identity", [made[part]()], self.output)

    def hour(self) -> str:
        return self.over(self.rest(self.seconds, 86_400), 3600)

    def minute(self) -> str:
        return self.over(self.rest(self.seconds, 3600), 60)

    def weekday(self) -> str:
        return self.rest(self.plus(self.days, 2), 7)  # 0000-03-01 was a Wednesday

    def day(self) -> str:
        year = self.day_of_year()
        before = self.over(self.plus(self.times(self.month_from_march(year), 153), 2), 5)
        return self.minus(year, before)

    def month(self) -> str:
        return self.rest(self.plus(self.month_from_march(self.day_of_year()), 2), 12)

    def year(self) -> str:
        era, year, _ = self.years()
        january = self.over(self.month_from_march(self.day_of_year()), 10)  # 1 in January and February, which end a year from March
        return self.plus(self.plus(self.times(era, 400), year), january)

    def years(self) -> tuple[str, str, str]:
        """The 400 years that a day is in, its year among them, counted from March, and its day among their days."""
        era = self.over(self.days, 146_097)
        day = self.rest(self.days, 146_097)
        leap = self.minus(self.plus(self.minus(day, self.over(day, 1460)), self.over(day, 36_524)), self.over(day, 146_096))
        return era, self.over(leap, 365), day

    def day_of_year(self) -> str:
        """The day of a year that begins in March, from 0."""
        _, year, day = self.years()
        days = self.minus(self.plus(self.times(year, 365), self.over(year, 4)), self.over(year, 100))
        return self.minus(day, days)

    def month_from_march(self, day: str) -> str:
        """The month of a day of such a year: 0 is March, 11 February."""
        return self.over(self.plus(self.times(day, 5), 2), 153)
