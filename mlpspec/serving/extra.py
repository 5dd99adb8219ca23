"""The packages that only serving needs."""

from __future__ import annotations

from importlib import import_module

from mlpspec.diagnostics import MachineError

PACKAGES = ("starlette", "uvicorn")


def require_serving() -> None:
    """Make sure that what serving needs is there.

    Raises:
        MachineError: `missing-package` when it is not.
    """
    for package in PACKAGES:
        try:
            import_module(package)
        except ImportError as error:
            message = f"serving needs {package}, which is not installed"
            raise MachineError(message, code="missing-package", help="pip install 'mlpspec[serve]'") from error
