import numpy as np
import pytest

from mlpspec.compiler import build_graph, loads
from mlpspec.data.load import load_dataset
from mlpspec.diagnostics import SpecError

SPEC = """\
mlpspec: 1
inputs:
  x: {%s}
  %s
targets: {y: binary}
model: [flatten, {head: y}]
training: {%s}
"""


def problems(first, second="", training=""):
    text = SPEC % (first, second, training)
    if second:
        text = text.replace("model: [flatten,", "model: [{flatten: {from: x}},")
    try:
        loads(text)
    except SpecError as error:
        return error.diagnostics
    return []


@pytest.mark.parametrize(
    ("first", "said", "marked"),
    [
        ("numeric: {augment: [noise, horizontal_flip]}", "`horizontal_flip` suits inputs of the kind `tensor`", "horizontal_flip"),
        ("category: {augment: [noise]}", "suits inputs of the kind `numeric` or `tensor`, and `x` is `category`", "noise"),
        ("tensor: {shape: [9], augment: [{shift: 0.2}]}", "`shift` needs an image", "{shift: 0.2}"),
        ("tensor: {shape: [1, 8, 8], augment: [{crop: 8}]}", "`crop` needs an image larger than its padding of 8", "{crop: 8}"),
    ],
)
def test_augmentations_that_do_not_suit_the_input(first, said, marked):
    [problem] = problems(first)
    assert said in problem.message
    span = problem.primary.span
    assert (first and SPEC % (first, "", "")).splitlines()[span.start.line][span.start.column : span.end.column] == marked


@pytest.mark.parametrize(
    ("first", "second", "mixing", "said"),
    [
        ("category: {encode: embedding}", "", "mixup", "the categories of `x` are embedded"),
        ("numeric: {}", "", "cutmix", "it needs an image"),
        ("tensor: {shape: [8, 8]}", "z: numeric", "{cutmix: 0.5}", "`z` is a second one"),
    ],
)
def test_mixings_that_do_not_suit_the_inputs(first, second, mixing, said):
    [problem] = problems(first, second, f"mixing: {mixing}")
    assert said in problem.message
    assert problem.primary.span.start.line == 6
    assert problem.secondary[0].span.start.line in (2, 3)


@pytest.mark.parametrize(
    ("first", "training"),
    [
        ("tensor: {augment: [horizontal_flip, {cutout: 3}]}", "mixing: cutmix"),
        (
            "tensor: {shape: [3, 8, 8], augment: [noise, mask, vertical_flip, {crop: 7}]}",
            "mixing: {cutmix: {alpha: 1.0, probability: 0.5}}",
        ),
        ("category: {encode: embedding, augment: [mask]}", ""),
        ("category: {augment: [mask]}", "mixing: mixup"),
        ("numeric: {augment: [noise, mask, {swap: 0.1}]}", "mixing: {mixup: 0.4}"),
        ("datetime: {augment: [mask]}", ""),
    ],
)
def test_what_suits(first, training):
    assert problems(first, training=training) == []


def test_a_shape_that_only_the_data_tells(tmp_path):
    document = loads(SPEC % ("tensor: {augment: [{cutout: 7}]}", "", ""))
    frame = {"x": np.zeros((20, 6, 6), np.float32), "y": np.array(["a", "b"] * 10)}
    spec = document.spec
    facts = load_dataset(spec.data, spec.inputs, spec.targets, folder=tmp_path, seed=0, frame=frame).preprocessing.facts
    with pytest.raises(SpecError, match="`cutout` needs an image that a square of 7 pixels leaves something of, got 6 x 6"):
        build_graph(document, facts)
