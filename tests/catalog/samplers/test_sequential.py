from __future__ import annotations

from mlpspec.catalog.samplers import Sequential


def test_the_order_of_the_data(orders):
    assert all(order.tolist() == list(range(7)) for order in orders(Sequential(), 7))
