"""From a trained run to one self-contained ONNX file, proved against the pipeline that was trained."""
