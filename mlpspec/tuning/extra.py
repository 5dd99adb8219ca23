"""The packages that only tuning needs."""

from __future__ import annotations

from importlib import import_module

from mlpspec.diagnostics import MachineError


def require_tuning(sampler: str) -> None:
    """Make sure that what tuning needs is there.

    Raises:
        MachineError: `missing-package` when it is not.
    """
    for package in ("optuna", *(("cmaes",) if sampler == "cmaes" else ())):
        try:
            import_module(package)
        except ImportError as error:
            message = f"tuning needs {package}, which is not installed"
            raise MachineError(message, code="missing-package", help="pip install 'mlpspec[tune]'") from error
