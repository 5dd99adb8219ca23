"""The exceptions of mlpspec. Each carries diagnostics and knows the exit code of the command it ends.

MlpspecError              1    a fault of ours
├── UsageError            2    the command line or the call is wrong
├── SpecError             3    the spec is invalid
├── DataError             4    the data is invalid
├── ModelFileError        5    a model or run file is invalid or unsafe
├── MachineError          6    the machine lacks something: GPU, package, disk, permission
├── CheckError            7    a check failed: export proof, NaN loss, metric gate
└── StoppedError     75, 130   stopped by a signal, resumable
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from mlpspec.diagnostics.diagnostic import Diagnostic


class MlpspecError(Exception):
    """A failure with its diagnostics: `str(error)` is their messages, one a line."""

    exit_code: int = 1
    fallback_code: ClassVar[str] = "internal-error"

    def __init__(self, problem: str | Diagnostic | Iterable[Diagnostic], *, code: str = "", help: str = "", place: str = ""):
        if isinstance(problem, str):
            problem = Diagnostic(code or self.fallback_code, problem, help=help, place=place)
        self.diagnostics: tuple[Diagnostic, ...] = (problem,) if isinstance(problem, Diagnostic) else tuple(problem)
        super().__init__("\n".join(d.message for d in self.diagnostics))


class UsageError(MlpspecError):
    """The command line, or the arguments of an API call, are wrong."""

    exit_code = 2
    fallback_code = "usage"


class SpecError(MlpspecError):
    """The spec is invalid."""

    exit_code = 3
    fallback_code = "invalid-spec"


class DataError(MlpspecError):
    """The data does not fit the spec, or is damaged."""

    exit_code = 4
    fallback_code = "invalid-data"


class ModelFileError(MlpspecError):
    """A model file or a run folder is damaged, foreign or unsafe."""

    exit_code = 5
    fallback_code = "invalid-model-file"


class MachineError(MlpspecError):
    """The machine lacks what was asked for."""

    exit_code = 6
    fallback_code = "machine"


class CheckError(MlpspecError):
    """A check that guards the result failed."""

    exit_code = 7
    fallback_code = "check-failed"


class StoppedError(MlpspecError):
    """A signal stopped the work after it was saved; `exit_code` is 75 (SIGTERM) or 130 (Ctrl-C)."""

    fallback_code = "stopped"

    def __init__(self, problem: str | Diagnostic, *, exit_code: int, help: str = ""):
        super().__init__(problem, help=help)
        self.exit_code = exit_code
