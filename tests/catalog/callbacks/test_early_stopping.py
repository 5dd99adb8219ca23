"""Expected epochs follow Keras's EarlyStopping: the patience counts epochs in a row without a figure better than the best one."""

import pytest

from mlpspec.catalog.callbacks import CallbackEntry, EarlyStopping
from mlpspec.testing import check_options


def test_options():
    check_options(EarlyStopping(monitor="validation.accuracy", patience=3, min_delta=0.1), CallbackEntry)


@pytest.mark.parametrize(
    ("written", "values", "epoch"),
    [
        ({"patience": 3}, [0.9, 0.5, 0.6, 0.5, 0.55, 0.1], 5),
        ({"patience": 2}, [0.9, 0.95, 0.8, 0.85, 0.7, 0.75], None),  # a better figure renews patience
        ({"patience": 2, "min_delta": 0.1}, [1.0, 0.95, 0.91, 0.0], 3),  # each is compared with the best one
        ({"patience": 9, "min_delta": 0.1}, [1.0, 0.95, 0.85, 0.8, 0.76, 0.7], None),
        ({"patience": 1}, [None, 0.5], 1),  # an undefined figure is no improvement
        ({"patience": 1}, [float("nan"), 0.5], 1),
    ],
)
def test_losses(paper_run, begin, written, values, epoch):
    run = paper_run().follow(begin({"early_stopping": written}), "validation.loss", values)
    assert run.stopped == ([] if epoch is None else [(epoch, "early stopping")])


def test_a_figure_whose_goal_is_max_grows(paper_run, begin):
    callback = begin({"early_stopping": {"monitor": "validation.accuracy", "patience": 2}})
    assert paper_run().follow(callback, "validation.accuracy", [0.5, 0.4, 0.7, 0.6, 0.65]).stopped == [(5, "early stopping")]


def test_it_goes_on_counting_after_a_stop(paper_run, begin):
    first, second = begin({"early_stopping": 3}), begin({"early_stopping": 3})
    paper_run().follow(first, "validation.loss", [0.5, 0.6, 0.6])
    second.load_state(first.state())
    assert paper_run(epoch=3).follow(second, "validation.loss", [0.55, 0.1]).stopped == [(4, "early stopping")]


def test_a_run_that_was_over_is_over(paper_run, begin):
    first, second, patient = begin({"early_stopping": 1}), begin({"early_stopping": 1}), begin({"early_stopping": 2})
    paper_run().follow(first, "validation.loss", [0.5, 0.6])
    second.load_state(first.state())
    patient.load_state(first.state())
    assert paper_run().follow(second, "validation.loss", []).stopped == [(0, "early stopping")]
    assert paper_run().follow(patient, "validation.loss", []).stopped == []


def test_the_values_of_another_figure_are_forgotten(paper_run, begin):
    first, second = begin({"early_stopping": 1}), begin({"early_stopping": {"patience": 1, "monitor": "train.loss"}})
    paper_run().follow(first, "validation.loss", [0.1, 0.6])
    second.load_state(first.state())
    assert paper_run().follow(second, "train.loss", [0.5]).stopped == []
