from __future__ import annotations

import numpy as np
from sklearn.impute import SimpleImputer

from mlpspec.catalog.imputers import MeanImputer


def test_like_scikit_learn():
    values = np.random.default_rng(0).normal(size=(100, 3))
    values[np.random.default_rng(1).random(values.shape) < 0.3] = np.nan
    np.testing.assert_allclose(MeanImputer().fill(values), SimpleImputer(strategy="mean").fit(values).statistics_, rtol=2**-24)


def test_exact_in_float32():
    assert MeanImputer().fill(np.array([[0.1], [np.nan]])) == [np.float32(0.1).item()]


def test_a_column_without_values():
    assert MeanImputer().fill(np.array([[np.nan, 2.0], [np.nan, 4.0]])) == [0.0, 3.0]
