from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from mlpspec.catalog.scalers import Standardize
from mlpspec.data.operators import run_program
from mlpspec.ir.program import Chain


def scaled(values, rows=None, *, inverse=False):
    chain = Chain("x")
    (Standardize().fit_inverse if inverse else Standardize().fit)(np.asarray(values), chain)
    program = chain.program()
    return run_program(program, {"x": np.asarray(values if rows is None else rows, np.float32)})[program.outputs[0]]


@pytest.fixture
def values():
    return np.random.default_rng(0).normal([5, -300, 0.001], [2, 40, 1e-5], (500, 3))


def test_like_scikit_learn(values):
    expected = StandardScaler().fit_transform(values)
    np.testing.assert_allclose(scaled(values)[:, :2], expected[:, :2], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scaled(values)[:, 2], expected[:, 2], atol=1e-3)  # float32 holds 0.001 to 1e-10, 1e-5 deviations


def test_statistics_are_exact_float32(values):
    chain = Chain("x")
    Standardize().fit(values, chain)
    subtract, divide = chain.program().steps
    np.testing.assert_array_equal(subtract.constants["values"], values.mean(axis=0).astype(np.float32).astype(float))
    np.testing.assert_allclose(divide.constants["values"], values.std(axis=0), rtol=2**-24)
    assert all(np.float32(n).item() == n for step in (subtract, divide) for n in step.constants["values"])


def test_the_inverse_brings_the_values_back(values):
    np.testing.assert_allclose(scaled(values, scaled(values), inverse=True), values, rtol=1e-5)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1 / 3, 16777217.0, 1e30, -1e-30, 1e-45])
def test_a_constant_column_becomes_zeros(constant):
    assert scaled(np.full((1000, 1), constant)).tolist() == [[0.0]] * 1000


def test_nearly_constant_columns_stay_finite():
    assert np.isfinite(scaled(np.array([[0.0], [1e-42]]))).all()
    assert np.abs(scaled(0.1 + np.array([[0.0], [1e-17], [3e-17]]))).max() < 1e-6


def test_more_rows_than_one_chunk_and_bytes():
    values = np.random.default_rng(0).integers(0, 256, (150_000, 1), np.uint8)
    expected = StandardScaler().fit_transform(values.astype(np.float64))
    np.testing.assert_allclose(scaled(values), expected, rtol=1e-5, atol=1e-6)


def test_one_row():
    assert scaled([[3.0, 4.0]]).tolist() == [[0, 0]]
