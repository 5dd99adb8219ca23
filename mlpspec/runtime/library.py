"""ONNX Runtime, imported when it is needed."""

from __future__ import annotations

from types import ModuleType

from mlpspec.diagnostics import MachineError

REPAIR = "pip uninstall -y onnxruntime onnxruntime-gpu, then pip install onnxruntime-gpu (without an NVIDIA GPU: onnxruntime)"


def load_onnxruntime() -> ModuleType:
    """The module `onnxruntime`.

    Raises:
        MachineError: when it is not installed, or half of it: its two packages share a folder, and removing one takes files of the other.
    """
    try:
        import onnxruntime
    except (ImportError, OSError) as error:
        raise MachineError(f"onnxruntime cannot be imported: {error}", code="missing-package", help=REPAIR) from error
    if not hasattr(onnxruntime, "InferenceSession"):
        raise MachineError("onnxruntime is installed in part only", code="missing-package", help=REPAIR)
    return onnxruntime
