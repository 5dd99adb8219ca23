"""After a failed proof: where the values begin to differ, so that the fault has a place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import nn

from mlpspec.exporting.named_layers import Step, with_named_layers
from mlpspec.exporting.tolerance import ABSOLUTE, RELATIVE
from mlpspec.exporting.trained import encode, trained_answers
from mlpspec.ir.fitted import Preprocessing
from mlpspec.ir.graph import Graph


def find_fault(
    model: onnx.ModelProto, module: nn.Module, graph: Graph, preprocessing: Preprocessing, rows: Mapping[str, np.ndarray]
) -> str:
    """What to tell about the fault: the first stage, in the order of calculation, that gives other values than in training.

    Args:
        model: the exported model, whose values are named after inputs and layers (`colour/encoded`, `hidden/activation`).
        rows: raw rows that the model answers wrongly.
    """
    expected = {f"{name}/encoded": array for name, array in encode(preprocessing, rows).items()}
    if wrong := _first_wrong(model, rows, expected):
        return f"the preprocessing of the input `{wrong.removesuffix('/encoded')}` is the first that differs"
    named = with_named_layers(module)
    layers = _layer_outputs(named, lambda: trained_answers(named, graph, preprocessing, rows))
    layers.update({f"{target}/output": layers[node] for target, node in graph.outputs.items() if node in layers})
    if wrong := _first_wrong(model, rows, layers):
        layer = {f"{target}/output": node for target, node in graph.outputs.items()}.get(wrong, wrong)
        return f"the first layer that differs is `{layer}`"
    return "preprocessing and layers agree: the fault is in the decoding behind them"


def _first_wrong(model: onnx.ModelProto, rows: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> str:
    """The first value of the model, in the order of calculation, that is not as expected; empty when all are."""
    names = [name for node in model.graph.node for name in node.output if name in expected]
    for name, found in zip(names, _values(model, names, rows), strict=True):
        wanted = expected[name]
        if found.shape != wanted.shape or not np.allclose(found, wanted, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True):
            return name
    return ""


def _layer_outputs(module: nn.Module, forward: Callable[[], object]) -> dict[str, np.ndarray]:
    """What every layer of the module gives while `forward` runs, by the name of its value in the model."""
    captured: dict[str, np.ndarray] = {}
    calls: list[str] = []  # a second call of a shared layer, while it runs

    def enter(name: str) -> Callable[[nn.Module, Any], None]:
        return lambda _module, _inputs: calls.append(name)

    def keep(name: str) -> Callable[[nn.Module, Any, Any], None]:
        layer, *parts = name.split(".")

        def hook(module: nn.Module, _inputs: Any, output: Any) -> None:
            place = calls.pop() if isinstance(module, Step) else calls[-1] if calls else layer
            if isinstance(output, torch.Tensor):
                captured["/".join([place, *parts])] = output.detach().cpu().numpy()

        return hook

    layers = [(name, layer) for name, layer in module.named_modules() if name]
    handles = [layer.register_forward_hook(keep(name)) for name, layer in layers]
    handles += [layer.register_forward_pre_hook(enter(name)) for name, layer in layers if isinstance(layer, Step)]
    try:
        forward()
    finally:
        for handle in handles:
            handle.remove()
    return captured


def _values(model: onnx.ModelProto, names: list[str], rows: Mapping[str, np.ndarray]) -> Iterator[np.ndarray]:
    """Values inside the model for the rows."""
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    known = {output.name for output in opened.graph.output}
    opened.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in known)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL  # no value may be fused away
    session = ort.InferenceSession(opened.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return map(np.asarray, session.run(names, dict(rows)) if names else [])
