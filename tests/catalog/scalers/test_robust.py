from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import RobustScaler

from mlpspec.catalog.scalers import Robust
from mlpspec.data.operators import run_program
from mlpspec.ir.program import Chain

VALUES = np.random.default_rng(0).standard_t(2, (501, 2)) * [3, 40] + [5, -300]


def scaled(scaler, values, rows=None, *, inverse=False):
    chain = Chain("x")
    (scaler.fit_inverse if inverse else scaler.fit)(np.asarray(values), chain)
    program = chain.program()
    return run_program(program, {"x": np.asarray(values if rows is None else rows, np.float32)})[program.outputs[0]]


@pytest.mark.parametrize(("lower", "upper"), [(0.25, 0.75), (0.1, 0.95)])
def test_like_scikit_learn(lower, upper):
    expected = RobustScaler(quantile_range=(100 * lower, 100 * upper)).fit_transform(VALUES)
    np.testing.assert_allclose(scaled(Robust(lower=lower, upper=upper), VALUES), expected, rtol=1e-4, atol=1e-5)


def test_the_inverse_brings_the_values_back():
    np.testing.assert_allclose(scaled(Robust(), VALUES, scaled(Robust(), VALUES), inverse=True), VALUES, rtol=1e-4)


def test_an_outlier_moves_nothing():
    with_outlier = np.append(VALUES, [[1e9, -1e9]], axis=0)
    np.testing.assert_allclose(scaled(Robust(), with_outlier)[:-1], scaled(Robust(), VALUES), rtol=0.1, atol=0.02)


@pytest.mark.parametrize("constant", [0.0, 0.1, 16777217.0, 1e30])
def test_a_constant_column_becomes_zeros(constant):
    assert scaled(Robust(), np.full((10, 1), constant)).tolist() == [[0.0]] * 10


def test_a_column_that_is_mostly_one_number_is_centred():
    values = np.array([[2.0]] * 9 + [[5.0]])
    np.testing.assert_array_equal(scaled(Robust(), values), RobustScaler().fit_transform(values))


def test_bytes():
    np.testing.assert_array_equal(scaled(Robust(), np.array([[0], [100], [200]], np.uint8)).ravel(), [-1, 0, 1])


def test_the_quantiles_must_be_apart():
    assert "lower" in (Robust(lower=0.8).problem() or "")
    assert Robust().problem() is None
