from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mlpspec.diagnostics import CheckError
from mlpspec.training.best import Best
from mlpspec.training.checkpoints import Checkpoints

GOALS = {"validation.loss": "min", "validation.accuracy": "max"}


class Course:
    """A module whose weight is the number of the epoch, and what is taken for best."""

    def __init__(self, folder, monitor="validation.loss", min_delta=0.0):
        self.module = nn.Linear(1, 1)
        self.best = Best(Checkpoints(folder), self.module, monitor, min_delta)
        self.epoch = 0

    def __call__(self, *values):
        for value in values:
            self.epoch += 1
            nn.init.constant_(self.module.weight, self.epoch)
            self.best.on_epoch_end(SimpleNamespace(epoch=self.epoch, figures={self.best.monitor: value}, goals=GOALS))
        return self


@pytest.mark.parametrize(
    ("monitor", "min_delta", "values", "epoch"),
    [
        ("validation.loss", 0.0, [0.9, 0.5, 0.7, 0.4, 0.6], 4),
        ("validation.accuracy", 0.0, [0.5, 0.4, 0.7, 0.6, 0.65], 3),
        ("validation.loss", 0.1, [1.0, 0.95, 0.85, 0.8, 0.76, 0.7], 6),
        ("validation.accuracy", 0.1, [0.5, 0.55, 0.65, 0.7, 0.73], 3),
        ("validation.accuracy", 0.0, [None, 0.5, None], 2),
        ("validation.loss", 0.0, [None, float("nan")], 0),
    ],
)
def test_the_epoch_with_the_best_figure(tmp_path, monitor, min_delta, values, epoch):
    course = Course(tmp_path, monitor, min_delta)(*values)
    assert course.best.epoch == epoch
    assert (course.best.weights["weight"].item() if epoch else 0) == epoch


def test_it_goes_on_from_disk(tmp_path):
    course = Course(tmp_path)(0.5, 0.3, 0.4)
    course.best.write()
    other = Course(tmp_path)
    other.best.load_state(course.best.state())
    assert (other.best.epoch, other.best.value, other.best.weights["weight"].item()) == (2, 0.3, 2.0)
    other.epoch = 3
    assert other(0.35).best.epoch == 2
    assert other(0.25).best.epoch == 5


def test_with_another_figure_to_watch_the_values_of_the_first_are_forgotten(tmp_path):
    course = Course(tmp_path)(0.2)
    course.best.write()
    other = Course(tmp_path, "validation.accuracy")
    other.best.load_state(course.best.state())
    other.epoch = 1
    assert other(0.1).best.epoch == 2


def test_weights_that_are_not_finite_are_never_the_best(tmp_path):
    course = Course(tmp_path)(0.5)
    with torch.no_grad():
        course.module.bias.fill_(float("inf"))
    with pytest.raises(CheckError, match="`bias`"):
        course(0.4)
    assert course.best.epoch == 1
