from __future__ import annotations

import numpy as np
import pytest
from scipy.stats.mstats import winsorize
from sklearn.preprocessing import StandardScaler

from mlpspec.catalog.scalers import SCALERS, Winsorize
from mlpspec.data.operators import run_program
from mlpspec.ir.program import Chain


def scaled(scaler, values, rows=None):
    chain = Chain("x")
    assert scaler.fit(np.asarray(values), chain) == np.asarray(values).shape[1]
    program = chain.program()
    return run_program(program, {"x": np.asarray(values if rows is None else rows, np.float32)})[program.outputs[0]]


def test_numbers_beyond_the_quantiles_count_as_these():
    values = np.random.default_rng(0).standard_t(2, (400, 2)) * [1, 1000]
    cut = np.clip(values, *np.quantile(values, [0.05, 0.9], axis=0))
    expected = StandardScaler().fit_transform(cut)
    np.testing.assert_allclose(scaled(Winsorize(lower=0.05, upper=0.9), values), expected, rtol=1e-5, atol=1e-5)


def test_like_scipy_where_the_quantiles_are_rows():
    values = np.random.default_rng(1).normal(size=(101, 1))  # the quantile 0.1 of 101 rows is the eleventh
    expected = StandardScaler().fit_transform(np.asarray(winsorize(values[:, 0], limits=(10 / 101, 10 / 101)))[:, None])
    np.testing.assert_allclose(scaled(Winsorize(lower=0.1, upper=0.9), values), expected, rtol=1e-5, atol=1e-5)


def test_later_rows_are_cut_as_well():
    values = np.arange(101.0)[:, None]
    later = scaled(Winsorize(), values, [[-1e9], [1.0], [99.0], [1e9]]).ravel()
    assert later[0] == later[1] < later[2] == later[3]


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e30])
def test_a_constant_column_becomes_zeros(constant):
    assert scaled(Winsorize(), np.full((10, 1), constant)).tolist() == [[0.0]] * 10


def test_bytes():
    assert np.isfinite(scaled(Winsorize(), np.arange(256, dtype=np.uint8)[:, None])).all()


def test_names():
    assert SCALERS["clip"] is Winsorize
    assert not Winsorize.invertible
    assert "lower" in (Winsorize(lower=0.5, upper=0.5).problem() or "")
    assert Winsorize().problem() is None
