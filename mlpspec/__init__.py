"""A compiler for models: one YAML file becomes a trained network and one ONNX file.

    import mlpspec

    spec = mlpspec.load("specs/penguins.yaml")
    run = mlpspec.train(spec)
    mlpspec.export(run, "penguins.onnx")
    answers = mlpspec.Predictor("penguins.onnx").predict(frame)

Names are imported when they are first used, so that importing mlpspec costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mlpspec.version import __version__

if TYPE_CHECKING:
    from mlpspec.api import compile, cross_validate, export, load, train, tune  # noqa: A004  # the word of the trade
    from mlpspec.diagnostics import CheckError, DataError, MachineError, MlpspecError, ModelFileError, SpecError, StoppedError, UsageError
    from mlpspec.ir.callback import Callback
    from mlpspec.runtime import Predictor

_HOMES = {
    **dict.fromkeys(("compile", "cross_validate", "export", "load", "train", "tune"), "mlpspec.api"),
    **dict.fromkeys(
        ("CheckError", "DataError", "MachineError", "MlpspecError", "ModelFileError", "SpecError", "StoppedError", "UsageError"),
        "mlpspec.diagnostics",
    ),
    "Callback": "mlpspec.ir.callback",
    "Predictor": "mlpspec.runtime",
}

__all__ = [
    "Callback",
    "CheckError",
    "DataError",
    "MachineError",
    "MlpspecError",
    "ModelFileError",
    "Predictor",
    "SpecError",
    "StoppedError",
    "UsageError",
    "__version__",
    "compile",
    "cross_validate",
    "export",
    "load",
    "train",
    "tune",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mlpspec' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
