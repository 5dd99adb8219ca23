"""Where a model is cut, and that its parts together answer as the whole, bit for bit."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from mlpspec.runtime.cuda_session import joined
from mlpspec.runtime.model_file import model_from_bytes
from mlpspec.runtime.session import CPU_PROVIDER, cpu_session, create_session, inspect_model, session_facts, session_options
from mlpspec.runtime.split import Unsplittable, split


def names(values):
    return [value.name for value in values]


def in_parts(data: bytes):
    """What runs the model in two stages, both on the CPU."""
    parts = split(data, inspect_model)
    core = create_session(parts.core, session_options(1), [CPU_PROVIDER])
    return joined(parts, core.run, session_facts(core))


def test_texts_in_front_labels_behind_and_numbers_between(mixed, make):
    parts = split(mixed, inspect_model)
    front, core = onnx.load_from_string(parts.front), onnx.load_from_string(parts.core)
    assert [node.op_type for node in front.graph.node] == ["LabelEncoder"]
    assert (names(front.graph.input), names(front.graph.output)) == (["island"], ["code"])
    assert (names(core.graph.input), names(core.graph.output)) == (["size", "code"], ["number", "species_probability"])
    assert [dim.dim_param or dim.dim_value for dim in core.graph.input[1].type.tensor_type.shape.dim] == ["batch", 1]
    assert not {node.op_type for node in core.graph.node} & {"LabelEncoder", "Gather"}
    assert "classes" not in names(core.graph.initializer)
    labels = parts.labels["species"]
    assert (labels.numbers, labels.classes.tolist()) == ("number", list(make.SPECIES_TARGET["classes"]))
    assert parts.whole == session_facts(cpu_session(model_from_bytes(mixed)))


@pytest.mark.parametrize("rows", [1, 2, 7, 257])
def test_together_they_answer_as_the_whole(mixed, rows):
    random = np.random.default_rng(rows)
    size = random.normal(15, 20, (rows, 2)).astype(np.float32)
    size[random.random(size.shape) < 0.2] = np.nan
    arrays = {"size": size, "island": random.choice(["Dream", "Biscoe", "", "Mars"], (rows, 1)).astype(object)}
    outputs = ["species_probability", "species"]
    whole = cpu_session(model_from_bytes(mixed), 1).run(outputs, arrays)
    parts = in_parts(mixed)(outputs, arrays)
    for one, other in zip(whole, parts, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["regression", "two_numbers", "codes", "tensor"])
def test_without_texts_there_is_nothing_to_cut(name, request):
    data = request.getfixturevalue(name)
    parts = split(data, inspect=lambda _: pytest.fail("nothing needs to be asked"))
    assert parts.core is data
    assert (parts.front, parts.labels, parts.whole) == (None, {}, None)


def test_a_size_that_depends_on_texts_is_no_place_to_cut(make):
    """The number of pieces of a text is known only afterwards; what counts them has one number a row."""
    nodes = [
        helper.make_node("StringSplit", ["tags"], ["pieces", "counts"], delimiter="|"),
        helper.make_node("Equal", ["pieces", "red"], ["equal"]),
        helper.make_node("Cast", ["equal"], ["number"], to=make.FLOAT),
        helper.make_node("ReduceSum", ["number", "axis"], ["reds"], keepdims=1),
        helper.make_node("MatMul", ["reds", "w"], ["y"]),
    ]
    constants = {"red": np.array("red", object), "axis": np.array([1]), "w": np.ones((1, 2), np.float32)}
    graph = make.small_graph([make.raw("tags", make.STRING)], [make.raw("y", make.FLOAT, 2)], nodes, **constants)
    data = make.model_bytes(graph, {})
    parts = split(data, inspect_model)
    assert names(onnx.load_from_string(parts.front).graph.output) == ["reds"]
    assert [node.op_type for node in onnx.load_from_string(parts.core).graph.node] == ["MatMul"]
    arrays = {"tags": np.array(["red|big|red", "", "big"], object)}
    assert in_parts(data)(["y"], arrays)[0].tolist() == [[2, 2], [0, 0], [0, 0]]


def text(name):
    return helper.make_tensor_value_info(name, TensorProto.STRING, ["batch"])


def number(name):
    return helper.make_tensor_value_info(name, TensorProto.INT64, ["batch"])


def encoder(source, result, **attributes):
    return helper.make_node("LabelEncoder", [source], [result], domain="ai.onnx.ml", **attributes)


TO_TEXT = {"keys_int64s": [1], "values_strings": ["one"], "default_string": ""}
TO_NUMBER = {"keys_strings": ["one"], "values_int64s": [1], "default_int64": 0}

UNCUT = {
    "a text that is not picked": (number("x"), text("y"), [encoder("x", "y", **TO_TEXT)], {}, "`y` is a text that is not picked"),
    "a text passed on": (text("x"), text("y"), [helper.make_node("Identity", ["x"], ["y"])], {}, "`y` is a text that is not picked"),
    "picked from what is calculated": (
        number("x"),
        text("y"),
        [encoder("all", "listed", **TO_TEXT), helper.make_node("Gather", ["listed", "x"], ["y"])],
        {"all": np.array([1, 2])},
        "are no list of constants",
    ),
    "texts only": (text("x"), number("y"), [encoder("x", "y", **TO_NUMBER)], {}, "not calculated from numbers"),
    "numbers, texts, numbers": (
        number("x"),
        number("y"),
        [encoder("x", "t", **TO_TEXT), encoder("t", "n", **TO_NUMBER), helper.make_node("Where", ["no", "n", "u"], ["y"])],
        {"no": np.array([True]), "u": np.array([1]), "unused": np.array(["a"], object)},
        "texts stand between|depends on more than texts",
    ),
}


@pytest.mark.parametrize("case", UNCUT)
def test_what_cannot_be_cut_says_why(make, case):
    source, result, nodes, constants, reason = UNCUT[case]
    graph = make.small_graph([source], [result], nodes, **constants)
    with pytest.raises(Unsplittable, match=reason):
        split(make.model_bytes(graph, {}), inspect_model)


def test_operators_with_graphs_are_left_alone(make):
    inner = helper.make_graph([helper.make_node("Identity", ["x"], ["t"])], "b", [], [text("t")])
    node = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    graph = make.small_graph([text("x")], [text("y")], [node], c=np.array(True))
    with pytest.raises(Unsplittable, match="graphs or functions of their own"):
        split(make.model_bytes(graph, {}), inspect_model)
