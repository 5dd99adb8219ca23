"""The models of the members joined into one, behind which their answers are averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onnx import ModelProto, NodeProto, ValueInfoProto, helper

from mlpspec.exporting.assemble import input_info, only, output_info, wanted_answers
from mlpspec.exporting.ensemble.averaging import member_value
from mlpspec.exporting.needed import needed_nodes
from mlpspec.exporting.operators import write_program
from mlpspec.exporting.writer import GraphWriter
from mlpspec.ir.fitted import Preprocessing
from mlpspec.language.sections.export import Export
from mlpspec.version import __version__


def join(
    members: Sequence[ModelProto], name: str, preprocessing: Preprocessing, options: Export, metadata: Mapping[str, str]
) -> ModelProto:
    """One self-contained model: all members read the same raw inputs, and the answers are the means of theirs.

    Args:
        members: from `assemble`, each with its own preprocessing inside and the answers of `member_target`.
        name: of the model.
        preprocessing: the inputs, and the targets as `ensemble_target` decodes them.
        metadata: texts stored in the file.
    """
    inputs = [input_info(item) for item in preprocessing.inputs.values()]
    nodes: list[NodeProto] = []
    initializers = []
    for number, model in enumerate(members):
        inner = _prefixed(model, number, {value.name for value in inputs})
        nodes += inner.graph.node
        initializers += inner.graph.initializer
    back = GraphWriter()
    outputs: list[ValueInfoProto] = []
    for target, item in preprocessing.targets.items():
        answers = wanted_answers(item, options)
        wanted = [answer.name for answer in answers]
        names = {**{value: value for value in item.decode.inputs}, **{answer: answer for answer in wanted}}
        write_program(back, only(item.decode, wanted), names, scope=target)
        outputs += map(output_info, answers)
    nodes = needed_nodes([*nodes, *back.nodes], {value.name for value in outputs})
    read = {value for node in nodes for value in node.input}
    constants = [tensor for tensor in (*initializers, *back.initializers) if tensor.name in read]
    graph = helper.make_graph(nodes, name, inputs, outputs, constants)
    first = members[0]
    model = helper.make_model(
        graph, opset_imports=list(first.opset_import), ir_version=first.ir_version, producer_name="mlpspec", producer_version=__version__
    )
    helper.set_model_props(model, dict(metadata))
    return model


def _prefixed(model: ModelProto, member: int, kept: set[str]) -> ModelProto:
    """A copy in which every value and node carries the member's name, but for the inputs."""
    copy = ModelProto()
    copy.CopyFrom(model)

    def named(name: str) -> str:
        return name if not name or name in kept else member_value(name, member)

    for node in copy.graph.node:
        node.name = member_value(node.name, member)
        node.input[:] = map(named, node.input)
        node.output[:] = map(named, node.output)
    for tensor in copy.graph.initializer:
        tensor.name = named(tensor.name)
    return copy
