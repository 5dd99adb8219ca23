from __future__ import annotations

import numpy as np

from mlpspec.catalog.samplers import Shuffle


def test_it_is_numpys_permutation(orders):
    for epoch, order in enumerate(orders(Shuffle(), 50)):
        assert np.array_equal(order, np.random.Generator(np.random.PCG64([5, epoch])).permutation(50))
