"""A small model with every kind of input and output, whose answers are exact, and servers for it on the loopback."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from mlpspec.runtime.predictor import Predictor
from mlpspec.serving.options import ServeOptions
from mlpspec.serving.server import ModelServer

INPUTS = [
    {"name": "size", "kind": "numeric", "columns": ["width", "height"], "type": "float32", "missing": "mean"},
    {"name": "word", "kind": "category", "columns": ["word"], "type": "string", "missing": "unknown", "categories": [["red", "blue"]]},
    {"name": "code", "kind": "category", "columns": ["code"], "type": "int64", "categories": [[3, 5, 7]], "unseen": "error"},
    {"name": "image", "kind": "tensor", "columns": ["pixels"], "type": "float32", "shape": [2, 2]},
]
TARGETS = [
    {
        "name": "tag",
        "kind": "category",
        "type": "string",
        "classes": ["red", "blue"],
        "outputs": {"tag": None, "tag_probability": ["red", "blue"]},
    },
    {"name": "total", "kind": "numeric", "type": "float32", "classes": None, "outputs": {"total": None}},
    {
        "name": "position",
        "kind": "numeric",
        "columns": ["left", "top"],
        "type": "float32",
        "classes": None,
        "outputs": {"position": ["left", "top"]},
    },
]


def exact_model() -> bytes:
    """A model whose answers are known, and exact as long as the numbers are small multiples of 1/8.

    `tag` is the word, `tag_probability` and `position` are (width, height), `total` is width + 10 height + code + all pixels. A missing
    width or height counts as 0.
    """
    nodes = [
        helper.make_node("IsNaN", ["size"], ["gaps"]),
        helper.make_node("Where", ["gaps", "zero", "size"], ["filled"]),
        helper.make_node("Squeeze", ["word", "one"], ["tag"]),
        helper.make_node("Identity", ["filled"], ["tag_probability"]),
        helper.make_node("Identity", ["filled"], ["position"]),
        helper.make_node("MatMul", ["filled", "weights"], ["weighed"]),
        helper.make_node("Cast", ["code"], ["code_number"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["image", "axes"], ["pixels"], keepdims=0),
        helper.make_node("Add", ["weighed", "code_number"], ["sum"]),
        helper.make_node("Squeeze", ["sum", "one"], ["flat"]),
        helper.make_node("Add", ["flat", "pixels"], ["total"]),
    ]
    constants = {
        "zero": np.float32(0),
        "one": np.array([1], np.int64),
        "axes": np.array([1, 2], np.int64),
        "weights": np.array([[1], [10]], np.float32),
    }
    types = {"float32": TensorProto.FLOAT, "string": TensorProto.STRING, "int64": TensorProto.INT64}
    inputs = [
        helper.make_tensor_value_info(i["name"], types[i["type"]], ["batch", *(i.get("shape") or [len(i["columns"])])]) for i in INPUTS
    ]
    outputs = [
        helper.make_tensor_value_info("tag", TensorProto.STRING, ["batch"]),
        helper.make_tensor_value_info("tag_probability", TensorProto.FLOAT, ["batch", 2]),
        helper.make_tensor_value_info("total", TensorProto.FLOAT, ["batch"]),
        helper.make_tensor_value_info("position", TensorProto.FLOAT, ["batch", 2]),
    ]
    stored = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "exact", inputs, outputs, stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    plain = {"shape": None, "missing": "error", "unseen": "unknown", "categories": None}
    card = {
        "format": 1,
        "name": "exact",
        "mlpspec": "0.1.0",
        "missing_tokens": ["", "NA"],
        "inputs": [{**plain, **item} for item in INPUTS],
        "targets": [{"columns": [item["name"]], **item} for item in TARGETS],
    }
    helper.set_model_props(model, {"mlpspec.model": json.dumps(card)})
    return model.SerializeToString()


def rows_of(numbers: Any) -> list[dict[str, Any]]:
    """A row for each number, from which all its values follow."""
    return [
        {
            "width": n / 8,
            "height": n % 7,
            "word": f"word {n}",
            "code": (3, 5, 7)[n % 3],
            "pixels": [[n % 2, 1], [0, n % 5]],
        }
        for n in map(int, numbers)
    ]


def answers_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What `/predict` must answer, by arithmetic."""
    return [
        {
            "tag": row["word"],
            "tag_probability": {"red": row["width"], "blue": row["height"]},
            "total": row["width"] + 10 * row["height"] + row["code"] + sum(map(sum, row["pixels"])),
            "position": {"left": row["width"], "top": row["height"]},
        }
        for row in rows
    ]


def tensors_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same rows as inputs of the Open Inference Protocol, flat."""
    n = len(rows)
    return [
        {"name": "size", "datatype": "FP32", "shape": [n, 2], "data": [v for r in rows for v in (r["width"], r["height"])]},
        {"name": "word", "datatype": "BYTES", "shape": [n, 1], "data": [r["word"] for r in rows]},
        {"name": "code", "datatype": "INT64", "shape": [n, 1], "data": [r["code"] for r in rows]},
        {"name": "image", "datatype": "FP32", "shape": [n, 2, 2], "data": [v for r in rows for line in r["pixels"] for v in line]},
    ]


@pytest.fixture(scope="session")
def model() -> bytes:
    return exact_model()


@pytest.fixture(scope="session")
def predictor(model) -> Predictor:
    return Predictor(model, device="cpu", threads=1)


@pytest.fixture(scope="session")
def exact() -> SimpleNamespace:
    """Rows for the model, and what must be answered."""
    return SimpleNamespace(rows=rows_of, answers=answers_of, tensors=tensors_of, slow=Slow)


class Asker:
    """Sends requests to a server, each on a connection of its own."""

    def __init__(self, url: str):
        self.address = url.removeprefix("http://").split(":")

    def __call__(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status, and the body: as data where it is JSON, else as text."""
        return self.full(method, path, body, headers)[:2]

    def full(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any, dict[str, str]]:
        """Status, body and headers."""
        connection = http.client.HTTPConnection(self.address[0], int(self.address[1]), timeout=20)
        try:
            content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, path, content, headers or {})
            response = connection.getresponse()
            text = response.read().decode()
            data = json.loads(text) if response.headers["content-type"] == "application/json" else text
            return response.status, data, {name.lower(): value for name, value in response.getheaders()}
        finally:
            connection.close()


class Running:
    """A server on a thread."""

    def __init__(self, predictor: Any, faults: list[Exception], **options: Any):
        started = threading.Event()
        name = options.pop("name", None)
        self.server = ModelServer(predictor, port=0, name=name, options=ServeOptions(**options), ready=started.set, fault=faults.append)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        assert started.wait(20)
        self.ask = Asker(self.server.url)

    def stop(self) -> None:
        self.server.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()


@pytest.fixture
def serve(predictor):
    """Start servers, for one test: `serve(max_queue=1)`; another model, or one of its own making, as `serve(model=...)`."""
    running: list[Running] = []
    faults: list[Exception] = []

    def start(*, model: Any = None, **options: Any) -> Running:
        running.append(Running(model or predictor, faults, **options))
        running[-1].faults = faults
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture(scope="module")
def ask(predictor) -> Any:
    """A server for all tests of a module."""
    faults: list[Exception] = []
    running = Running(predictor, faults)
    yield running.ask
    running.stop()
    assert faults == []


class Slow:
    """A predictor whose model waits until it is let go, and notes the rows of each batch."""

    def __init__(self, predictor: Predictor, run: Callable[[dict[str, np.ndarray]], Any] | None = None):
        self.card, self.device, self._predictor = predictor.card, predictor.device, predictor
        self.let_go, self.begun, self.batches = threading.Event(), threading.Event(), []
        self._run = run or predictor.run

    def run(self, arrays: dict[str, np.ndarray]) -> Any:
        self.batches.append(len(arrays["code"]))
        self.begun.set()
        assert self.let_go.wait(20)
        return self._run(arrays)

    def no_answers(self) -> dict[str, np.ndarray]:
        return self._predictor.no_answers()
