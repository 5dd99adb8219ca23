from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlpspec.catalog.samplers import Stratified


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6), st.integers(0, 1000))
def test_each_batch_has_its_share_of_each_class(counts, seed):
    """Of a class with n of all rows, a stretch of b rows holds b n / rows: within a row for two classes, two more for each further one."""
    generator = np.random.default_rng(seed)
    by = generator.permutation(np.repeat(np.arange(len(counts)), counts))
    order = Stratified().order(len(by), by, generator)
    assert sorted(order) == list(range(len(by)))
    for start in range(0, len(by), 8):
        batch = by[order[start : start + 8]]
        shares = len(batch) * np.asarray(counts) / len(by)
        assert (np.abs(np.bincount(batch, minlength=len(counts)) - shares) <= len(counts)).all()


def test_a_shuffled_order_does_not():
    by = np.repeat([0, 1], [90, 10])

    def furthest(order):
        """From the one row of the rare class that each ten rows should have."""
        return np.abs(np.add.reduceat(by[order], range(0, 100, 10)) - 1).max()

    generators = [np.random.default_rng(seed) for seed in range(20)]
    assert max(furthest(Stratified().order(100, by, generator)) for generator in generators) <= 1
    assert max(furthest(generator.permutation(100)) for generator in generators) > 1
