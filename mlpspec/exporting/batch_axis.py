"""The batch axis keeps its name through every reshape."""

from __future__ import annotations

import math

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, numpy_helper, shape_inference

COPY, REST = 0, -1
"""In the shape that a Reshape takes: an axis as it is in the input, and the axis that takes what is left."""


def name_batch_axis(model: ModelProto) -> None:
    """Write a reshape that leaves the rows as they are, (-1, n), as one that says so, (0, n): then the axis is known to be the batch.

    Otherwise shape inference, and whoever looks at the file, sees an axis without a name behind every reshape.
    """
    while _name_once(model):
        pass  # what is behind one reshape may be reshaped again


def _name_once(model: ModelProto) -> bool:
    """Whether a reshape was written otherwise."""
    inferred = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {value.name: dims(value) for value in (*inferred.input, *inferred.value_info)}
    changed = [node for node in model.graph.node if node.op_type == "Reshape" and _keeps_rows(model.graph, node, shapes)]
    for node in changed:
        _write(model.graph, node, [COPY, *_wanted(model.graph, node)[1:]])
    return bool(changed)


def dims(value: ValueInfoProto) -> list[str | int | None]:
    """The sizes of a value's axes: numbers, names, and None for what is unknown."""
    return [dim.dim_param or (dim.dim_value if dim.HasField("dim_value") else None) for dim in value.type.tensor_type.shape.dim]


def _keeps_rows(graph: GraphProto, node: NodeProto, shapes: dict[str, list[str | int | None]]) -> bool:
    """Whether a reshape is (-1, n, ...) of rows with as many numbers as those before it."""
    first, *sizes = _wanted(graph, node) or [COPY]
    batch, *row = shapes.get(node.input[0]) or [None]
    known = [size for size in row if isinstance(size, int)]
    same = len(known) == len(row) and min(sizes, default=1) > 0 and math.prod(known) == math.prod(sizes)
    return first == REST and batch == "batch" and same


def _wanted(graph: GraphProto, node: NodeProto) -> list[int]:
    """The shape that a reshape is told to make; empty when it is calculated."""
    return next((numpy_helper.to_array(tensor).tolist() for tensor in graph.initializer if tensor.name == node.input[1]), [])


def _write(graph: GraphProto, node: NodeProto, shape: list[int]) -> None:
    """Give a reshape a shape of its own."""
    name = node.input[1]
    del node.attribute[:]  # `allowzero`, with which 0 would mean no rows
    if sum(list(other.input).count(name) for other in graph.node) > 1:
        node.input[1] = f"{name}_{node.name}"
        graph.initializer.append(TensorProto(name=node.input[1]))
    tensor = next(tensor for tensor in graph.initializer if tensor.name == node.input[1])
    tensor.CopyFrom(numpy_helper.from_array(np.array(shape, np.int64), tensor.name))
