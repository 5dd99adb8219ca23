"""The whole model: raw columns, preprocessing, network, decoding, metadata, joined into one graph."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto, helper
from torch import nn

from mlpspec.exporting.copies import without_copies
from mlpspec.exporting.needed import needed_nodes
from mlpspec.exporting.network import network_model
from mlpspec.exporting.operators import ML_DOMAIN, write_program
from mlpspec.exporting.writer import GraphWriter
from mlpspec.ir.fitted import Answer, FittedInput, FittedTarget, Preprocessing
from mlpspec.ir.graph import Graph
from mlpspec.ir.program import Program
from mlpspec.language.sections.export import Export
from mlpspec.version import __version__

IR_VERSION = 10
ML_OPSET = 4

_ONNX_TYPES = {
    "float32": TensorProto.FLOAT,
    "string": TensorProto.STRING,
    "int64": TensorProto.INT64,
    "seconds": TensorProto.INT64,
}


def network_core(module: nn.Module, graph: Graph, preprocessing: Preprocessing, options: Export) -> ModelProto:
    """The trained network alone, as `assemble` takes it: encoded inputs and the outputs of the heads, in the graph's order."""
    inputs = [f"network/{value.name}" for value in graph.inputs]
    outputs = [f"{target}/output" for target in graph.outputs]
    return network_model(module, graph, inputs, outputs, options.opset, reserved=_public(preprocessing, options))


def assemble(core: ModelProto, graph: Graph, preprocessing: Preprocessing, options: Export, metadata: Mapping[str, str]) -> ModelProto:
    """The self-contained model: raw inputs named as in the spec, answers named as the targets.

    Args:
        core: the network, from `network_core`, at any precision; it stays as it is.
        metadata: texts stored in the file, e.g. `mlpspec.spec`.
    """
    raw_outputs = {target: value.name for target, value in zip(graph.outputs, core.graph.output, strict=True)}
    public = _public(preprocessing, options)
    inside = {name: f"network/{name}" for name in public}
    front = GraphWriter((*public, *inside.values(), *_names(core.graph)))
    encoded = {name: _write_input(front, item) for name, item in preprocessing.inputs.items()}
    renamed = {inner.name: encoded[value.name] for inner, value in zip(core.graph.input, graph.inputs, strict=True)}
    network = ModelProto()
    network.CopyFrom(core)
    _rename(network, {**inside, **renamed})
    back = GraphWriter(front.taken)
    outputs: list[ValueInfoProto] = []
    for target, item in preprocessing.targets.items():
        answers = wanted_answers(item, options)
        wanted = [answer.name for answer in answers]
        names = {item.decode.inputs[0]: raw_outputs[target], **{name: name for name in wanted}}
        write_program(back, only(item.decode, wanted), names, scope=target)
        outputs += map(output_info, answers)
    nodes = without_copies([*front.nodes, *network.graph.node, *back.nodes], public)
    nodes = needed_nodes(nodes, [value.name for value in outputs])
    read = {name for node in nodes for name in node.input}
    constants = [tensor for tensor in (*front.initializers, *network.graph.initializer, *back.initializers) if tensor.name in read]
    whole = helper.make_graph(nodes, graph.name, [input_info(item) for item in preprocessing.inputs.values()], outputs, constants)
    versions = {**{entry.domain: entry.version for entry in core.opset_import}, "": options.opset, ML_DOMAIN: ML_OPSET}
    used = ["", ML_DOMAIN, *sorted({node.domain for node in nodes} - {"", ML_DOMAIN})]
    opsets = [helper.make_opsetid(domain, versions[domain]) for domain in used]
    model = helper.make_model(whole, opset_imports=opsets, ir_version=IR_VERSION, producer_name="mlpspec", producer_version=__version__)
    helper.set_model_props(model, dict(metadata))
    return model


def model_card(name: str, preprocessing: Preprocessing, options: Export, *, samples: int = 1) -> str:
    """What a caller of the model must know, as the JSON of `mlpspec.model`. `samples` is how often every row is answered inside."""
    card: dict[str, Any] = {
        "format": 1,
        "name": name,
        "mlpspec": __version__,
        "precision": options.precision,
        "quantization": options.quantization if options.precision == "int8" else None,
        "missing_tokens": list(preprocessing.missing_tokens),
        "samples": samples,
        "inputs": [
            {
                "name": item.name,
                "kind": item.kind,
                "columns": list(item.columns),
                "type": item.type,
                "shape": None if item.shape is None else list(item.shape),
                "missing": item.missing,
                "unseen": item.unseen,
                "categories": known_categories(item),
            }
            for item in preprocessing.inputs.values()
        ],
        "targets": [
            {
                "name": item.name,
                "kind": item.kind,
                "columns": list(item.columns),
                "type": item.type,
                "classes": None if item.classes is None else list(item.classes),
                "outputs": {
                    answer.name: None if answer.columns is None else list(answer.columns) for answer in wanted_answers(item, options)
                },
            }
            for item in preprocessing.targets.values()
        ],
    }
    return json.dumps(card, ensure_ascii=False)


def known_categories(item: FittedInput) -> list[list[str | int]] | None:
    """The categories each column of a category input knows; None for other inputs."""
    lookups = sorted((step.constants["column"], step.constants["keys"]) for step in item.program.steps if step.op == "lookup")
    return [list(keys) for _, keys in lookups] if lookups else None


def wanted_answers(target: FittedTarget, options: Export) -> list[Answer]:
    """The answers that the model gives for a target, of those its decoding has; its label or value when none is left.

    What `uncertainty` has added is always given.
    """
    wanted = [answer for kind in options.outputs for answer in target.answers if answer.kind == kind] or list(target.answers[:1])
    return [*wanted, *(answer for answer in target.answers if answer.kind in ("deviation", "entropy"))]


def only(program: Program, outputs: Iterable[str]) -> Program:
    """The program without steps that none of `outputs` needs."""
    needed, kept = set(outputs), []
    for step in reversed(program.steps):
        if step.output in needed:
            needed.update(step.inputs)
            kept.append(step)
    return replace(program, steps=tuple(reversed(kept)), outputs=tuple(outputs))


def _public(preprocessing: Preprocessing, options: Export) -> list[str]:
    """The names of the model's inputs and outputs."""
    answers = (answer.name for target in preprocessing.targets.values() for answer in wanted_answers(target, options))
    return [*preprocessing.inputs, *answers]


def _write_input(writer: GraphWriter, item: FittedInput) -> str:
    """Write an input's preprocessing; the name of what the network takes, `<input>/encoded`."""
    [raw], [encoded] = item.program.inputs, item.program.outputs
    return write_program(writer, item.program, {raw: item.name, encoded: f"{item.name}/encoded"}, scope=item.name)[encoded]


def _names(graph: GraphProto) -> set[str]:
    """All names of a graph's nodes and values."""
    nodes = {name for node in graph.node for name in (node.name, *node.input, *node.output)}
    return nodes | {item.name for item in (*graph.initializer, *graph.input, *graph.output)}


def _rename(network: ModelProto, names: Mapping[str, str]) -> None:
    """Give values and constants of a network other names."""
    for node in network.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for tensor in network.graph.initializer:
        tensor.name = names.get(tensor.name, tensor.name)


def input_info(item: FittedInput) -> ValueInfoProto:
    """How the model declares an input."""
    shape = list(item.shape) if item.shape is not None else [len(item.columns)]
    return helper.make_tensor_value_info(item.name, _ONNX_TYPES[item.type], ["batch", *shape])


def output_info(answer: Answer) -> ValueInfoProto:
    """How the model declares an answer."""
    columns = [] if answer.columns is None else [len(answer.columns)]
    return helper.make_tensor_value_info(answer.name, _ONNX_TYPES[answer.type], ["batch", *columns])
