"""What is wrong with the cells of a table: gathered over all columns and rows, said once for each column and kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from mlpspec.diagnostics.diagnostic import Diagnostic, Severity
from mlpspec.diagnostics.errors import DataError

if TYPE_CHECKING:
    import numpy as np

MAX_SHOWN = 50
"""Diagnostics that one error carries; a table of ten thousand columns need not print ten thousand lines."""

_LONGEST = 60  # characters of a cell that a message shows


@dataclass(frozen=True)
class Fault:
    """`count` cells or rows with the same fault.

    `fact` is a clause about the first, without the column; `reason` is true of each; `place` is where the first stands.
    """

    code: str
    column: str
    fact: str
    reason: str
    place: str
    count: int
    unit: str
    help: str


@dataclass(frozen=True)
class RowFault:
    """Rows that are bad in one way, each by itself.

    Args:
        code: the diagnostic's code.
        kind: how they are bad: a clause, such as `which is not a number`, or `has no value`.
        rows: their numbers, from 0, ascending.
        place: says where a row stands.
        column: the column whose cells are bad; empty where it is the rows' form.
        show: gives what stands in a row as text.
        fact: a clause about the first row; by default it shows the cell and says the kind.
        reason: a clause that says of each row more exactly than `kind` how it is bad.
        unit: what is counted.
        help: what to do.
    """

    code: str
    kind: str
    rows: np.ndarray
    place: Callable[[int], str]
    column: str = ""
    show: Callable[[int], str] | None = None
    fact: str = ""
    reason: str = ""
    unit: str = "cells"
    help: str = ""


class RowFaults(Protocol):
    """Where faults are noted: those of the whole, and those of single rows."""

    def add(
        self,
        code: str,
        fact: str,
        *,
        column: str = "",
        kind: str = "",
        place: str = "",
        count: int = 1,
        unit: str = "cells",
        help: str = "",
    ) -> None:
        """Note a fault of the whole.

        Args:
            code: the diagnostic's code.
            fact: what is wrong with the first cell, e.g. `has 'abc', which is not a number`.
            column: the column it is in; empty for a fault of a row or the whole.
            kind: what makes two faults of one code and column alike; `fact` by default.
            place: where the first cell stands.
            count: how many cells have the fault.
            unit: what is counted.
            help: what to do.
        """
        ...

    def add_rows(self, fault: RowFault) -> None:
        """Note that rows are bad, each by itself."""
        ...


class Faults:
    """Collects faults. Those of one code, column and kind become one, with the first place and the count of all."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], Fault] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(
        self,
        code: str,
        fact: str,
        *,
        column: str = "",
        kind: str = "",
        place: str = "",
        count: int = 1,
        unit: str = "cells",
        help: str = "",
    ) -> None:
        """See `RowFaults`."""
        key = (code, column, kind or fact)
        known = self._found.get(key)
        if known:
            self._found[key] = replace(known, count=known.count + count)
        else:
            self._found[key] = Fault(code, column, fact, plain_reason(kind or fact), place, count, unit, help)

    def add_rows(self, fault: RowFault) -> None:
        """See `RowFaults`."""
        if len(fault.rows):
            first = int(fault.rows[0])
            fact = fault.fact or (f"has {quoted(fault.show(first))}, {fault.kind}" if fault.show else fault.kind)
            place, count = fault.place(first), len(fault.rows)
            self.add(fault.code, fact, column=fault.column, kind=fault.kind, place=place, count=count, unit=fault.unit, help=fault.help)

    def reasons(self) -> dict[str, int]:
        """How many cells or rows are bad, by reason."""
        counts: dict[str, int] = {}
        for fault in self._found.values():
            counts[fault.reason] = counts.get(fault.reason, 0) + fault.count
        return counts

    def diagnostics(self, severity: Severity = Severity.ERROR) -> list[Diagnostic]:
        """One diagnostic for each fault, in the order of finding."""
        found = list(self._found.values())
        shown = [Diagnostic(fault.code, _message(fault), severity, place=fault.place, help=fault.help) for fault in found[:MAX_SHOWN]]
        if len(found) > MAX_SHOWN:
            shown.append(Diagnostic("invalid-data", f"{len(found) - MAX_SHOWN} more faults are not listed", severity))
        return shown

    def raise_if_any(self) -> None:
        """Raise DataError when anything was noted."""
        if self._found:
            raise DataError(self.diagnostics())


def quoted(text: str) -> str:
    """A cell as a message shows it.

    >>> quoted("1,5")
    "'1,5'"
    """
    return repr(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")


def plain_reason(kind: str) -> str:
    """A kind of fault as a clause of its own.

    >>> plain_reason("which is not a number")
    'is not a number'
    """
    return kind.removeprefix("which ")


def _message(fault: Fault) -> str:
    subject = f"`{fault.column}` " if fault.column else ""
    more = f" (the first of {fault.count:,} such {fault.unit})" if fault.count > 1 else ""
    return f"{subject}{fault.fact}{more}"
