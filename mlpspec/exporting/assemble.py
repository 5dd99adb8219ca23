"""The whole model: raw columns, preprocessing, network, decoding, metadata, joined into one graph."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper
from torch import nn

from mlpspec.exporting.copies import without_copies
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


def assemble(module: nn.Module, graph: Graph, preprocessing: Preprocessing, options: Export, metadata: Mapping[str, str]) -> ModelProto:
    """The self-contained model: raw inputs named as in the spec, answers named as the targets.

    Args:
        module: the trained network.
        metadata: texts stored in the file, e.g. `mlpspec.spec`.
    """
    front, back = GraphWriter(), GraphWriter()
    encoded = {
        name: write_program(front, item.program, {item.program.inputs[0]: name}, scope=name)[item.program.outputs[0]]
        for name, item in preprocessing.inputs.items()
    }
    raw_outputs = {target: f"{target}/output" for target in graph.outputs}
    inner_inputs = [f"network/{value.name}" for value in graph.inputs]
    answers = {target: wanted_answers(item, options) for target, item in preprocessing.targets.items()}
    public = [*preprocessing.inputs, *(answer.name for said in answers.values() for answer in said)]
    network = network_model(module, graph, inner_inputs, list(raw_outputs.values()), options.opset, reserved=public).graph
    renamed = {inner: encoded[value.name] for inner, value in zip(inner_inputs, graph.inputs, strict=True)}
    outputs: list[ValueInfoProto] = []
    for target, item in preprocessing.targets.items():
        wanted = [answer.name for answer in answers[target]]
        names = {item.decode.inputs[0]: raw_outputs[target], **{name: name for name in wanted}}
        write_program(back, _only(item.decode, wanted), names, scope=target)
        outputs += map(_output, answers[target])
    nodes = without_copies([*front.nodes, *(_renamed(node, renamed) for node in network.node), *back.nodes], public)
    initializers = [*front.initializers, *network.initializer, *back.initializers]
    whole = helper.make_graph(nodes, graph.name, [_raw(item) for item in preprocessing.inputs.values()], outputs, initializers)
    opsets = [helper.make_opsetid("", options.opset), helper.make_opsetid(ML_DOMAIN, ML_OPSET)]
    model = helper.make_model(whole, opset_imports=opsets, ir_version=IR_VERSION, producer_name="mlpspec", producer_version=__version__)
    helper.set_model_props(model, dict(metadata))
    return model


def model_card(name: str, preprocessing: Preprocessing, options: Export) -> str:
    """What a caller of the model must know, as the JSON of `mlpspec.model`."""
    card: dict[str, Any] = {
        "format": 1,
        "name": name,
        "mlpspec": __version__,
        "missing_tokens": list(preprocessing.missing_tokens),
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
    """The answers that the model gives for a target, of those its decoding has; its label or value when none is left."""
    wanted = [answer for kind in options.outputs for answer in target.answers if answer.kind == kind]
    return wanted or list(target.answers[:1])


def _only(program: Program, outputs: Iterable[str]) -> Program:
    """The program without steps that none of `outputs` needs."""
    needed, kept = set(outputs), []
    for step in reversed(program.steps):
        if step.output in needed:
            needed.update(step.inputs)
            kept.append(step)
    return replace(program, steps=tuple(reversed(kept)), outputs=tuple(outputs))


def _renamed(node: NodeProto, names: Mapping[str, str]) -> NodeProto:
    for position, name in enumerate(node.input):
        node.input[position] = names.get(name, name)
    return node


def _raw(item: FittedInput) -> ValueInfoProto:
    shape = list(item.shape) if item.shape is not None else [len(item.columns)]
    return helper.make_tensor_value_info(item.name, _ONNX_TYPES[item.type], ["batch", *shape])


def _output(answer: Answer) -> ValueInfoProto:
    columns = [] if answer.columns is None else [len(answer.columns)]
    return helper.make_tensor_value_info(answer.name, _ONNX_TYPES[answer.type], ["batch", *columns])
