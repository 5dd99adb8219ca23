"""Running a model file: devices, predictions from data in memory and from files. Needs NumPy and ONNX Runtime, and no torch."""

from mlpspec.runtime.device import DeviceChoice
from mlpspec.runtime.predictor import Predictor

__all__ = ["DeviceChoice", "Predictor"]
