"""What is wrong with the cells of a table: gathered over all columns and rows, said once for each column and kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mlpspec.diagnostics import DataError, Diagnostic

MAX_SHOWN = 50
"""Diagnostics that one error carries; a table of ten thousand columns need not print ten thousand lines."""

_LONGEST = 60  # characters of a cell that a message shows


@dataclass(frozen=True)
class Fault:
    """`count` cells or rows with the same fault; `fact` is a clause without the column, `place` is where the first stands."""

    code: str
    column: str
    fact: str
    place: str
    count: int
    unit: str
    help: str


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
        """Note a fault.

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
        key = (code, column, kind or fact)
        known = self._found.get(key)
        self._found[key] = replace(known, count=known.count + count) if known else Fault(code, column, fact, place, count, unit, help)

    def add_cells(
        self,
        code: str,
        kind: str,
        column: str,
        rows: np.ndarray,
        show: Callable[[int], str],
        place: Callable[[int], str],
        *,
        help: str = "",
    ) -> None:
        """Note that the cells of a column in `rows` (numbers from 0) are bad; `kind` says how, as in `which is not a number`."""
        if len(rows):
            first = int(rows[0])
            fact = f"has {quoted(show(first))}, {kind}"
            self.add(code, fact, column=column, kind=kind, place=place(first), count=len(rows), help=help)

    def diagnostics(self) -> list[Diagnostic]:
        """One diagnostic for each fault, in the order of finding."""
        found = list(self._found.values())
        shown = [Diagnostic(fault.code, _message(fault), place=fault.place, help=fault.help) for fault in found[:MAX_SHOWN]]
        if len(found) > MAX_SHOWN:
            shown.append(Diagnostic("invalid-data", f"{len(found) - MAX_SHOWN} more faults are not listed"))
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


def _message(fault: Fault) -> str:
    subject = f"`{fault.column}` " if fault.column else ""
    more = f" (the first of {fault.count:,} such {fault.unit})" if fault.count > 1 else ""
    return f"{subject}{fault.fact}{more}"
