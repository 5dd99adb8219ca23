from __future__ import annotations

import numpy as np

from mlpspec.catalog.scalers import SCALERS, NoScaling
from mlpspec.ir.program import Chain


def test_adds_no_steps():
    chain = Chain("x")
    NoScaling().fit(np.ones((2, 1)), chain)
    NoScaling().fit_inverse(np.ones((2, 1)), chain)
    assert chain.program().steps == ()


def test_the_table():
    assert SCALERS.names() == ["standardize", "min_max", "robust", "winsorize", "clip", "log1p", "pca", "none"]
