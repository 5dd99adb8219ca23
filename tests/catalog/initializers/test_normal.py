from __future__ import annotations

from mlpspec.catalog.initializers.normal import Normal


def test_is_normal(drawn, is_normal):
    is_normal(drawn(Normal()), 0, 0.05)
    is_normal(drawn(Normal(std=2.0, mean=-1.0)), -1, 2)


def test_fills_an_offset_too(drawn):
    assert abs(drawn(Normal(std=0.01), (1000,))).max() < 0.06


def test_bounds(option_of):
    std = option_of(Normal, "std")
    assert (std.default, std.above, Normal.main) == (0.05, 0, "std")
    assert option_of(Normal, "mean").default == 0
