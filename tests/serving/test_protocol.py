import copy

import numpy as np
import pytest

from mlpspec.diagnostics import DataError
from mlpspec.serving.protocol import inference_answer, model_metadata, read_inference, server_metadata
from mlpspec.serving.refusal import Refusal
from mlpspec.version import __version__

OUTPUTS = ("tag", "tag_probability", "total", "position")
ROWS = [
    {"width": 1.5, "height": 2, "word": "red", "code": 3, "pixels": [[1, 2], [3, 4]]},
    {"width": None, "height": 0.25, "word": None, "code": 7, "pixels": [[0, 0], [0, 1]]},
]


def tensors():
    """ROWS, written out by hand."""
    return [
        {"name": "size", "datatype": "FP32", "shape": [2, 2], "data": [1.5, 2, None, 0.25]},
        {"name": "word", "datatype": "BYTES", "shape": [2, 1], "data": ["red", None]},
        {"name": "code", "datatype": "INT64", "shape": [2, 1], "data": [3, 7]},
        {"name": "image", "datatype": "FP32", "shape": [2, 2, 2], "data": [1, 2, 3, 4, 0, 0, 0, 1]},
    ]


def changed(number, **values):
    found = copy.deepcopy(tensors())
    for key, value in values.items():
        if value is ...:
            del found[number][key]
        else:
            found[number][key] = value
    return {"inputs": found}


def problems(data, predictor):
    with pytest.raises((Refusal, DataError)) as caught:
        read_inference(data, predictor.card, OUTPUTS)
    return [(d.place, d.message) for d in caught.value.diagnostics]


def test_a_request_becomes_the_models_arrays(predictor):
    request = read_inference({"id": "a b", "inputs": tensors()}, predictor.card, OUTPUTS)
    assert (request.id, request.rows, request.outputs) == ("a b", 2, OUTPUTS)
    np.testing.assert_array_equal(request.arrays["size"], np.array([[1.5, 2], [np.nan, 0.25]], np.float32))
    assert request.arrays["size"].dtype == np.float32
    assert request.arrays["word"].tolist() == [["red"], [""]]
    assert (request.arrays["code"].tolist(), request.arrays["code"].dtype) == ([[3], [7]], np.int64)
    np.testing.assert_array_equal(request.arrays["image"], np.array([[[1, 2], [3, 4]], [[0, 0], [0, 1]]], np.float32))


def test_data_may_be_nested(predictor):
    nested = tensors()
    nested[0]["data"] = [[1.5, 2], [None, 0.25]]
    nested[1]["data"] = [["red"], [None]]
    nested[3]["data"] = [[[1, 2], [3, 4]], [[0, 0], [0, 1]]]
    flat, deep = (read_inference({"inputs": one}, predictor.card, OUTPUTS) for one in (tensors(), nested))
    for name in flat.arrays:
        np.testing.assert_array_equal(flat.arrays[name], deep.arrays[name])


def test_inputs_may_come_in_any_order_and_double_precision(predictor):
    data = changed(0, datatype="FP64")
    data["inputs"].reverse()
    request = read_inference(data, predictor.card, OUTPUTS)
    assert request.arrays["size"].dtype == np.float32


def test_parameters_have_no_effect_at_any_level(predictor):
    data = {"id": None, "parameters": {"priority": 3}, **changed(0, parameters={"binary_data": False})}
    data["outputs"] = [{"name": "total", "parameters": {"classification": 2}}]
    assert read_inference(data, predictor.card, OUTPUTS).rows == 2


def test_outputs_are_chosen_in_the_order_of_the_request(predictor):
    data = {"inputs": tensors(), "outputs": [{"name": "total"}, {"name": "tag"}, {"name": "total"}]}
    assert read_inference(data, predictor.card, OUTPUTS).outputs == ("total", "tag")


def test_no_rows(predictor):
    data = {"inputs": [{**item, "shape": [0, *item["shape"][1:]], "data": []} for item in tensors()]}
    assert read_inference(data, predictor.card, OUTPUTS).rows == 0


@pytest.mark.parametrize(
    ("data", "place", "said"),
    [
        ({}, "inputs", "`inputs` is missing"),
        ({"inputs": {}}, "inputs", "is an object, expected a list"),
        ({"id": 3, "inputs": tensors()}, "id", "`id` is a number, expected a text"),
        ({"id": "\ud800", "inputs": tensors()}, "id", "expected a text"),
        ({"inputs": [{}, *tensors()]}, "inputs[0]", "no `name`"),
        ({"inputs": [1, *tensors()]}, "inputs[0]", "a number, expected an object"),
        ({"inputs": [*tensors(), tensors()[0]]}, "inputs[4].name", "given twice"),
        ({"inputs": tensors()[1:]}, "inputs", "the input `size` is missing"),
        (changed(0, datatype="FP16"), "inputs[0].datatype", "'FP16', expected FP32 or FP64"),
        (changed(0, datatype=...), "inputs[0].datatype", "None, expected FP32"),
        (changed(1, datatype="FP32"), "inputs[1].datatype", "expected BYTES"),
        (changed(2, datatype="FP32"), "inputs[2].datatype", "expected INT64"),
        (changed(0, shape=[2, 3]), "inputs[0].shape", "[2, 3], expected [rows, 2]"),
        (changed(0, shape=[4]), "inputs[0].shape", "expected [rows, 2]"),
        (changed(0, shape=[]), "inputs[0].shape", "expected [rows, 2]"),
        (changed(0, shape=[-1, 2]), "inputs[0].shape", "expected [rows, 2]"),
        (changed(0, shape=[True, 2]), "inputs[0].shape", "expected [rows, 2]"),
        (changed(0, shape="2,2"), "inputs[0].shape", "expected [rows, 2]"),
        (changed(3, shape=[2, 4]), "inputs[3].shape", "expected [rows, 2, 2]"),
        (changed(0, data=...), "inputs[0].data", "is missing"),
        (changed(0, data=1.5), "inputs[0].data", "is a number, expected a list"),
        (changed(0, data=[1, 2, 3]), "inputs[0].data", "3 elements, its shape [2, 2] wants 4"),
        (changed(0, shape=[10**18, 2]), "inputs[0].data", "elements"),
        (changed(0, data=[[1, 2, 3], [4]]), "inputs[0].data", "nested data of `size` does not have the shape [2, 2]"),
        (changed(0, data=[[1, 2], 3, 4]), "inputs[0].data", "nested data"),
        (changed(0, data=[1, 2, "3", 4]), "inputs[0].data[2]", "`size` holds a text, expected a number"),
        (changed(0, data=[1, True, 3, 4]), "inputs[0].data[1]", "`size` holds true"),
        (changed(0, data=[1, 10**400, 3, 4]), "inputs[0].data[1]", "beyond the range"),
        (changed(1, data=["a", 1]), "inputs[1].data[1]", "`word` holds a number, expected a text"),
        (changed(1, data=["a", "\udc00"]), "inputs[1].data[1]", "surrogate"),
        (changed(2, data=[3, None]), "inputs[2].data[1]", "`code` holds null, expected a whole number"),
        (changed(2, data=[3, 5.0]), "inputs[2].data[1]", "`code` holds a number, expected a whole number"),
        (changed(2, data=[3, 2**63]), "inputs[2].data[1]", "beyond the range of int64"),
        ({"inputs": tensors(), "outputs": 1}, "outputs", "is a number, expected a list"),
        ({"inputs": tensors(), "outputs": ["tag"]}, "outputs[0]", "a text"),
        ({"inputs": tensors(), "outputs": [{}]}, "outputs[0]", "no `name`"),
        ({"inputs": tensors(), "outputs": [{"name": "tags"}]}, "outputs[0].name", "the model has no output `tags`"),
        # values that the model does not take: found by the runtime, placed by the field
        (changed(0, data=[1, 2, 3, 1e39]), "inputs[0], row 2", "`height` has '1e+39'"),
        (changed(2, data=[3, 4]), "inputs[2], row 2", "`code` has '4', a category"),
        (changed(3, data=[None, 2, 3, 4, 5, 6, 7, 8]), "inputs[3], row 1", "`image` holds NaN"),
    ],
)
def test_the_wrong_field_is_named(data, place, said, predictor):
    found = problems(data, predictor)
    assert len(found) == 1, found
    assert found[0][0] == place
    assert said in found[0][1]


def test_all_that_is_wrong_is_said_at_once(predictor):
    data = {"id": 1, "outputs": [{"name": "x"}], **changed(0, shape=[1, 1], datatype="X")}
    assert [place for place, _ in problems(data, predictor)] == ["id", "inputs[0].datatype", "inputs[0].shape", "outputs[0].name"]


def test_near_names_are_offered(predictor):
    with pytest.raises(Refusal) as caught:
        read_inference(changed(0, name="sizes"), predictor.card, OUTPUTS)
    assert "`size`" in caught.value.diagnostics[0].help


def test_inputs_with_different_numbers_of_rows(predictor):
    data = changed(1, shape=[1, 1], data=["red"])
    assert problems(data, predictor) == [("inputs", "the inputs have different numbers of rows: `size` 2, `word` 1, `code` 2, `image` 2")]


def test_the_answer(predictor):
    request = read_inference({"id": "7", "inputs": tensors()}, predictor.card, ("total", "tag", "position"))
    document = inference_answer("exact", request, predictor.run(request.arrays))
    assert document == {
        "model_name": "exact",
        "model_version": "1",
        "id": "7",
        "outputs": [
            {"name": "total", "shape": [2], "datatype": "FP32", "data": [1.5 + 20 + 3 + 10, 0 + 2.5 + 7 + 1]},
            {"name": "tag", "shape": [2], "datatype": "BYTES", "data": ["red", ""]},
            {"name": "position", "shape": [2, 2], "datatype": "FP32", "data": [1.5, 2, 0, 0.25]},
        ],
    }


def test_an_answer_without_id_has_none(predictor):
    request = read_inference({"inputs": tensors()}, predictor.card, ("tag",))
    assert "id" not in inference_answer("exact", request, predictor.run(request.arrays))


def test_metadata(predictor):
    assert server_metadata() == {"name": "mlpspec", "version": __version__, "extensions": []}
    found = model_metadata("pets", predictor.card, predictor.no_answers())
    assert (found["name"], found["versions"]) == ("pets", ["1"])
    assert [(item["name"], item["datatype"], item["shape"]) for item in found["inputs"]] == [
        ("size", "FP32", [-1, 2]),
        ("word", "BYTES", [-1, 1]),
        ("code", "INT64", [-1, 1]),
        ("image", "FP32", [-1, 2, 2]),
    ]
    assert found["inputs"][0]["parameters"] == {"columns": ["width", "height"]}
    assert found["outputs"] == [
        {"name": "tag", "datatype": "BYTES", "shape": [-1]},
        {"name": "tag_probability", "datatype": "FP32", "shape": [-1, 2]},
        {"name": "total", "datatype": "FP32", "shape": [-1]},
        {"name": "position", "datatype": "FP32", "shape": [-1, 2]},
    ]
