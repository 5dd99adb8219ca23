from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler

from mlpspec.catalog.scalers import MinMax
from mlpspec.data.operators import run_program
from mlpspec.ir.program import Chain


def scaled(values, rows=None, *, inverse=False):
    chain = Chain("x")
    (MinMax().fit_inverse if inverse else MinMax().fit)(np.asarray(values), chain)
    program = chain.program()
    return run_program(program, {"x": np.asarray(values if rows is None else rows, np.float32)})[program.outputs[0]]


def test_like_scikit_learn():
    values = np.random.default_rng(0).normal([5, -300], [2, 40], (500, 2))
    np.testing.assert_allclose(scaled(values), MinMaxScaler().fit_transform(values), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(scaled(values, scaled(values), inverse=True), values, rtol=1e-5)


def test_later_rows_may_lie_outside():
    assert scaled([[0.0], [4.0]], [[-2.0], [6.0]]).tolist() == [[-0.5], [1.5]]


@pytest.mark.parametrize("constant", [0.0, 0.1, 16777217.0, 1e30])
def test_a_constant_column_becomes_zeros(constant):
    assert scaled(np.full((10, 1), constant)).tolist() == [[0.0]] * 10


def test_bytes():
    np.testing.assert_array_equal(scaled(np.array([[0], [51], [255]], np.uint8)).ravel(), np.array([0, 51 / 255, 1], np.float32))
