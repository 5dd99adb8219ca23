"""`batch_size: auto`: a pure search, and what is tried; on a GPU itself with -m gpu."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from mlpspec.catalog.batch_sizes import Auto
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.diagnostics import MachineError
from mlpspec.training.auto_batch_size import find_batch_size, largest_that_fits, trial, try_steps
from mlpspec.training.losses import TotalLoss
from mlpspec.training.tensors import Tensors

CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)


def never(rows):
    raise AssertionError("asked on a CPU")


def test_sizes_are_doubled_until_one_does_not_fit():
    asked = []

    def fits(rows):
        asked.append(rows)
        return rows <= 300

    assert largest_that_fits(fits, 4096) == 256
    assert asked == [16, 32, 64, 128, 256, 512]


@pytest.mark.parametrize(("capacity", "rows", "found", "said"), [
    (300, 10**6, 256, "leaves 20% of the GPU's memory free"),
    (10**9, 10**6, 8192, "`maximum` allows"),
    (10**9, 4096, 256, "16 steps an epoch allows"),
])  # fmt: skip
def test_on_a_gpu_it_is_tried(capacity, rows, found, said):
    result = find_batch_size(Auto(), rows, 1, CUDA, lambda size: size <= capacity)
    assert result.rows == found
    assert said in result.reason


def test_a_network_that_fits_in_no_size():
    with pytest.raises(MachineError, match="16 rows leaves less than 20%"):
        find_batch_size(Auto(), 1000, 1, CUDA, lambda size: False)


def test_on_a_cpu_the_rows_decide():
    assert find_batch_size(Auto(), 2000, 1, CPU, never) == (64, "what suits 2,000 rows on a CPU")
    assert find_batch_size(Auto(), 2000, 4, CPU, never).rows == 16
    assert find_batch_size(Auto(maximum=100), 10**6, 1, CPU, never).rows == 100


def test_a_resumed_run_keeps_its_size():
    assert find_batch_size(Auto(), 10**6, 1, CUDA, never, earlier=48).rows == 48


class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(5, width), nn.BatchNorm1d(width), nn.Linear(width, 1)

    def forward(self, x):
        return {"y": self.last(functional.dropout(self.norm(self.first(x)), 0.5, training=self.training))}


class Squared(TotalLoss):
    def __init__(self):
        super().__init__({}, {})

    def __call__(self, outputs, truths, shares=None):
        return functional.mse_loss(outputs["y"], truths["y"])

    def shares(self, truths):
        return [{} for _ in truths]


def rows(count, device=CPU):
    return Tensors(count, (torch.randn(count, 5, device=device),), {"y": torch.randn(count, 1, device=device)})


@pytest.mark.parametrize("accumulate", [1, 3])
def test_a_trial_leaves_everything_as_it_was(accumulate):
    torch.manual_seed(4)
    net = Net()
    before, data, state = copy.deepcopy(net.state_dict()), rows(10), torch.get_rng_state()
    try_steps(net, Squared(), Adam(), data, 16, accumulate)
    assert torch.equal(torch.get_rng_state(), state)
    torch.testing.assert_close(net.state_dict(), before, rtol=0, atol=0)
    assert all(parameter.grad is None for parameter in net.parameters())


@pytest.mark.gpu
def test_a_step_that_is_too_large_does_not_fit():
    """A batch whose activations alone are ten times the GPU's memory."""
    device = torch.device("cuda", 0)
    _, total = torch.cuda.mem_get_info(device)
    net = Net(width=4096).to(device)
    fits = trial(net, Squared(), Adam(), rows(64, device), 1, 0.1)
    assert fits(16)
    assert not fits(10 * total // (4 * 4096))
    assert fits(16), "the memory is given back"
    assert not trial(net, Squared(), Adam(), rows(64, device), 1, 0.999)(16), "the margin"
