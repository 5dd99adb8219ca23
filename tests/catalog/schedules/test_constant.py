from __future__ import annotations

from mlpspec.catalog.schedules.constant import Constant


def test_is_one_throughout(factors):
    assert (factors(Constant()) == 1).all()
