import numpy as np
import pytest

from mlpspec.catalog.clippings import Clipping, Norm
from mlpspec.testing import check_options


def test_options():
    check_options(Norm(limit=0.5), Clipping)


@pytest.mark.parametrize(("limit", "scale"), [(0.5, 1.0), (100.0, 1.0), (1.0, 1e10)])
def test_the_formula(clipped, limit, scale):
    """g min(1, limit / (|g| + 1e-6)), the norm over all numbers of all gradients."""
    before, after, _ = clipped(Norm(limit=limit), scale)
    norm = np.sqrt(sum((gradient.astype(float) ** 2).sum() for gradient in before))
    for was, now in zip(before, after, strict=True):
        assert now == pytest.approx(was * min(1.0, limit / (norm + 1e-6)), rel=1e-5)
