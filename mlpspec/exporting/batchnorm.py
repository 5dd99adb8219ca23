"""Batch norms that become part of the linear layers beside them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

FARTHEST_MEAN = 32.0
"""In standard deviations. A norm in front of a linear layer takes a feature's mean away from numbers as they come; folded, the linear layer
does so in its sum, where the digits that both have in common are lost: of float32's 24 bits no more than the 5 that this allows."""


def fold_batch_norms(graph: GraphProto) -> None:
    """Take a norm whose values only linear layers read into their weights, and one that alone reads a linear layer into that layer's.

    A norm stays where something else reads or gives its values (an activation, a merge, an input, an answer), where the linear layer's
    weights are shared with another call, and where a feature's mean is farther than `FARTHEST_MEAN` from zero.
    """
    for norm in reversed(_norms(graph)):  # so that two in a row both reach the linear layer behind them
        readers = list(_readers(graph, norm.output[0]))
        linear = [node for node in readers if node is not None and _own_weights(graph, node, norm.output[0])]
        if _well_placed(graph, norm) and linear == readers:
            for node in linear:
                _fold_into_next(graph, node, norm)
            _remove(graph, norm)
    for norm in _norms(graph):
        before = next((node for node in graph.node if norm.input[0] in node.output), None)
        if before is not None and _own_weights(graph, before) and len(list(_readers(graph, norm.input[0]))) == 1:
            _fold_into_former(graph, before, norm)
            before.output[0] = norm.output[0]
            del before.metadata_props[:]
            before.metadata_props.extend(norm.metadata_props)  # what it gives now is the norm's
            _remove(graph, norm)


def _norms(graph: GraphProto) -> list[NodeProto]:
    return [node for node in graph.node if node.op_type == "BatchNormalization"]


def _readers(graph: GraphProto, value: str) -> Iterator[NodeProto | None]:
    """Who reads a value; None stands for the caller of the network."""
    yield from (node for node in graph.node if value in node.input)
    yield from (None for output in graph.output if output.name == value)


def _own_weights(graph: GraphProto, node: NodeProto, value: str | None = None) -> bool:
    """Whether a node is a linear layer, of `value` where one is given, with weights that nothing else reads."""
    if node.op_type != "Gemm":
        return False
    options = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    if options.get("transA", 0) != 0 or options.get("alpha", 1.0) != 1.0 or options.get("beta", 1.0) != 1.0:
        return False
    known = {tensor.name for tensor in graph.initializer}
    weights = [name for name in node.input[1:] if name]
    alone = all(name in known and sum(list(other.input).count(name) for other in graph.node) == 1 for name in weights)
    return alone and (value is None or node.input[0] == value)


def _well_placed(graph: GraphProto, norm: NodeProto) -> bool:
    _, _, mean, deviation = _statistics(graph, norm)
    return bool(np.all(np.abs(mean) <= FARTHEST_MEAN * deviation))


def _statistics(graph: GraphProto, norm: NodeProto) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Weight, bias, mean and standard deviation of each feature, float64."""
    weight, bias, mean, variance = (numpy_helper.to_array(_tensor(graph, name)).astype(np.float64) for name in norm.input[1:5])
    epsilon = next((attribute.f for attribute in norm.attribute if attribute.name == "epsilon"), 1e-5)
    return weight, bias, mean, np.sqrt(variance + epsilon)


def _factor_and_summand(graph: GraphProto, norm: NodeProto) -> tuple[np.ndarray, np.ndarray]:
    """The norm as factor * x + summand."""
    weight, bias, mean, deviation = _statistics(graph, norm)
    return weight / deviation, bias - mean * weight / deviation


def _fold_into_next(graph: GraphProto, linear: NodeProto, norm: NodeProto) -> None:
    """As W (f x + s) + b is (W f) x + (W s + b)."""
    factor, summand = _factor_and_summand(graph, norm)
    weights, bias = _weights(graph, linear)
    _set_weights(graph, linear, weights * factor, weights @ summand + bias)
    linear.input[0] = norm.input[0]


def _fold_into_former(graph: GraphProto, linear: NodeProto, norm: NodeProto) -> None:
    """As f (W x + b) + s is (f W) x + (f b + s)."""
    factor, summand = _factor_and_summand(graph, norm)
    weights, bias = _weights(graph, linear)
    _set_weights(graph, linear, factor[:, None] * weights, factor * bias + summand)


def _weights(graph: GraphProto, linear: NodeProto) -> tuple[np.ndarray, np.ndarray]:
    """Weights (outputs, inputs) and bias (outputs,), float64."""
    weights = numpy_helper.to_array(_tensor(graph, linear.input[1])).astype(np.float64)
    weights = weights if _transposed(linear) else weights.T
    if len(linear.input) < 3 or not linear.input[2]:
        return weights, np.zeros(len(weights))
    return weights, numpy_helper.to_array(_tensor(graph, linear.input[2])).astype(np.float64)


def _set_weights(graph: GraphProto, linear: NodeProto, weights: np.ndarray, bias: np.ndarray) -> None:
    name = linear.input[1]
    stored = weights if _transposed(linear) else weights.T
    _tensor(graph, name).CopyFrom(numpy_helper.from_array(np.ascontiguousarray(stored, np.float32), name))
    if len(linear.input) < 3 or not linear.input[2]:
        added = f"{name.removesuffix('.weight')}.bias"
        del linear.input[2:]
        linear.input.append(added)
        graph.initializer.append(TensorProto(name=added))
    _tensor(graph, linear.input[2]).CopyFrom(numpy_helper.from_array(bias.astype(np.float32), linear.input[2]))


def _transposed(linear: NodeProto) -> bool:
    return any(attribute.name == "transB" and attribute.i == 1 for attribute in linear.attribute)


def _tensor(graph: GraphProto, name: str) -> TensorProto:
    return next(tensor for tensor in graph.initializer if tensor.name == name)


def _remove(graph: GraphProto, norm: NodeProto) -> None:
    """Remove a norm, and of its constants those that nothing else reads."""
    graph.node.remove(norm)
    unread = set(norm.input[1:5]) - {name for node in graph.node for name in node.input}
    for position in reversed(range(len(graph.initializer))):
        if graph.initializer[position].name in unread:
            del graph.initializer[position]
