from __future__ import annotations

import numpy as np

from mlpspec.catalog.initializers.lecun_uniform import LecunUniform


def test_is_uniform(drawn, is_uniform):
    limit = np.sqrt(3 / 500)
    is_uniform(drawn(LecunUniform()), -limit, limit)
