from __future__ import annotations

import numpy as np

from mlpspec.catalog.imputers import ConstantImputer


def test_one_number_for_all_columns():
    assert ConstantImputer(value=-1).fill(np.zeros((5, 3))) == [-1.0, -1.0, -1.0]
    assert ConstantImputer(value=0.1).fill(np.zeros((5, 1))) == [np.float32(0.1).item()]


def test_the_value_must_be_written():
    assert not ConstantImputer.can_be_bare()
