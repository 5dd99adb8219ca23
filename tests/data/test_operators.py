from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, softmax

from mlpspec.catalog.encoders.hashing import bucket
from mlpspec.data.operators import OPERATORS, run_program
from mlpspec.instants import NO_TIME
from mlpspec.ir import program as program_module
from mlpspec.ir.program import Chain, Program


def run(op, *arrays, **constants):
    names = [f"x{number}" for number in range(len(arrays))]
    chain = Chain(*names)
    output = chain.step(op, *names, **constants)
    return run_program(chain.program(output), dict(zip(names, arrays, strict=True)))[output]


X = np.array([[1, np.nan], [-2.5, 4]], np.float32)


def test_every_documented_operator_is_here():
    table = Path(program_module.__file__).read_text().split('"""')[1].split("constants\n", 1)[1]
    documented = re.findall(r"^    (\w+) ", table, re.MULTILINE)
    assert sorted(documented) == sorted(OPERATORS)


def test_missing_values():
    assert run("fill_missing", X, values=[9.0, 0.1]).tolist() == [[1, np.float32(0.1)], [-2.5, 4]]
    assert run("is_missing", X).tolist() == [[0, 1], [0, 0]]


@pytest.mark.parametrize(("op", "function"), [("subtract", np.subtract), ("divide", np.divide), ("multiply", np.multiply), ("add", np.add)])
def test_arithmetic_is_float32_and_broadcasts(op, function):
    result = run(op, X, values=[0.1, 3.0])
    assert result.dtype == np.float32
    assert np.array_equal(result, function(X, np.array([0.1, 3], np.float32)), equal_nan=True)
    image = np.ones((2, 3, 4), np.float32)
    assert run(op, image, values=[2.0]).shape == (2, 3, 4)
    assert run(op, image, values=[[[2.0]]]).shape == (2, 3, 4)


def test_clip():
    assert np.array_equal(run("clip", X, lower=[0, 0], upper=[0.5, 9]), [[0.5, np.nan], [0, 4]], equal_nan=True)
    assert run("clip", X, lower=[0, 0], upper=[0.1, 9]).dtype == np.float32


def test_logarithms_are_exact_near_zero():
    small = np.array([[1e-10, 1e-4, 1e4]], np.float32)
    np.testing.assert_allclose(run("log1p", small), np.log1p(small.astype(np.float64)), rtol=1e-7)
    np.testing.assert_allclose(run("expm1", small[:, :2]), np.expm1(small[:, :2].astype(np.float64)), rtol=1e-7)
    assert run("log1p", small).dtype == run("expm1", small).dtype == np.float32


def test_products_are_calculated_in_double_precision():
    result = run("matmul", np.array([[1e8, 1, -1e8]], np.float32), values=[[1, 0], [1, 2], [1, 0]])
    assert (result.tolist(), result.dtype) == ([[1, 2]], np.float32)


def test_order_and_choice():
    assert run("sort", np.array([[3, 1, 2], [1, 1, 0]], np.float32)).tolist() == [[1, 2, 3], [0, 1, 1]]
    assert run("pick", np.array([[3, 1, 2]], np.float32), columns=[2, 0, 2]).tolist() == [[2, 3, 2]]


def test_several_labels_in_a_text():
    texts = np.array([["a, c"], [""], ["c, c, x"], ["a,c"]], object)
    assert run("multi_hot", texts, keys=["a", "b", "c"], separator=", ").tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_hash():
    numbers = np.array([[5, 5], [-1, 2**62]])
    found = run("hash", numbers, buckets=10, offsets=[0, 10])
    assert found.tolist() == [[1 + bucket(a, 10), 11 + bucket(b, 10)] for a, b in numbers]
    assert found.dtype == np.int64


def test_times():
    times = np.array([[0, NO_TIME], [1_709_164_800, 86_400]])
    assert run("fill_times", times, values=[1, -5]).tolist() == [[0, -5], [1_709_164_800, 86_400]]
    assert run("is_no_time", times).tolist() == [[0, 1], [0, 0]]
    assert run("date_part", times[1:], part="day").tolist() == [[28, 1]]  # 2024-02-29 and 1970-01-02


def test_whole_numbers_become_numbers():
    result = run("to_float", np.array([[2024, 2**24 + 1]]))
    assert (result.tolist(), result.dtype) == ([[2024, 2**24]], np.float32)
    rows = run("gather_rows", np.array([[1, 0], [2, 2]]), values=[[0, 1], [2, 3], [4, 0.1]])
    assert (rows.tolist(), rows.dtype) == ([[2, 3, 0, 1], [4, np.float32(0.1), 4, np.float32(0.1)]], np.float32)
    assert run("gather_rows", np.empty((0, 2), np.int64), values=[[0, 1, 2]]).shape == (0, 6)


def test_lookup_of_texts():
    texts = np.array([["a", "x"], ["b", ""], ["a", "never"]], object)
    assert run("lookup", texts, column=1, keys=["x", ""], values=[5, 7], default=0).tolist() == [[5], [7], [0]]
    assert run("lookup", texts, column=0, keys=[], values=[], default=-1).tolist() == [[-1]] * 3


def test_lookup_of_whole_numbers():
    numbers = np.array([[5], [-3], [2**62], [4]], np.int64)
    result = run("lookup", numbers, column=0, keys=[5, 2**62, -3], values=[1, 2, 3], default=0)
    assert result.tolist() == [[1], [3], [2], [0]]
    assert result.dtype == np.int64
    assert run("lookup", numbers, column=0, keys=[], values=[], default=0).tolist() == [[0]] * 4


def test_one_hot():
    result = run("one_hot", np.array([[0], [1], [3], [4]]), depth=3)
    assert result.tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert result.dtype == np.float32


def test_joining():
    assert run("concat", np.ones((2, 1)), np.zeros((2, 2))).tolist() == [[1, 0, 0], [1, 0, 0]]
    assert run("squeeze", np.array([[1], [2]])).tolist() == [1, 2]
    assert run("identity", X) is X


def test_probabilities():
    logits = np.array([[1, 2, 3], [1000, 0, -1000], [5, 5, 5]], np.float32)
    result = run("softmax", logits)
    np.testing.assert_allclose(result, softmax(logits.astype(np.float64), axis=1), rtol=1e-6)
    assert result.dtype == np.float32
    logit = np.array([[0], [-3], [80], [-80], [1000], [-1000]], np.float32)
    result = run("sigmoid", logit)
    np.testing.assert_allclose(result, expit(logit.astype(np.float64)), rtol=1e-6, atol=1e-44)
    assert result.dtype == np.float32
    assert run("two_classes", np.array([[0.25]], np.float32)).tolist() == [[0.75, 0.25]]


def test_decisions():
    assert run("argmax", np.array([[0, 2, 1], [3, 3, 0]], np.float32)).tolist() == [1, 0]
    assert run("at_least", np.array([[0.5], [0.49]], np.float32), value=0.5).tolist() == [[1], [0]]
    assert run("at_least", np.array([[0.5, np.nan]], np.float32), value=0.5).dtype == np.int64
    assert run("take", np.array([1, 0]), values=["no", "yes"]).tolist() == ["yes", "no"]
    result = run("take", np.array([1, 0]), values=[10, 20])
    assert (result.tolist(), result.dtype) == ([20, 10], np.int64)


def test_no_rows():
    program = Chain("x").then("fill_missing", values=[1.0]).then("divide", values=[2.0]).program()
    assert run_program(program, {"x": np.empty((0, 1), np.float32)})[program.outputs[0]].shape == (0, 1)
    assert run("lookup", np.empty((0, 1), object), column=0, keys=["a"], values=[1], default=0).shape == (0, 1)


def test_several_outputs():
    program = Program(("x",), ("x", "y"), Chain("x").then("identity").program().steps)
    with pytest.raises(KeyError):
        run_program(program, {"x": X})
