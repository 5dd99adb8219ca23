import numpy as np
import pytest

from mlpspec.catalog.clippings import Adaptive, Clipping
from mlpspec.testing import check_options


def test_options():
    check_options(Adaptive(ratio=0.1, epsilon=0.01, heads=True), Clipping)


@pytest.mark.parametrize(("ratio", "epsilon"), [(0.01, 1e-3), (0.5, 1e-3), (0.5, 1.0), (100.0, 1e-3)])
def test_the_formula(clipped, ratio, epsilon):
    """Brock et al. 2021, equation 3, unit by unit: rows of matrices, vectors as a whole."""
    before, after, weights = clipped(Adaptive(ratio=ratio, epsilon=epsilon))
    for was, now, weight in zip(before, after, weights, strict=True):
        units = [()] if weight.ndim == 1 else [(row,) for row in range(len(weight))]
        for unit in units:
            largest = ratio * max(np.linalg.norm(weight[unit]), epsilon)
            norm = np.linalg.norm(was[unit])
            expected = was[unit] * largest / norm if norm > largest else was[unit]
            assert now[unit] == pytest.approx(expected, rel=1e-5)


def test_gradients_of_zero_stay_zero(clipped):
    _, after, _ = clipped(Adaptive(), scale=0.0)
    assert all((gradient == 0).all() for gradient in after)
