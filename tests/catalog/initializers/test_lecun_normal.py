from __future__ import annotations

import numpy as np

from mlpspec.catalog.initializers.lecun_normal import LecunNormal


def test_is_normal(drawn, is_normal):
    is_normal(drawn(LecunNormal()), 0, np.sqrt(1 / 500))
