"""Expected factors follow Keras's ReduceLROnPlateau."""

import pytest
import torch

from mlpspec.catalog.callbacks import CallbackEntry, ReduceOnPlateau
from mlpspec.testing import check_options


def test_options():
    check_options(ReduceOnPlateau(monitor="train.loss", factor=0.5, patience=2, min_delta=0.01, cooldown=3, smallest=1e-5), CallbackEntry)


def factors(paper_run, callback, values, monitor="validation.loss", rate=0.1):
    """The factor after each epoch."""
    run, found = paper_run(), []
    for value in values:
        run.learning_rate = rate * callback.rate_factor()
        run.follow(callback, monitor, [value])
        found.append(callback.rate_factor())
    return found


def test_after_so_many_epochs_without_a_better_one(paper_run, begin):
    callback = begin({"reduce_on_plateau": {"factor": 0.5, "patience": 2}})
    assert factors(paper_run, callback, [1.0, 0.9, 0.9, 0.95, 0.9, 0.9, 0.1]) == [1, 1, 1, 0.5, 0.5, 0.25, 0.25]


def test_as_pytorch_with_a_patience_of_one_less(paper_run, begin):
    """PyTorch lowers the rate when more than `patience` epochs were bad."""
    values = torch.rand(60, generator=torch.Generator().manual_seed(3)).tolist()
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    options = {"factor": 0.5, "patience": 2, "threshold": 0.01, "threshold_mode": "abs", "cooldown": 3, "eps": 0.0}
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    expected = []
    for value in values:
        theirs.step(value)
        expected.append(optimizer.param_groups[0]["lr"])
    callback = begin({"reduce_on_plateau": {"factor": 0.5, "patience": 3, "min_delta": 0.01, "cooldown": 3}})
    assert factors(paper_run, callback, values) == pytest.approx(expected)
    assert expected[-1] < 0.01


def test_more_is_better_for_an_accuracy(paper_run, begin):
    callback = begin({"reduce_on_plateau": {"monitor": "validation.accuracy", "patience": 1}})
    assert factors(paper_run, callback, [0.5, 0.6, 0.6], "validation.accuracy") == pytest.approx([1, 1, 0.1])


def test_the_rate_has_a_floor(paper_run, begin):
    """0.1, 0.01, then 0.004 and no less."""
    callback = begin({"reduce_on_plateau": {"patience": 1, "smallest": 0.004}})
    assert factors(paper_run, callback, [1, 1, 1, 1, 1]) == pytest.approx([1, 0.1, 0.04, 0.04, 0.04])


def test_it_goes_on_after_a_stop(paper_run, begin):
    values = torch.rand(40, generator=torch.Generator().manual_seed(4)).tolist()
    written = {"reduce_on_plateau": {"factor": 0.5, "patience": 2, "cooldown": 2}}
    whole, first, second = begin(written), begin(written), begin(written)
    expected = factors(paper_run, whole, values)
    assert factors(paper_run, first, values[:17]) == expected[:17]
    second.load_state(first.state())
    assert factors(paper_run, second, values[17:]) == expected[17:]
