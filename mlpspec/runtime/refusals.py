"""ONNX Runtime's errors in our words."""

from __future__ import annotations

import re

from mlpspec.diagnostics import MachineError, MlpspecError, ModelFileError
from mlpspec.runtime.library import load_onnxruntime
from mlpspec.runtime.model_file import ModelFile

_CODE = r"^\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : (?:Exception during initialization: )?"
_SOURCE = r"^/\S+:\d+ .*?\)(?: const)? (?=\S)"
_IR = r"Unsupported model IR version: \d+, max supported IR version: (\d+)"
_OPSET = r"(?s)Opset (\d+) is under development.*for domain (\S+) is till opset (\d+)"
_UNKNOWN = r"No Op registered for (\S+) with"
_FOREIGN = r"(?P<domain>\S+):(?P<operator>\w+)\(-?\d+\) is not a registered function/op"
_UNDECLARED = r'(?s), (?P<operator>\w+), "(?P<domain>[^"]+)", -?\d+\).*No opset import for domain'
_UNWRITTEN = r"Could not find an implementation for (\S+?)\("
_CUDA = r"CUDA failure \d+: ([^;]+)"

CUDA_REPORTS = "CUDA reports:"
"""How the reason begins when it is an error of CUDA."""

_SHORT_OF_MEMORY = ("out of memory", "Failed to allocate memory", "bad_alloc", "Available memory of")


def is_short_of_memory(reason: str) -> bool:
    """Whether an error of ONNX Runtime says that there is not enough memory, on the CPU or on a GPU."""
    return any(part in reason for part in _SHORT_OF_MEMORY)


def plain_reason(error: BaseException) -> str:
    """The first line of an error of ONNX Runtime, without its codes and source places."""
    text = str(error).strip() or type(error).__name__
    cuda = re.search(_CUDA, text)
    if cuda:
        return f"{CUDA_REPORTS} {cuda[1].strip()}"
    return re.sub(_SOURCE, "", re.sub(_CODE, "", text)).split("\n", 1)[0][:300].rstrip(" .")


def refusal(error: BaseException, model: ModelFile) -> MlpspecError:
    """What it means that no session could be made of a model."""
    onnxruntime = load_onnxruntime()
    text = str(error)
    reads = f"onnxruntime {onnxruntime.__version__} reads up to"
    update = "update onnxruntime, or export the model again"
    if isinstance(error, MemoryError) or is_short_of_memory(text):
        return MachineError("there is not enough memory for the model", place=model.name, help="use a machine with more memory")
    if found := re.search(_IR, text):
        return _fault(f"the file has ONNX IR version {model.header.ir_version}, {reads} {found[1]}", model, update)
    if found := re.search(_OPSET, text):
        domain = "" if found[2] in ("", "ai.onnx") else f" of {found[2]}"
        return _fault(f"the model needs operator set {found[1]}{domain}, {reads} {found[3]}", model, update)
    if found := re.search(_UNKNOWN, text) or re.search(_UNWRITTEN, text):
        return _fault(f"the model uses the operator `{found[1]}`, which onnxruntime {onnxruntime.__version__} does not know", model, update)
    if found := re.search(_FOREIGN, text) or re.search(_UNDECLARED, text):
        help = "mlpspec loads no code for operators; export the model with standard operators"
        return _fault(f"the model uses `{found['operator']}` of the domain `{found['domain']}`, which is no part of ONNX", model, help)
    if isinstance(error, UnicodeDecodeError):  # from ONNX Runtime's own message, which quotes the model
        return _fault(
            "ONNX Runtime refuses the model, which holds text that is not UTF-8", model, "the file is damaged: export the model again"
        )
    if "protobuf parsing failed" in text:
        return _fault("the file is not an ONNX model, or is damaged", model, "copy or download it again, or export the model again")
    return _fault(f"ONNX Runtime refuses the model: {plain_reason(error)}", model, "the file may be damaged: export the model again")


def _fault(message: str, model: ModelFile, help: str) -> ModelFileError:
    return ModelFileError(message, place=model.name, help=help)
