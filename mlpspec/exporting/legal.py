"""Whether a model is legal ONNX, and gives what it declares."""

from __future__ import annotations

from itertools import zip_longest

import onnx
import onnxruntime as ort

from mlpspec.diagnostics import CheckError
from mlpspec.exporting.batch_axis import dims


def legal_session(model: onnx.ModelProto) -> ort.InferenceSession:
    """A session on the CPU, once the model's form is checked.

    onnx's checker must take it, and strict shape inference find, without being told, what the outputs are declared to be.

    Raises:
        CheckError: when the model is not legal ONNX, its outputs are not as declared, or ONNX Runtime does not take it.
    """
    try:
        onnx.checker.check_model(model, full_check=True)
        inferred = _inferred_outputs(model)
        options = ort.SessionOptions()
        options.log_severity_level = 3
        session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnx and onnxruntime raise many kinds, each of which means the same here
        raise CheckError(f"the exported model is not legal ONNX: {error}", code="parity") from error
    for declared, found in zip(model.graph.output, inferred, strict=True):
        if not _agree(declared, found):
            message = f"the exported model declares `{declared.name}` as {_form(declared)}, and gives {_form(found)}"
            raise CheckError(message, code="parity")
    return session


def _agree(declared: onnx.ValueInfoProto, found: onnx.ValueInfoProto) -> bool:
    """Whether type and shape are the same; a name may stand where inference finds no more than some size."""
    same_type = declared.type.tensor_type.elem_type == found.type.tensor_type.elem_type
    pairs = list(zip_longest(dims(declared), dims(found)))
    return same_type and all(one == other or (isinstance(one, str) and _is_some_size(other)) for one, other in pairs)


def _is_some_size(size: str | int | None) -> bool:
    return size is None or str(size).startswith("unk__")


def _inferred_outputs(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """The outputs with type and shape as the nodes before them tell."""
    undeclared = onnx.ModelProto()
    undeclared.CopyFrom(model)
    for output in undeclared.graph.output:
        output.ClearField("type")
    return list(onnx.shape_inference.infer_shapes(undeclared, check_type=True, strict_mode=True, data_prop=True).graph.output)


def _form(output: onnx.ValueInfoProto) -> str:
    """As `FLOAT(batch, 3)`."""
    kind = onnx.TensorProto.DataType.Name(output.type.tensor_type.elem_type)
    return f"{kind}({', '.join('?' if size is None else str(size) for size in dims(output))})"
