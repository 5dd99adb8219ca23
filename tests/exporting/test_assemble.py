import json

import onnx
import pytest

TEXT = """\
mlpspec: 1
name: card
seed: 2
data: {missing: ["", "NA"]}
inputs:
  numbers: {numeric: {columns: [a, c], missing: mean}}
  plain: {numeric: {columns: b, scale: none}}
  colour: category
  codes: {category: {columns: [grade, code], unseen: error}}
  size: {category: {missing: own}}
  image: tensor
targets: {kind: category, yes: {binary: {threshold: 0.3}}, pair: {numeric: {columns: [price, weight], scale: none}}}
model:
  - flatten: {name: flat, from: image}
  - concat: {from: [numbers, plain, colour, codes, size, flat]}
  - dense: {units: 6, activation: relu, batchnorm: true, dropout: 0.4, name: body}
  - head: kind
  - head: {target: yes, from: body}
  - head: {target: pair, from: body}
"""


@pytest.fixture(scope="module")
def exported(export_untrained, frame):
    return export_untrained(TEXT, frame)


def test_versions_and_domains(exported):
    model = exported.model
    assert model.ir_version == 10
    assert {entry.domain: entry.version for entry in model.opset_import} == {"": 20, "ai.onnx.ml": 4}
    assert model.producer_name == "mlpspec"
    assert {node.domain for node in model.graph.node} <= {"", "ai.onnx.ml"}
    assert not model.functions


def test_it_is_legal_and_contains_itself(exported):
    onnx.checker.check_model(exported.model, full_check=True)
    assert not [tensor.name for tensor in exported.model.graph.initializer if tensor.data_location == onnx.TensorProto.EXTERNAL]


def test_it_has_no_node_that_does_nothing(exported):
    nodes = exported.model.graph.node
    operators = [node.op_type for node in nodes]
    assert not {"Identity", "Dropout", "BatchNormalization"} & set(operators)
    read = {name for node in nodes for name in node.input} | {output.name for output in exported.model.graph.output}
    assert all(name in read for node in nodes for name in node.output if name), "every value is read"
    assert {tensor.name for tensor in exported.model.graph.initializer} <= read, "every constant is read"
    made_by = {name: node for node in nodes for name in node.output}
    for node in nodes:
        if node.op_type == "Cast":
            assert made_by[node.input[0]].op_type in ("Equal", "GreaterOrEqual", "IsNaN"), "only truth values become numbers"


def test_names_are_unique(exported):
    graph = exported.model.graph
    values = [
        *(value.name for value in graph.input),
        *(t.name for t in graph.initializer),
        *(n for node in graph.node for n in node.output),
    ]
    assert len(set(values)) == len(values)
    nodes = [node.name for node in graph.node]
    assert len(set(nodes)) == len(nodes)


def test_nothing_of_this_machine_is_in_it(exported):
    data = exported.model.SerializeToString()
    for word in (b"/home", b"/work", b"/tmp", b".py", b"stack_trace", b"pkg.torch", b"site-packages"):
        assert word not in data


def test_the_card_says_what_a_caller_must_know(exported):
    props = {prop.key: prop.value for prop in exported.model.metadata_props}
    assert props["mlpspec.spec"] == TEXT
    card = json.loads(props["mlpspec.model"])
    assert (card["format"], card["name"], card["missing_tokens"]) == (1, "card", ["", "NA"])
    inputs = {item.pop("name"): item for item in card["inputs"]}
    assert list(inputs) == ["numbers", "plain", "colour", "codes", "size", "image"]
    assert inputs["numbers"] == {
        "kind": "numeric",
        "columns": ["a", "c"],
        "type": "float32",
        "shape": None,
        "missing": "mean",
        "unseen": "unknown",
        "categories": None,
    }
    assert inputs["colour"]["categories"] == [["blue", "green", "red", "é\u2060 b"]]
    assert inputs["codes"]["type"] == "int64"
    assert inputs["codes"]["unseen"] == "error"
    assert inputs["codes"]["categories"] == [[0, 1, 2, 3, 4], [-7, 3, 10**12]]
    assert inputs["size"]["categories"] == [["", "M", "S"]]
    assert inputs["image"]["shape"] == [2, 3]
    targets = {item.pop("name"): item for item in card["targets"]}
    assert targets["kind"]["classes"] == ["x", "y", "z"]
    assert targets["kind"]["outputs"] == {"kind": None, "kind_probability": ["x", "y", "z"]}
    assert targets["yes"]["outputs"] == {"yes": None, "yes_probability": ["no", "yes"]}
    assert targets["pair"]["outputs"] == {"pair": ["price", "weight"]}
    assert targets["pair"]["classes"] is None


def test_assembling_twice_gives_the_same_bytes(export_untrained, frame, exported):
    again = export_untrained(TEXT, frame)
    assert again.model.SerializeToString(deterministic=True) == exported.model.SerializeToString(deterministic=True)
