"""Running a model file: devices, predictions from data in memory and from files. Needs NumPy and ONNX Runtime, and no torch."""
