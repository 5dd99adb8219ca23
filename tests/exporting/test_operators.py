"""Each operator in both of its meanings: NumPy's and ONNX Runtime's."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from mlpspec.data.operators import OPERATORS as IN_NUMPY
from mlpspec.data.operators import run_program
from mlpspec.exporting.operators import ML_DOMAIN, write_program
from mlpspec.exporting.operators import OPERATORS as IN_ONNX
from mlpspec.exporting.writer import GraphWriter
from mlpspec.instants import NO_TIME
from mlpspec.ir.program import Chain

TYPES = {"f": TensorProto.FLOAT, "i": TensorProto.INT64, "O": TensorProto.STRING}
RANDOM = np.random.default_rng(0)
SIZES = 10.0 ** RANDOM.integers(-8, 8, (500, 3))
NUMBERS = (RANDOM.normal(size=(500, 3)) * SIZES).astype(np.float32)
EDGES = np.array([[np.nan, np.inf, -np.inf], [0, -0.0, 1e-40], [3.4e38, 1e38, -1e-7]], np.float32)
WHOLE = RANDOM.integers(-(2**63), 2**63 - 1, (500, 2))
WHOLE[0] = [2**63 - 1, -(2**63)]
TIMES = np.concatenate([RANDOM.integers(-(10**10), 10**10, (500, 2)), WHOLE, [[0, NO_TIME], [-1, 951_782_400]]])
LOGITS = RANDOM.normal(size=(50, 4)).astype(np.float32) * 20
PROBABILITIES = (np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)).astype(np.float32)
TEXTS = np.array([["a", "x"], ["b", ""], ["", "never"], ["é b", "a"]], object)
LABELS = np.array([["a|b"], [""], ["b|b|"], ["x|a"], ["||c"], ["é"]], object)

EXACT = [
    ("fill_missing", [np.vstack([NUMBERS, EDGES])], {"values": [0.1, 0, -5]}),
    ("is_missing", [EDGES], {}),
    ("fill_times", [TIMES], {"values": [60, -60]}),
    ("is_no_time", [TIMES], {}),
    ("subtract", [np.vstack([NUMBERS, EDGES])], {"values": [0.1, 1e8, -5]}),
    ("divide", [np.vstack([NUMBERS, EDGES])], {"values": [0.1, 1e8, -5]}),
    ("multiply", [np.vstack([NUMBERS, EDGES])], {"values": [0.1, 1e8, -5]}),
    ("add", [np.vstack([NUMBERS, EDGES])], {"values": [0.1, 1e8, -5]}),
    ("clip", [np.vstack([NUMBERS, EDGES])], {"lower": [-1, -2, 0.5], "upper": [1, 2, 3e38]}),
    ("matmul", [NUMBERS], {"values": RANDOM.normal(size=(3, 2)).tolist()}),
    ("sort", [np.vstack([NUMBERS, EDGES[1:]])], {"width": NUMBERS.shape[1]}),
    ("pick", [np.vstack([NUMBERS, EDGES])], {"columns": [2, 0, 2, 1]}),
    ("lookup", [TEXTS], {"columns": 2, "column": 1, "keys": ["x", "a", "é b"], "values": [3, 2, 1], "default": 0}),
    ("lookup", [TEXTS[:, :1]], {"columns": 1, "column": 0, "keys": ["x", "", "é b"], "values": [3, 2, 1], "default": -1}),
    ("lookup", [WHOLE], {"columns": 2, "column": 0, "keys": [5, 2**63 - 1], "values": [1, 2], "default": 0}),
    ("one_hot", [np.array([[0], [1], [3], [4], [-1]])], {"depth": 3}),
    ("multi_hot", [LABELS], {"keys": ["a", "b", "c", "é"], "separator": "|"}),
    ("multi_hot", [LABELS[1:2]], {"keys": ["a"], "separator": ", "}),
    ("hash", [WHOLE], {"buckets": 1000, "offsets": [0, 1000]}),
    ("hash", [WHOLE // 2**50], {"buckets": 7, "offsets": [0, 0]}),
    *(("date_part", [TIMES], {"part": part}) for part in ("year", "month", "day", "weekday", "hour", "minute")),
    ("to_float", [np.vstack([WHOLE, TIMES])], {}),
    ("gather_rows", [RANDOM.integers(0, 4, (50, 3))], {"values": RANDOM.normal(size=(4, 2)).tolist()}),
    ("concat", [NUMBERS, NUMBERS[:, :1]], {}),
    ("two_classes", [np.array([[0.25], [0.1], [1]], np.float32)], {}),
    ("argmax", [np.vstack([LOGITS, [[1, 1, 1, 0]]]).astype(np.float32)], {}),
    ("at_least", [np.array([[0.5, 0.49], [0.1, 0.9]], np.float32)], {"value": 0.5}),
    ("take", [np.array([1, 0, 1])], {"values": ["no", "é"]}),
    ("take", [np.array([1, 0, 1])], {"values": [-5, 7]}),
    ("squeeze", [np.array([[1], [2]])], {}),
    ("identity", [EDGES], {}),
]
NEARLY = [
    ("log1p", [np.abs(NUMBERS)], {}),
    ("log1p", [np.array([[-0.999, -0.5, -1e-8, -1e-3, 3.4e38]], np.float32)], {}),
    ("expm1", [np.linspace(-90, 80, 999, dtype=np.float32)[:, None]], {}),
    ("softmax", [LOGITS], {}),
    ("sigmoid", [LOGITS], {}),
    ("mean", [LOGITS, 3 * LOGITS, LOGITS + 1], {}),
    ("mean", [PROBABILITIES[:, 0], PROBABILITIES[:, 1]], {}),
    ("sample_mean", [LOGITS], {"samples": 5, "shape": [4]}),
    ("sample_mean", [PROBABILITIES[:, 0]], {"samples": 10, "shape": []}),
    ("sample_deviation", [LOGITS], {"samples": 2, "shape": [4]}),
    ("sample_deviation", [LOGITS[:, 0]], {"samples": 25, "shape": []}),
    ("sample_deviation", [np.full((6, 1), 3e4, np.float32)], {"samples": 3, "shape": [1]}),
    ("sample_entropy", [PROBABILITIES], {"samples": 5, "shape": [4]}),
    ("sample_entropy", [np.eye(4, dtype=np.float32)], {"samples": 2, "shape": [4]}),
]


def value(name, array):
    return helper.make_tensor_value_info(name, TYPES[array.dtype.kind], ["batch", *array.shape[1:]])


def both(op, arrays, constants):
    """What NumPy and what ONNX Runtime make of it."""
    names = [f"x{number}" for number in range(len(arrays))]
    inputs = dict(zip(names, arrays, strict=True))
    chain = Chain(*names)
    output = chain.step(op, *names, **constants)
    program = chain.program(output)
    expected = run_program(program, inputs)[output]
    writer = GraphWriter()
    write_program(writer, program, {**{name: name for name in names}, output: "y"}, scope="test")
    graph = helper.make_graph(
        writer.nodes, "operator", [value(n, a) for n, a in inputs.items()], [value("y", expected)], writer.initializers
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid(ML_DOMAIN, 4)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found = np.asarray(session.run(["y"], inputs)[0])
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    empty = session.run(["y"], {name: array[:0] for name, array in inputs.items()})[0]
    assert np.asarray(empty).shape == (0, *expected.shape[1:])
    return expected, found


def test_every_operator_has_both_meanings():
    assert set(IN_NUMPY) == set(IN_ONNX) == {op for op, _, _ in EXACT + NEARLY}


@pytest.mark.parametrize(("op", "arrays", "constants"), EXACT, ids=lambda item: item if isinstance(item, str) else "")
def test_bit_for_bit(op, arrays, constants):
    expected, found = both(op, arrays, constants)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("op", "arrays", "constants"), NEARLY, ids=lambda item: item if isinstance(item, str) else "")
def test_within_a_millionth(op, arrays, constants):
    expected, found = both(op, arrays, constants)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
