from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.losses import LOSSES
from mlpspec.catalog.losses.mse import Mse

OUTPUT = np.random.default_rng(0).normal(size=(6, 2))
TRUTH = np.random.default_rng(1).normal(size=(6, 2))


def test_follows_the_formula(value):
    errors = (OUTPUT - TRUTH) ** 2
    assert value(Mse(), OUTPUT, TRUTH) == pytest.approx(errors.mean())
    assert value(Mse(reduction="sum"), OUTPUT, TRUTH) == pytest.approx(errors.sum())


def test_suits_numbers_and_has_a_long_name():
    assert Mse.targets == {"numeric"}
    assert LOSSES["mean_squared_error"] is Mse


def test_words(option_of):
    assert option_of(Mse, "reduction").type.__args__ == ("mean", "sum")
    assert Mse.main == "reduction"
