"""One finding as data: a code, a fact, its place, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mlpspec.diagnostics.codes import CODES
from mlpspec.diagnostics.source import Span


class Severity(StrEnum):
    """How bad a finding is; only `ERROR` stops a command."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Label:
    """A marked place and the few words shown beside its caret."""

    span: Span
    message: str = ""


@dataclass(frozen=True)
class Diagnostic:
    """A finding. `message` is one line that suffices alone.

    `primary` is the culprit; `secondary` marks the cause or the other party. Where there is no text to point into
    (a row of a data file, a model file), `place` names the spot, e.g. `penguins.csv:200`. `help` says one thing to do.

    Raises:
        KeyError: when `code` is not in `codes.CODES`: every code has its explanation.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    place: str = ""
    help: str = ""

    def __post_init__(self) -> None:
        CODES[self.code]
