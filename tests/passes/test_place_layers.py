import pytest

from mlpspec.compiler import build_graph, loads
from mlpspec.diagnostics import SpecError
from mlpspec.ir.facts import Facts, InputFacts, TargetFacts

HEAD = "mlpspec: 1\nname: net\ninputs: {a: {numeric: [p, q]}, b: {category: {encode: {embedding: 3}}}}\ntargets: {y: category}\n"
FACTS = Facts({"a": InputFacts(2, 2), "b": InputFacts(1, 1, vocabulary=4)}, {"y": TargetFacts(3, 3)})


def placed(model):
    graph = build_graph(loads(f"{HEAD}model: {model}\n"), FACTS)
    return {node.name: node.sources for node in graph.nodes}, graph


def test_a_first_layer_reads_all_inputs_joined():
    nodes, graph = placed("[{dense: 8}, {head: y}]")
    assert nodes == {"b_embedding": ("b",), "inputs": ("a", "b_embedding"), "dense_1": ("inputs",), "head_y": ("dense_1",)}
    assert str(graph.shape_of("inputs")) == "(batch, 5)"
    assert graph.outputs == {"y": "head_y"}


def test_names_count_by_kind_and_skip_what_is_taken():
    nodes, _ = placed("[{dense: 8}, {dense: {units: 8, name: dense_2}}, {dense: 8}, {dropout: 0.1}, {head: y}]")
    assert list(nodes)[2:] == ["dense_1", "dense_2", "dense_3", "dropout_1", "head_y"]


def test_from_reads_inputs_and_layers_by_name():
    nodes, _ = placed("[{linear: {units: 4, name: l, from: a}}, {linear: {units: 4, name: r, from: b}}, {add: {from: [l, r]}}, {head: y}]")
    assert nodes["l"] == ("a",)
    assert nodes["r"] == ("b_embedding",)
    assert nodes["add_1"] == ("l", "r")


def test_repeats_follow_one_another_and_the_name_means_the_last():
    nodes, _ = placed("[{dense: {units: 8, name: h, repeat: 3}}, {concat: {from: [h, h_1]}}, {head: y}]")
    assert nodes["h_2"] == ("h_1",)
    assert nodes["h_3"] == ("h_2",)
    assert nodes["concat_1"] == ("h_3", "h_1")


def test_shared_weights_are_one_module_and_count_once():
    first = "{linear: {units: 2, name: l, from: a}}, {linear: {units: 2, name: m, from: a}}"
    model = f"[{first}, {{share: {{of: m, from: l, name: s}}}}, {{concat: {{from: [m, s, b]}}}}, {{head: y}}]"
    _, graph = placed(model)
    assert graph.node("s").lowering.node == "m"
    assert graph.node("s").parameters == 0


def test_sharing_between_other_shapes_is_refused():
    with pytest.raises(SpecError) as error:
        placed("[{linear: {units: 4, name: l, from: a}}, {share: {of: l, from: b, name: s}}, {concat: {from: [l, s]}}, {head: y}]")
    assert "(batch, 2)" in str(error.value)


def test_parameters_are_counted():
    _, graph = placed("[{dense: {units: 8, batchnorm: true}}, {head: y}]")
    assert graph.parameters == 5 * 3 + 5 * 8 + 2 * 8 + 8 * 3 + 3


def test_without_facts_sizes_are_names():
    graph = build_graph(loads(f"{HEAD}model: [{{dense: 8}}, {{head: y}}]\n"))
    assert str(graph.shape_of("head_y")) == "(batch, y.classes)"
    assert graph.parameters is None
