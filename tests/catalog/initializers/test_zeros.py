from __future__ import annotations

import pytest

from mlpspec.catalog.initializers.zeros import Zeros


@pytest.mark.parametrize("shape", [(3, 4), (4,)])
def test_fills_everything(drawn, shape):
    assert (drawn(Zeros(), shape) == 0).all()
