from __future__ import annotations

import numpy as np

from mlpspec.catalog.initializers import INITIALIZERS
from mlpspec.catalog.initializers.glorot_normal import GlorotNormal


def test_is_normal(drawn, is_normal):
    is_normal(drawn(GlorotNormal()), 0, np.sqrt(2 / (500 + 300)))


def test_has_the_other_name_too():
    assert INITIALIZERS["xavier_normal"] is GlorotNormal
