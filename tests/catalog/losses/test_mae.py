from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.losses import LOSSES
from mlpspec.catalog.losses.mae import Mae

OUTPUT = np.random.default_rng(0).normal(size=(6, 2))
TRUTH = np.random.default_rng(1).normal(size=(6, 2))


def test_follows_the_formula(value):
    errors = abs(OUTPUT - TRUTH)
    assert value(Mae(), OUTPUT, TRUTH) == pytest.approx(errors.mean())
    assert value(Mae(reduction="sum"), OUTPUT, TRUTH) == pytest.approx(errors.sum())


def test_suits_numbers_and_has_a_long_name():
    assert Mae.targets == {"numeric"}
    assert LOSSES["mean_absolute_error"] is Mae


def test_words(option_of):
    assert option_of(Mae, "reduction").type.__args__ == ("mean", "sum")
    assert Mae.main == "reduction"
