"""The spec's names for what the exporter of PyTorch named after operators."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, numpy_helper
from torch import nn


def name_after_layers(graph: GraphProto, module: nn.Module, reserved: Iterable[str]) -> None:
    """Name nodes, values and constants of a network after the spec's layers.

    1. What a layer gives has the layer's name: `hidden/activation`; values on the way to it have the operator's behind it:
       `hidden/activation/exp`.
    2. A node has the name of its layer and its operator: `hidden/activation/Exp`.
    3. A weight has its name in the module: `hidden.linear.weight`; `hidden.linear.weight.T` where it is stored transposed. Other constants
       have the name of the layer that reads them first: `hidden/activation.constant`.

    Args:
        module: what the graph was exported from; every layer is a submodule.
        reserved: names that nothing in the network may have.
    """
    _name_weights(graph, module)
    weights = set(module.state_dict())
    given = {value.name for value in (*graph.input, *graph.output)}
    unnamed = {tensor.name: tensor for tensor in graph.initializer if not _is_weight(tensor, weights)}
    taken = {*given, *reserved, *(tensor.name for tensor in graph.initializer)}
    layers = [_layer_of(node) for node in graph.node]
    last = {layer: number for number, layer in enumerate(layers)}
    names: dict[str, str] = {}
    for number, (layer, node) in enumerate(zip(layers, graph.node, strict=True)):
        for position, name in enumerate(node.input):
            if name in unnamed:
                names[name] = unnamed.pop(name).name = _unused(f"{layer}.constant", taken)
            node.input[position] = names.get(name, name)
        for position, name in enumerate(node.output):
            if name and name not in given:
                wanted = layer if number == last[layer] else f"{layer}/{node.op_type.lower()}"
                names[name] = node.output[position] = _unused(wanted, taken)
        node.name = _unused(f"{layer}/{node.op_type}", taken)


def _layer_of(node: NodeProto) -> str:
    """The layer that a node comes from, and its part: `hidden/activation`; else the operator's own name."""
    scopes = _scopes(node)
    if not scopes:
        return node.op_type.lower()
    call, *parts = scopes[0].split(".")
    if len(scopes) > 1:
        _, *parts = scopes[-1].split(".")  # of a shared layer this is another one's place, while the first scope is the call's
    return "/".join([call, *parts])


def _scopes(node: NodeProto) -> list[str]:
    """The modules that a node was called in, outermost first, as the exporter notes them: `["hidden", "hidden.activation"]`."""
    noted = next((entry.value for entry in node.metadata_props if entry.key == "pkg.torch.onnx.name_scopes"), "[]")
    return [scope for scope in ast.literal_eval(noted)[:-1] if scope]


def _name_weights(graph: GraphProto, module: nn.Module) -> None:
    """Give weights that the exporter transposed, and biases that a norm brought, the names that they have in the module."""
    state = module.state_dict()
    taken = {tensor.name for tensor in graph.initializer}
    for tensor in graph.initializer:
        name = tensor.name
        if name.endswith(".weight_bias"):
            name = f"{name.removesuffix('.weight_bias')}.bias"
        elif name not in state and len(tensor.dims) == 2:
            reader = next((node for node in graph.node if tensor.name in node.input), None)
            weight = f"{_scopes(reader)[-1]}.weight" if reader is not None and _scopes(reader) else ""
            if weight in state and np.array_equal(numpy_helper.to_array(tensor).T, state[weight].numpy(force=True)):
                name = f"{weight}.T"
        if name not in taken:
            taken.add(name)
            _rename(graph, tensor, name)


def _rename(graph: GraphProto, tensor: TensorProto, name: str) -> None:
    for node in graph.node:
        node.input[:] = [name if read == tensor.name else read for read in node.input]
    tensor.name = name


def _is_weight(tensor: TensorProto, state: Collection[str]) -> bool:
    return tensor.name in state or tensor.name.endswith((".weight.T", ".bias"))


def _unused(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate)
    return candidate
