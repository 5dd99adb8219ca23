from __future__ import annotations

import math

import pytest

from mlpspec.tuning.evolution import _number, _place, propose
from mlpspec.tuning.trials import Trial


@pytest.fixture
def dims(document, space):
    settings = (
        "tuning.parameters={vars.a: {range: [-5, 5]}, vars.b: {range: [1e-4, 1], log: true}, vars.c: {range: [0, 30], step: 10}, "
        "vars.d: {choices: [x, y]}}",
        "vars={a: 0.5, b: 0.5, c: 3.5, d: x}",
    )
    return space(document(*settings))


def test_places_and_numbers_are_inverse(dims):
    a, b, c, _ = dims
    for dimension, value in ((a, -2.5), (b, 1e-2), (c, 20.0)):
        [place] = _place([dimension], {dimension.name: value})
        assert _number(dimension, place) == pytest.approx(value)
    assert [_number(c, place) for place in (0.0, 0.45, 1.0)] == [0, 10, 30]
    assert _place([b], {"vars.b": 1e-2})[0] == pytest.approx(0.5)  # half of four powers of ten


def test_the_same_history_gives_the_same_proposal(dims):
    assert propose(dims, [], 1, 0, goal="min") == propose(dims, [], 1, 0, goal="min")
    assert propose(dims, [], 1, 0, goal="min") != propose(dims, [], 1, 1, goal="min") != propose(dims, [], 2, 1, goal="min")


@pytest.mark.parametrize("goal", ["min", "max"])
def test_it_finds_the_lowest_point_of_a_bowl(dims, goal):
    """A sum of squares around a = 3, b = 0.01: within 200 trials the best is near, and generations follow each other."""
    sign = 1 if goal == "min" else -1
    trials = []
    for number in range(200):
        values, generation = propose(dims[:2], trials, 7, number, goal=goal)
        height = (values["vars.a"] - 3) ** 2 + (math.log10(values["vars.b"]) + 2) ** 2
        trials.append(Trial(number + 1, "finished", values, sign * height, generation=generation))
    assert min(abs(trial.objective or 0) for trial in trials) < 1e-2
    assert [trial.generation for trial in trials] == sorted(trial.generation or 0 for trial in trials)
    assert trials[-1].generation == 199 // 6  # 4 + 3 ln 2, rounded down, in a generation: Hansen 2016


def test_choices_are_drawn_and_one_number_alone_too(dims):
    assert {propose(dims[3:], [], 1, number, goal="min")[0]["vars.d"] for number in range(20)} == {"x", "y"}
    values = [propose(dims[:1], [], 1, number, goal="min")[0]["vars.a"] for number in range(50)]
    assert min(values) < -3
    assert max(values) > 3
