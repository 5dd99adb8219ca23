from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from mlpspec.catalog.scalers import Pca
from mlpspec.data.operators import run_program
from mlpspec.ir.program import Chain

RANDOM = np.random.default_rng(0)
VALUES = RANDOM.normal(size=(300, 4)) @ RANDOM.normal(size=(4, 4)) + [10, -5, 0, 100]


def scaled(scaler, values, rows=None):
    chain = Chain("x")
    width = scaler.fit(np.asarray(values), chain)
    program = chain.program()
    found = run_program(program, {"x": np.asarray(values if rows is None else rows, np.float32)})[program.outputs[0]]
    assert found.shape[1] == width
    assert found.dtype == np.float32
    return found


@pytest.mark.parametrize("components", [None, 1, 2, 4, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("whiten", [True, False])
def test_like_scikit_learn(components, whiten):
    reference = PCA(components, whiten=whiten).fit(VALUES)
    sign = np.sign(reference.components_[range(reference.n_components_), np.abs(reference.components_).argmax(axis=1)])
    found = scaled(Pca(components=components, whiten=whiten), VALUES)
    np.testing.assert_allclose(found, reference.transform(VALUES) * sign, rtol=1e-4, atol=1e-4)


def test_whitened_components_are_uncorrelated_and_of_variance_one():
    np.testing.assert_allclose(np.cov(scaled(Pca(), VALUES).T), np.eye(4), atol=1e-4)


def test_signs_do_not_hang_on_the_order_of_rows():
    shuffled = RANDOM.permutation(VALUES)
    np.testing.assert_allclose(scaled(Pca(), shuffled, VALUES), scaled(Pca(), VALUES), rtol=1e-3, atol=1e-3)


def test_components_without_variance_become_zeros():
    doubled = np.column_stack([VALUES[:, 0], 3 * VALUES[:, 0], np.full(300, 7.0)])
    found = scaled(Pca(), doubled)
    assert found[:, 1:].tolist() == [[0, 0]] * 300
    assert found[:, 0].std(ddof=1) == pytest.approx(1, rel=1e-4)
    assert scaled(Pca(), np.full((5, 2), 0.1)).tolist() == [[0, 0]] * 5
    assert scaled(Pca(), [[3.0, 4.0]]).tolist() == [[0, 0]]


def test_width_before_the_data():
    assert Pca().width("n", 4) == 4
    assert Pca(components=2).width("n", "n.columns") == 2
    assert Pca(components=0.9).width("n", 4) == "n.components"


def test_options():
    assert "share" in (Pca(components=2.5).problem() or "")
    assert all(Pca(components=c).problem() is None for c in (None, 0.5, 1, 8))
    assert not Pca.invertible
    assert Pca.mixes_columns
