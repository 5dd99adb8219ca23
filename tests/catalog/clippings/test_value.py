import numpy as np

from mlpspec.catalog.clippings import Clipping, Value
from mlpspec.testing import check_options


def test_options():
    check_options(Value(limit=0.5), Clipping)


def test_the_formula(clipped):
    before, after, _ = clipped(Value(limit=0.5))
    assert any((abs(gradient) > 0.5).any() for gradient in before)
    for was, now in zip(before, after, strict=True):
        assert np.array_equal(now, np.clip(was, np.float32(-0.5), np.float32(0.5)))
