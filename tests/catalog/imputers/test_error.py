from __future__ import annotations

import numpy as np

from mlpspec.catalog.imputers import IMPUTERS, ErrorImputer


def test_refuses():
    assert ErrorImputer().fill(np.zeros((5, 3))) is None


def test_the_table():
    assert IMPUTERS.names() == ["error", "mean", "median", "constant"]
