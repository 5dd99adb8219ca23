from __future__ import annotations

from mlpspec.tuning.trials import Trial, best_of, ranking, tally

TRIALS = [
    Trial(1, "finished", {}, 0.5),
    Trial(2, "failed", {}, error="no"),
    Trial(3, "finished", {}, 0.9),
    Trial(4, "pruned", {}),
    Trial(5, "finished", {}, 0.9),
    Trial(6, "interrupted", {}),
]


def test_the_best_is_the_first_of_equals():
    best = best_of(TRIALS, "max")
    assert best is not None
    assert best.number == 3
    assert [trial.number for trial in ranking(TRIALS, "min")] == [1, 3, 5]
    assert best_of(TRIALS[1:2], "max") is None


def test_interrupted_trials_do_not_count():
    assert tally(TRIALS) == {"finished": 3, "pruned": 1, "failed": 1}
