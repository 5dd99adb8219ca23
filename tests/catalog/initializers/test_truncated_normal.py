from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import truncnorm

from mlpspec.catalog.initializers.truncated_normal import TruncatedNormal


@pytest.mark.parametrize(("std", "mean"), [(0.05, 0.0), (3.0, 10.0)])
def test_is_a_normal_cut_at_two_deviations(drawn, std, mean):
    weight = drawn(TruncatedNormal(std=std, mean=mean))
    assert abs(weight - mean).max() == pytest.approx(2 * std, rel=1e-3)
    assert weight.mean() == pytest.approx(mean, abs=std / 100)
    assert weight.std() == pytest.approx(std * truncnorm(-2, 2).std(), rel=0.01)
    shares = [(weight < mean + k * std).mean() for k in (-1, 0, 1)]
    np.testing.assert_allclose(shares, truncnorm(-2, 2).cdf([-1, 0, 1]), atol=0.005)


def test_the_documented_factor():
    assert 1 / truncnorm(-2, 2).std() == pytest.approx(1.137, abs=5e-4)


def test_bounds(option_of):
    std = option_of(TruncatedNormal, "std")
    assert (std.default, std.above, TruncatedNormal.main) == (0.05, 0, "std")
