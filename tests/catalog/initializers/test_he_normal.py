from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.initializers import INITIALIZERS
from mlpspec.catalog.initializers.he_normal import HeNormal


def test_is_normal(drawn, is_normal):
    is_normal(drawn(HeNormal()), 0, np.sqrt(2 / 500))


def test_by_the_outputs(drawn, is_normal):
    is_normal(drawn(HeNormal(mode="fan_out")), 0, np.sqrt(2 / 300))


def test_signals_keep_their_size_through_relu_layers(drawn):
    signal = np.random.default_rng(0).normal(size=(200, 400))
    size = (signal**2).mean()
    for _ in range(5):
        signal = np.maximum(0, signal @ drawn(HeNormal(), (400, 400)).T)
    assert (signal**2).mean() == pytest.approx(size, rel=0.5)


def test_words(option_of):
    assert option_of(HeNormal, "mode").type.__args__ == ("fan_in", "fan_out")


def test_has_the_other_name_too():
    assert INITIALIZERS["kaiming_normal"] is HeNormal
