"""What went wrong, where, and what to do: diagnostics are data; the renderers make the words."""

from mlpspec.diagnostics.diagnostic import Diagnostic, Label, Severity
from mlpspec.diagnostics.errors import (
    CheckError,
    DataError,
    MachineError,
    MlpspecError,
    ModelFileError,
    SpecError,
    StoppedError,
    UsageError,
)
from mlpspec.diagnostics.source import Position, Source, Span
from mlpspec.diagnostics.suggest import closest, did_you_mean

__all__ = [
    "CheckError",
    "DataError",
    "Diagnostic",
    "Label",
    "MachineError",
    "MlpspecError",
    "ModelFileError",
    "Position",
    "Severity",
    "Source",
    "Span",
    "SpecError",
    "StoppedError",
    "UsageError",
    "closest",
    "did_you_mean",
]
