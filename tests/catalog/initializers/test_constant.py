from __future__ import annotations

import pytest

from mlpspec.catalog.initializers.constant import Constant


@pytest.mark.parametrize("shape", [(3, 4), (4,)])
def test_fills_everything(drawn, shape):
    assert (drawn(Constant(value=-0.5), shape) == -0.5).all()


def test_value_is_required(option_of):
    assert option_of(Constant, "value").required
    assert Constant.main == "value"
