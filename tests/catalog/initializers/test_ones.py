from __future__ import annotations

import pytest

from mlpspec.catalog.initializers.ones import Ones


@pytest.mark.parametrize("shape", [(3, 4), (4,)])
def test_fills_everything(drawn, shape):
    assert (drawn(Ones(), shape) == 1).all()
