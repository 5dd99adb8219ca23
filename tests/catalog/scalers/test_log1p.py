from __future__ import annotations

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from mlpspec.catalog.scalers import Log1p
from mlpspec.data.operators import run_program
from mlpspec.ir.program import Chain

VALUES = np.random.default_rng(0).lognormal([3, -9], [2, 1], (500, 2))


def scaled(values, rows=None, *, inverse=False):
    chain = Chain("x")
    (Log1p().fit_inverse if inverse else Log1p().fit)(np.asarray(values), chain)
    program = chain.program()
    return run_program(program, {"x": np.asarray(values if rows is None else rows, np.float32)})[program.outputs[0]]


def test_like_scikit_learn():
    expected = make_pipeline(FunctionTransformer(np.log1p), StandardScaler()).fit_transform(VALUES)
    np.testing.assert_allclose(scaled(VALUES), expected, rtol=1e-4, atol=1e-5)  # the second column is about 1e-4: log(1 + x) rounded fails


def test_the_inverse_brings_the_values_back():
    np.testing.assert_allclose(scaled(VALUES, scaled(VALUES), inverse=True), VALUES, rtol=1e-4)


def test_every_later_number_has_a_logarithm():
    later = scaled(VALUES, [[-1e30, -np.inf], [-1, -1], [0, 0], [np.inf, 3e38]])
    assert np.isfinite(later).all()
    assert (later[0] == later[2]).all()
    with_negatives = scaled([[-0.5], [3.0]], [[-1.0], [-0.5], [-0.25]]).ravel()
    assert with_negatives[0] == with_negatives[1] < with_negatives[2]


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e30])
def test_a_constant_column_becomes_zeros(constant):
    assert np.abs(scaled(np.full((10, 1), constant))).max() < 1e-5


def test_what_it_takes():
    assert Log1p.above == -1
    assert Log1p.invertible
