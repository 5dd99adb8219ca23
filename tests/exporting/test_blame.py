import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from mlpspec.exporting.blame import find_fault

TEXT = """\
mlpspec: 1
inputs: {numbers: {numeric: {columns: [a, c], missing: mean}}, colour: category, level: {category: {encode: embedding}}}
targets: {kind: category, price: numeric}
model:
  - dense: {units: 5, activation: {celu: 2}, batchnorm: true, name: first, from: numbers}
  - dense: {units: 5, activation: relu, name: second}
  - add: {from: [first, second, first], name: sum}
  - share: {of: second, name: again}
  - concat: {from: [again, colour, level]}
  - batchnorm
  - linear: {units: 5, name: last}
  - head: kind
  - head: {target: price, from: last}
"""


@pytest.fixture(scope="module")
def exported(export_untrained, frame):
    return export_untrained(TEXT, frame)


def blamed(exported, model):
    rows = {name: array[:9] for name, array in exported.rows.items()}
    return find_fault(model, exported.module, exported.graph, exported.preprocessing, rows)


def spoilt(exported, constant):
    """The model with another constant."""
    model = onnx.ModelProto()
    model.CopyFrom(exported.model)
    [tensor] = [tensor for tensor in model.graph.initializer if tensor.name == constant]
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) + np.float32(0.1), constant))
    return model


@pytest.mark.parametrize(
    ("constant", "place"),
    [
        ("numbers/fill_missing.constant", "the input `numbers`"),
        ("numbers/subtract.constant", "the input `numbers`"),
        ("level_embedding.embedding.weight", "layer that differs is `level_embedding/embedding`"),
        ("first.linear.weight", "layer that differs is `first/batchnorm`"),
        ("first/activation.constant", "layer that differs is `first/activation`"),
        ("second.linear.weight", "layer that differs is `second/linear`"),
        ("last.weight", "layer that differs is `last`"),
        ("head_kind.bias", "layer that differs is `head_kind`"),
        ("price/add.constant", "the decoding"),
    ],
)
def test_a_changed_constant_has_a_place(exported, constant, place):
    assert place in blamed(exported, spoilt(exported, constant))


@pytest.mark.parametrize(("value", "layer"), [("sum", "sum"), ("sum/1", "sum/1"), ("concat_1", "concat_1"), ("again", "again/activation")])
def test_functions_and_second_calls_are_layers_too(exported, value, layer):
    """The value of a layer without weights, or of a second call of a shared one, negated."""
    model = onnx.ModelProto()
    model.CopyFrom(exported.model)
    number, node = next((n, node) for n, node in enumerate(model.graph.node) if node.output[0].split("/activation")[0] == value)
    wanted = node.output[0]
    node.output[0] = "right"
    model.graph.node.insert(number + 1, helper.make_node("Neg", ["right"], [wanted]))
    assert f"layer that differs is `{layer}`" in blamed(exported, model)


def test_categories_in_the_wrong_order_are_preprocessing(exported):
    model = onnx.ModelProto()
    model.CopyFrom(exported.model)
    lookup = next(node for node in model.graph.node if node.op_type == "LabelEncoder" and node.input[0] == "colour")
    for attribute in lookup.attribute:
        if attribute.name == "values_int64s":
            attribute.ints[:] = attribute.ints[::-1]
    assert "the input `colour`" in blamed(exported, model)


def test_labels_in_the_wrong_order_are_decoding(exported):
    model = onnx.ModelProto()
    model.CopyFrom(exported.model)
    [labels] = [tensor for tensor in model.graph.initializer if tensor.name == "kind.constant"]
    labels.string_data[:] = labels.string_data[::-1]
    assert "the decoding" in blamed(exported, model)


def test_nothing_differs_in_a_sound_model(exported):
    assert "the decoding" in blamed(exported, exported.model)


def test_the_module_is_left_as_it_was(exported):
    modes = [layer.training for layer in exported.module.modules()]
    blamed(exported, exported.model)
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in exported.module.modules())
    assert [layer.training for layer in exported.module.modules()] == modes
