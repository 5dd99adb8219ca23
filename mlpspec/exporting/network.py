"""The network alone as an ONNX graph, through torch.onnx.export."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Sequence

import torch
from onnx import ModelProto
from torch import nn

from mlpspec.diagnostics import CheckError
from mlpspec.exporting.batch_axis import name_batch_axis
from mlpspec.exporting.batchnorm import fold_batch_norms
from mlpspec.exporting.layer_names import name_after_layers
from mlpspec.exporting.named_layers import with_named_layers
from mlpspec.exporting.older_opset import OLDEST_EXPORTED, in_opset
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

    Raises:
        CheckError: when an operation of a layer, which can only be a plugin's, has no form in ONNX.

    Source: torch.onnx.export with the dynamo exporter.
    """
    arguments = sample_arguments(graph)
    was_training = module.training
    module.eval()
    try:
        with warnings.catch_warnings(), _quiet_exporter():
            warnings.simplefilter("ignore")  # the exporter's deprecations are not the user's concern
            program = torch.onnx.export(
                with_named_layers(module),
                arguments,
                input_names=list(input_names),
                output_names=list(output_names),
                dynamic_shapes=tuple({0: "batch"} for _ in arguments),
                opset_version=max(opset, OLDEST_EXPORTED),
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    except Exception as error:  # the exporter raises many kinds, each of which means the same here
        help = "leave out the plugin's layer that calculates this; `mlpspec.testing.check_layer` tells which layers can be exported"
        raise CheckError(f"the network cannot be written as ONNX: {_reason(error)}", code="no-onnx", help=help) from error
    finally:
        module.train(was_training)
    assert program is not None
    model = program.model_proto
    fold_batch_norms(model.graph)
    name_batch_axis(model)
    name_after_layers(model.graph, module, reserved)
    _forget_source(model)
    return model if opset >= OLDEST_EXPORTED else in_opset(model, opset)


def sample_arguments(graph: Graph) -> tuple[torch.Tensor, ...]:
    """Rows of zeros that the network takes."""
    return tuple(
        torch.zeros((SAMPLE_ROWS, *value.shape.known), dtype=torch.int64 if value.dtype == "int64" else torch.float32)
        for value in graph.inputs
    )


def _reason(error: BaseException) -> str:
    """What the exporter says where it failed, in a line, without what it says about itself around that."""
    while error.__cause__ is not None:
        error = error.__cause__
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


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
