from __future__ import annotations

import numpy as np

from mlpspec.catalog.initializers import INITIALIZERS
from mlpspec.catalog.initializers.he_uniform import HeUniform


def test_is_uniform(drawn, is_uniform):
    limit = np.sqrt(6 / 500)
    is_uniform(drawn(HeUniform()), -limit, limit)


def test_by_the_outputs(drawn, is_uniform):
    limit = np.sqrt(6 / 300)
    is_uniform(drawn(HeUniform(mode="fan_out")), -limit, limit)


def test_words(option_of):
    assert option_of(HeUniform, "mode").type.__args__ == ("fan_in", "fan_out")


def test_has_the_other_name_too():
    assert INITIALIZERS["kaiming_uniform"] is HeUniform
