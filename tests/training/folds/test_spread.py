from __future__ import annotations

import numpy as np
import pytest

from mlpspec.training.folds.spread import Spread, spreads


def test_numpy_agrees():
    values = [0.3, 0.7, 0.4, 0.9]
    found = Spread.of(values)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.sd == pytest.approx(np.std(values, ddof=1))


def test_too_few_values():
    assert Spread.of([0.5, None]) == Spread((0.5, None), 0.5, None)
    assert Spread.of([None, None]) == Spread((None, None), None, None)


def test_by_part_and_name():
    found = spreads([{"test": {"loss": 1.0}}, {"test": {"loss": 3.0, "auroc": 0.5}}])
    assert found == {"test": {"loss": Spread.of([1.0, 3.0]), "auroc": Spread.of([None, 0.5])}}
