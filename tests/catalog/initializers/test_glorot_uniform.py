from __future__ import annotations

import numpy as np

from mlpspec.catalog.initializers import INITIALIZERS
from mlpspec.catalog.initializers.glorot_uniform import GlorotUniform


def test_is_uniform(drawn, is_uniform):
    limit = np.sqrt(6 / (500 + 300))
    is_uniform(drawn(GlorotUniform()), -limit, limit)


def test_has_the_other_name_too():
    assert INITIALIZERS["xavier_uniform"] is GlorotUniform
