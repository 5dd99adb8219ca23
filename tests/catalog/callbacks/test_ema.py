"""What ema remembers and gives; the average itself, which every step moves on, is in tests/training/test_averages.py."""

import torch
from torch import nn

from mlpspec.catalog.callbacks import CallbackEntry, Ema
from mlpspec.ir.callback import Decay
from mlpspec.testing import check_options


def test_options():
    check_options(Ema(decay=0.9, warmup=False, use="export"), CallbackEntry)


def test_what_the_step_is_asked_for():
    assert Ema(decay=0.9, warmup=False).running == Decay(0.9, False)


def test_the_average_stands_for_the_weights_and_is_taken_up_again(paper_run, begin):
    run = paper_run(module=nn.Linear(1, 1))
    run.running_average = {"weight": torch.tensor([[5.0]]), "bias": torch.tensor([7.0])}
    callback = begin({"ema": {"use": "export"}})
    callback.on_start(run)
    average = callback.average()
    assert average.use == "export"
    assert {name: tensor.item() for name, tensor in average.weights.items()} == {"weight": 5.0, "bias": 7.0}

    later = paper_run(module=nn.Linear(1, 1))
    later.running_average = {name: torch.zeros_like(tensor) for name, tensor in run.running_average.items()}
    again = begin({"ema": {}})
    again.load_tensors(callback.tensors())
    again.on_start(later)
    assert later.running_average["weight"].item() == 5.0
