import dataclasses

from mlpspec.serving.options import ServeOptions


def test_every_limit_is_set_and_consistent():
    options = ServeOptions()
    assert all(value >= 0 for value in dataclasses.astuple(options))
    assert options.max_body <= options.max_bodies
    assert options.max_queue > 0
    assert options.timeout > 0
