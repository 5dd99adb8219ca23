from __future__ import annotations

import pytest

from mlpspec.catalog.batch_sizes.base import rate_factor


@pytest.mark.parametrize(("scaling", "expected"), [("none", 1.0), ("linear", 8.0), ("sqrt", 8**0.5)])
def test_the_rate_follows_the_batch_by_its_rule(scaling, expected):
    """Goyal et al. 2017: k times the rows, k times the rate; Krizhevsky 2014: the root of k."""
    assert rate_factor(256, 32, scaling) == pytest.approx(expected)
