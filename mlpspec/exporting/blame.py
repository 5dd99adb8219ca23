"""After a failed proof: the first layer whose values differ, so that the fault has a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import nn

from mlpspec.exporting.tolerance import ABSOLUTE, RELATIVE


def first_wrong_layer(model: onnx.ModelProto, module: nn.Module, rows: Mapping[str, np.ndarray], forward: Callable[[], object]) -> str:
    """The name of the first layer, in the order of calculation, that gives other values than in training; empty when none is found.

    Args:
        model: the exported model, whose values are named after the layers (`hidden/activation`).
        module: the trained network.
        rows: the raw rows, as the model takes them.
        forward: runs the same rows through the module.
    """
    expected = _layer_outputs(module, forward)
    names = [name for node in model.graph.node for name in node.output if name in expected]
    for name, found in zip(names, _values(model, names, rows), strict=True):
        wanted = expected[name].numpy()
        if found.shape != wanted.shape or not np.allclose(found, wanted, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True):
            return name
    return ""


def _layer_outputs(module: nn.Module, forward: Callable[[], object]) -> dict[str, torch.Tensor]:
    """What every layer of the module gives while `forward` runs, by the name that its value has in the model."""
    captured: dict[str, torch.Tensor] = {}

    def keep(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if isinstance(output, torch.Tensor):
                captured[name] = output.detach().cpu()

        return hook

    handles = [layer.register_forward_hook(keep(name.replace(".", "/"))) for name, layer in module.named_modules() if name]
    try:
        forward()
    finally:
        for handle in handles:
            handle.remove()
    return captured


def _values(model: onnx.ModelProto, names: list[str], rows: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Values inside the model for the rows."""
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    known = {output.name for output in opened.graph.output}
    opened.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in known)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL  # no value may be fused away
    session = ort.InferenceSession(opened.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return [np.asarray(value) for value in session.run(names, dict(rows))] if names else []
