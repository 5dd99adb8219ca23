"""Failures as HTTP: a status and the diagnostics that the command line would show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlpspec.diagnostics import DataError, Diagnostic, MachineError, MlpspecError, UsageError
from mlpspec.diagnostics.render import diagnostic_to_json

_STATUS: tuple[tuple[type[MlpspecError], int], ...] = ((DataError, 400), (UsageError, 400), (MachineError, 503))


class Refusal(Exception):
    """A request that is not answered: an HTTP status with its diagnostics."""

    def __init__(self, status: int, *diagnostics: Diagnostic, headers: Mapping[str, str] | None = None):
        super().__init__(diagnostics[0].message)
        self.status, self.diagnostics, self.headers = status, diagnostics, dict(headers or {})

    @classmethod
    def of(cls, error: MlpspecError) -> Refusal:
        """What an error of the library means to a client: 400 for its data, 503 for the machine, else 500."""
        return cls(next((status for kind, status in _STATUS if isinstance(error, kind)), 500), *error.diagnostics)

    def document(self) -> dict[str, Any]:
        """The body: `error`, one text, as the Open Inference Protocol has it, and `diagnostics` as every command has them with --json."""
        return {
            "error": "; ".join(f"{d.place}: {d.message}" if d.place else d.message for d in self.diagnostics),
            "diagnostics": [diagnostic_to_json(d) for d in self.diagnostics],
        }


def bad_request(message: str, *, place: str = "", help: str = "", status: int = 400) -> Refusal:
    """A request of another form than the protocol's; `place` is the field, as in `inputs[0].shape`."""
    return Refusal(status, Diagnostic("bad-request", message, place=place, help=help))


def busy(message: str, *, help: str = "") -> Refusal:
    """A request that may come again in a second."""
    return Refusal(503, Diagnostic("busy", message, help=help), headers={"Retry-After": "1"})


def timed_out(status: int, message: str, *, help: str = "") -> Refusal:
    """Work that took too long: 408 for a client's, 504 for ours."""
    return Refusal(status, Diagnostic("timed-out", message, help=help))
