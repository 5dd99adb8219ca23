from __future__ import annotations

import pytest

from mlpspec.catalog.batch_sizes import Milestones


def test_a_size_from_each_milestone_on():
    sizes = Milestones(epochs=(30, 60), sizes=(32, 128, 512), learning_rate_scaling="sqrt")
    assert sizes.stages() == ((0, 32, 1.0), (30, 128, 2.0), (60, 512, 4.0))


@pytest.mark.parametrize(
    ("epochs", "sizes", "said"),
    [((30,), (32,), "2 parts, and `sizes` has 1"), ((30, 30), (1, 2, 3), "rising order"), ((60, 30), (1, 2, 3), "rising order")],
)
def test_contradictions(epochs, sizes, said):
    assert said in (Milestones(epochs=epochs, sizes=sizes).problem() or "")


def test_sizes_may_fall():
    assert Milestones(epochs=(5,), sizes=(64, 16)).problem() is None
