import pytest

from mlpspec.diagnostics import MachineError
from mlpspec.serving.warm_up import warm_up


def test_one_row_and_a_full_batch_go_through_the_model(predictor, exact):
    slow = exact.slow(predictor)
    slow.let_go.set()
    warm_up(slow, 64)
    assert slow.batches == [1, 64]


def test_a_batch_that_does_not_fit_is_found_before_anyone_asks(predictor, exact):
    def small(arrays):
        if len(arrays["code"]) > 8:
            raise MachineError("no memory")
        return predictor.run(arrays)

    slow = exact.slow(predictor, small)
    slow.let_go.set()
    warm_up(slow, 8)
    with pytest.raises(MachineError):
        warm_up(slow, 9)
