"""The network alone as an ONNX graph, through torch.onnx.export."""

from __future__ import annotations

import ast
import logging
import warnings
from collections.abc import Iterable, Sequence

import torch
from onnx import ModelProto, NodeProto
from torch import nn

from mlpspec.ir.graph import Graph

SAMPLE_ROWS = 2  # with a single row the exporter may take the batch axis for a constant


def network_model(
    module: nn.Module, graph: Graph, input_names: Sequence[str], output_names: Sequence[str], opset: int, *, reserved: Iterable[str] = ()
) -> ModelProto:
    """The module in inference mode as ONNX: batch norm folded where it can be, dropout gone, the first axis of everything called `batch`.

    Args:
        input_names, output_names: names for the tensors, in the graph's order.
        opset: ONNX operator set.
        reserved: names that no value of the network may have, because the graph around it uses them.

    Source: torch.onnx.export with the dynamo exporter.
    """
    arguments = sample_arguments(graph)
    was_training = module.training
    module.eval()
    try:
        with warnings.catch_warnings(), _quiet_exporter():
            warnings.simplefilter("ignore")  # the exporter's deprecations are not the user's concern
            program = torch.onnx.export(
                module,
                arguments,
                input_names=list(input_names),
                output_names=list(output_names),
                dynamic_shapes=tuple({0: "batch"} for _ in arguments),
                opset_version=opset,
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    finally:
        module.train(was_training)
    assert program is not None
    model = program.model_proto
    _name_after_layers(model, reserved)
    _forget_source(model)
    return model


def sample_arguments(graph: Graph) -> tuple[torch.Tensor, ...]:
    """Rows of zeros that the network takes."""
    return tuple(
        torch.zeros((SAMPLE_ROWS, *value.shape.known), dtype=torch.int64 if value.dtype == "int64" else torch.float32)
        for value in graph.inputs
    )


class _quiet_exporter:  # noqa: N801  # reads as a verb in a with statement
    """Silences the exporter's remarks about packages it looks for and does not need."""

    _names = ("torch.onnx._internal.exporter._registration", "torch.onnx", "onnxscript")

    def __enter__(self) -> None:
        self._levels = [(logging.getLogger(name), logging.getLogger(name).level) for name in self._names]
        for logger, _ in self._levels:
            logger.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        for logger, level in self._levels:
            logger.setLevel(level)


def _name_after_layers(model: ModelProto, reserved: Iterable[str]) -> None:
    """Name values and nodes after the spec's layers: `hidden/activation` and `hidden/activation/Relu`."""
    given = {value.name for value in (*model.graph.input, *model.graph.output)}
    names: dict[str, str] = {}
    unnamed = {tensor.name: tensor for tensor in model.graph.initializer if "." not in tensor.name}  # no weight of a layer
    taken = {*given, *reserved, *(tensor.name for tensor in model.graph.initializer)}
    for node in model.graph.node:
        layer = _layer_of(node)
        for name in node.input:
            if name in unnamed:
                names[name] = unnamed.pop(name).name = _unused(f"{layer}.constant", taken)
        for position, name in enumerate(node.input):
            node.input[position] = names.get(name, name)
        for position, name in enumerate(node.output):
            if name and name not in given:
                names[name] = _unused(layer, taken)
                node.output[position] = names[name]
        node.name = _unused(f"{layer}/{node.op_type}", taken)


def _layer_of(node: NodeProto) -> str:
    """The path of the module that a node comes from, as the exporter notes it: `hidden/activation`; the operator's own name otherwise."""
    noted = next((entry.value for entry in node.metadata_props if entry.key == "pkg.torch.onnx.name_scopes"), "[]")
    scopes = [scope for scope in ast.literal_eval(noted)[:-1] if scope]
    return scopes[-1].replace(".", "/") if scopes else node.op_type.lower()


def _unused(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate)
    return candidate


def _forget_source(model: ModelProto) -> None:
    """Remove what the exporter notes about local files and lines of code."""
    graph = model.graph
    for item in (*graph.node, *graph.input, *graph.output, *graph.initializer, *graph.value_info):
        del item.metadata_props[:]
        item.doc_string = ""
    del graph.metadata_props[:]
    del model.metadata_props[:]
    del graph.value_info[:]
    graph.doc_string = ""
