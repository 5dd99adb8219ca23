"""Small models with metadata as the exporter writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

FLOAT, STRING, INT64 = TensorProto.FLOAT, TensorProto.STRING, TensorProto.INT64

MISSING_TOKENS = ["", "NA"]
MEANS = (10.0, 20.0)
WEIGHTS = np.arange(15, dtype=np.float32).reshape(5, 3) / 10 - 0.5
ISLANDS = ("Biscoe", "Dream")
SPECIES = ("Adelie", "Chinstrap", "Gentoo")


def model_bytes(
    graph: GraphProto, metadata: Mapping[str, str], *, ir_version: int = 10, opset: int = 20, domains: Sequence[str] = ()
) -> bytes:
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 4), *(helper.make_opsetid(name, 1) for name in domains)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=ir_version)
    helper.set_model_props(model, dict(metadata))
    return model.SerializeToString()


def card(inputs: Sequence[Mapping[str, Any]], targets: Sequence[Mapping[str, Any]], **changed: Any) -> dict[str, str]:
    plain_input = {"kind": "numeric", "type": "float32", "shape": None, "missing": "mean", "unseen": "unknown", "categories": None}
    plain_target = {"kind": "numeric", "type": "float32", "classes": None}
    data = {
        "format": 1,
        "name": "test",
        "mlpspec": "0.1.0",
        "missing_tokens": MISSING_TOKENS,
        "inputs": [{**plain_input, **item} for item in inputs],
        "targets": [
            {**plain_target, "columns": [item["name"]], "outputs": {item["name"]: item.get("columns")}, **item} for item in targets
        ],
        **changed,
    }
    return {
        "mlpspec.model": json.dumps(data),
        "mlpspec.spec": "mlpspec: 1\n",
        "mlpspec.run": json.dumps({"figures": {"validation": {"loss": 0.5}}}),
    }


def constant(name: str, value: Any) -> TensorProto:
    return numpy_helper.from_array(np.asarray(value), name)


def raw(name: str, type: int, *sizes: int) -> Any:
    return helper.make_tensor_value_info(name, type, ["batch", *sizes])


SIZE = {"name": "size", "columns": ["width", "height"]}
ISLAND = {
    "name": "island",
    "kind": "category",
    "columns": ["island"],
    "type": "string",
    "categories": [list(ISLANDS)],
    "missing": "unknown",
}
SPECIES_TARGET = {
    "name": "species",
    "kind": "category",
    "type": "string",
    "classes": list(SPECIES),
    "outputs": {"species": None, "species_probability": list(SPECIES)},
}


def mixed_graph() -> GraphProto:
    """[width, height] with missing values filled, and an island as one-hot, times WEIGHTS; softmax; the likeliest species."""
    nodes = [
        helper.make_node("IsNaN", ["size"], ["missing"]),
        helper.make_node("Where", ["missing", "means", "size"], ["filled"]),
        helper.make_node(
            "LabelEncoder", ["island"], ["code"], domain="ai.onnx.ml", keys_strings=list(ISLANDS), values_int64s=[1, 2], default_int64=0
        ),
        helper.make_node("Equal", ["code", "codes"], ["hot"]),
        helper.make_node("Cast", ["hot"], ["one_hot"], to=FLOAT),
        helper.make_node("Concat", ["filled", "one_hot", "one_hot_rest"], ["features"], axis=1),
        helper.make_node("MatMul", ["features", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["species_probability"], axis=1),
        helper.make_node("ArgMax", ["logits"], ["number"], axis=1, keepdims=0),
        helper.make_node("Gather", ["classes", "number"], ["species"], axis=0),
        helper.make_node("IsInf", ["filled"], ["unused_flag"]),
        helper.make_node("Cast", ["unused_flag"], ["flags"], to=FLOAT),
        helper.make_node("ReduceSum", ["flags", "axis"], ["one_hot_rest"], keepdims=1),
    ]
    order = [0, 1, 10, 11, 12, 2, 3, 4, 5, 6, 7, 8, 9]
    constants = [
        constant("means", np.array([MEANS], np.float32)),
        constant("codes", np.array([[1, 2]], np.int64)),
        constant("weights", WEIGHTS),
        constant("classes", np.array(SPECIES, object)),
        constant("axis", np.array([1], np.int64)),
    ]
    outputs = [raw("species", STRING), raw("species_probability", FLOAT, 3)]
    return helper.make_graph([nodes[n] for n in order], "mixed", [raw("size", FLOAT, 2), raw("island", STRING, 1)], outputs, constants)


def mixed_answers(size: Sequence[Sequence[float]], islands: Sequence[str]) -> np.ndarray:
    """The probabilities of `mixed_graph` for finite or missing sizes, by NumPy."""
    filled = np.where(np.isnan(size), MEANS, size)
    hot = np.array([[island == name for name in ISLANDS] for island in islands], float)
    logits = np.concatenate([filled, hot, np.zeros((len(hot), 1))], axis=1) @ WEIGHTS
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def small_graph(inputs: list[Any], outputs: list[Any], nodes: list[NodeProto], **constants: Any) -> GraphProto:
    return helper.make_graph(nodes, "small", inputs, outputs, [constant(name, value) for name, value in constants.items()])


@pytest.fixture(scope="session")
def mixed() -> bytes:
    """A classifier of `size` (columns width, height; missing: mean) and `island` (texts)."""
    return model_bytes(mixed_graph(), card([SIZE, ISLAND], [SPECIES_TARGET]))


@pytest.fixture(scope="session")
def strict() -> bytes:
    """The same, taking neither missing sizes nor unknown islands."""
    inputs = [{**SIZE, "missing": "error"}, {**ISLAND, "unseen": "error", "missing": "error"}]
    return model_bytes(mixed_graph(), card(inputs, [SPECIES_TARGET]))


@pytest.fixture(scope="session")
def regression() -> bytes:
    """`x` (columns a, b, c; no missing values) to `price` = a + 2 b + 3 c."""
    node = [helper.make_node("MatMul", ["x", "w"], ["column"]), helper.make_node("Squeeze", ["column", "axis"], ["price"])]
    weights, axis = np.array([[1], [2], [3]], np.float32), np.array([1], np.int64)
    graph = small_graph([raw("x", FLOAT, 3)], [raw("price", FLOAT)], node, w=weights, axis=axis)
    return model_bytes(graph, card([{"name": "x", "columns": ["a", "b", "c"], "missing": "error"}], [{"name": "price"}]))


@pytest.fixture(scope="session")
def two_numbers() -> bytes:
    """`x` (column of the same name) to `position` (columns left, top) = (x, 10 x)."""
    node = [helper.make_node("MatMul", ["x", "w"], ["position"])]
    graph = small_graph([raw("x", FLOAT, 1)], [raw("position", FLOAT, 2)], node, w=np.array([[1, 10]], np.float32))
    return model_bytes(graph, card([{"name": "x", "columns": ["x"]}], [{"name": "position", "columns": ["left", "top"]}]))


@pytest.fixture(scope="session")
def codes() -> bytes:
    """`code` (integers 3, 5, 7; no others) to `digit`, a class number: 30, 50, 70, or 0."""
    encoder = helper.make_node(
        "LabelEncoder", ["code"], ["digits"], domain="ai.onnx.ml", keys_int64s=[3, 5, 7], values_int64s=[30, 50, 70], default_int64=0
    )
    node = [encoder, helper.make_node("Squeeze", ["digits", "axis"], ["digit"])]
    graph = small_graph([raw("code", INT64, 1)], [raw("digit", INT64)], node, axis=np.array([1], np.int64))
    item = {"name": "code", "kind": "category", "columns": ["code"], "type": "int64", "categories": [[3, 5, 7]], "unseen": "error"}
    return model_bytes(graph, card([item], [{"name": "digit", "kind": "category", "type": "int64", "classes": [0, 30, 50, 70]}]))


@pytest.fixture(scope="session")
def tensor() -> bytes:
    """`image` (2, 3) to `total`, the sum of its numbers."""
    node = [helper.make_node("ReduceSum", ["image", "axes"], ["total"], keepdims=0)]
    graph = small_graph([raw("image", FLOAT, 2, 3)], [raw("total", FLOAT)], node, axes=np.array([1, 2], np.int64))
    item = {"name": "image", "kind": "tensor", "columns": ["pixels"], "shape": [2, 3], "missing": "error"}
    return model_bytes(graph, card([item], [{"name": "total"}]))


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The builders of this file, for tests that vary a model."""
    names = "model_bytes card constant raw small_graph mixed_graph mixed_answers SIZE ISLAND SPECIES_TARGET FLOAT STRING INT64"
    return SimpleNamespace(**{name: globals()[name] for name in names.split()})
