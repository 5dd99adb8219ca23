"""The mean of weights, against the mean of the same numbers; whole runs are in tests/training/test_averaged_runs.py."""

import pytest
import torch
from torch import nn

from mlpspec.catalog.callbacks import CallbackEntry, Swa
from mlpspec.testing import check_options


def test_options():
    check_options(Swa(start=3.0, every=2, use="export"), CallbackEntry)


def follow(callback, run, weights):
    """Epochs that end with these weights."""
    run.with_statistics = lambda tensors: tensors
    callback.on_start(run)
    for weight in weights:
        run.epoch += 1
        with torch.no_grad():
            run.module.weight.fill_(weight)
        callback.on_learnt(run)


@pytest.mark.parametrize(
    ("options", "mean"),
    [
        ({"start": 0.5}, (16 + 32) / 2),  # of 4 epochs the last 2
        ({"start": 1}, (8 + 16 + 32) / 3),
        ({"start": 0, "every": 2}, (8 + 32) / 2),
    ],
)
def test_the_mean_is_of_the_epochs_that_are_asked_for(paper_run, begin, options, mean):
    run, callback = paper_run(epochs=4, module=nn.Linear(1, 1, bias=False)), begin({"swa": options})
    follow(callback, run, [4.0, 8.0, 16.0, 32.0])
    assert callback.average().weights["weight"].item() == pytest.approx(mean)


def test_there_is_none_before_it_starts(paper_run, begin):
    run, callback = paper_run(epochs=100, module=nn.Linear(1, 1, bias=False)), begin({"swa": {}})
    follow(callback, run, [1.0, 2.0])
    assert callback.average() is None


def test_it_goes_on_where_it_was(paper_run, begin):
    run, first, second = paper_run(epochs=4, module=nn.Linear(1, 1, bias=False)), begin({"swa": {"start": 0}}), begin({"swa": {"start": 0}})
    follow(first, run, [4.0, 8.0])
    second.load_state(first.state())
    second.load_tensors(first.tensors())
    follow(second, run, [16.0, 32.0])
    assert second.average().weights["weight"].item() == pytest.approx((4 + 8 + 16 + 32) / 4)
