from __future__ import annotations

import torch
from torch import nn

from mlpspec.training.compiled.passes.counters import hoist_counters
from mlpspec.training.compiled.passes.noise import drop_noise


def test_batch_norm_counts_by_the_block(recorded):
    step = recorded(nn.Linear(5, 3), nn.BatchNorm1d(3))
    drop_noise(step.traced)
    hoist_counters(step.traced)
    assert step.traced.counters == ["layers.1.num_batches_tracked"]
    assert "aten.add_.Tensor" not in step.targets()


def test_a_counter_that_is_read_stays(recorded):
    class Warm(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("count", torch.zeros((), dtype=torch.int64))

        def forward(self, x):
            self.count += 1
            return x / self.count

    step = recorded(nn.Linear(5, 3), Warm())
    drop_noise(step.traced)
    hoist_counters(step.traced)
    assert step.traced.counters == []
    assert "aten.add_.Tensor" in step.targets()
