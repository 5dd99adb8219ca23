"""Nothing within an epoch waits for the device: nobody reads a number from it, or sends it one by one what could go at once.

On a GPU `torch.cuda.set_sync_debug_mode` finds such calls (tests/gpu); here every operator is looked at.
"""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from mlpspec.catalog.clippings import Adaptive, Norm
from mlpspec.catalog.mixings import Mixup
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.catalog.optimizers.rmsprop import RmsProp
from mlpspec.catalog.optimizers.sgd import Sgd
from mlpspec.ir.callback import Decay
from mlpspec.training.alteration import Alteration
from mlpspec.training.averages import Averages
from mlpspec.training.batches import batch_bounds, forms_of
from mlpspec.training.clip import Clip
from mlpspec.training.compiled import block
from mlpspec.training.compiled import step as step_module
from mlpspec.training.compiled.emit import emit_python
from mlpspec.training.compiled.make import make_step
from mlpspec.training.precision import Precision
from mlpspec.training.tensors import Tensors

ROWS = 96
READS = {torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default, torch.ops.aten.equal.default}
"""What the host must wait for."""

SENDS = {torch.ops.aten.lift_fresh.default, torch.ops.aten.lift_fresh_copy.default}
"""What torch.tensor does: on a GPU the number is then copied there."""


class Watch(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.reads, self.sends = Counter(), 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.reads[str(func)] += func in READS
        self.sends += func in SENDS
        return func(*args, **(kwargs or {}))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))

    def forward(self, x):
        return {"y": self.body(x)}


class Loss:
    def __call__(self, outputs, truths, shares=None):
        return functional.cross_entropy(outputs["y"], truths["y"]) * (1.0 if shares is None else shares["y"])

    def shares(self, truths):
        return [{"y": 1 / len(truths)} for _ in truths]


CASES = {
    "plain": (Adam(), {}),
    "momentum": (Sgd(momentum=0.9), {}),
    "rmsprop": (RmsProp(), {}),
    "clipped": (Adam(), {"clip": Norm()}),
    "clipped unit by unit": (Adam(), {"clip": Adaptive()}),
    "averaged": (Adam(), {"averages": Decay(0.9)}),
    "mixed": (Adam(), {"alteration": Mixup()}),
    "accumulated": (Adam(), {"accumulate": 2}),
    "bfloat16": (Adam(), {"precision": "bf16"}),
    "float16": (Adam(), {"precision": "fp16"}),
    "float16, momentum": (Sgd(momentum=0.9), {"precision": "fp16", "clip": Norm()}),
}


def made(kind, optimizer, case):
    net = Net()
    alteration = Alteration([[]], case["alteration"], 1, torch.device("cpu")) if "alteration" in case else None
    data = Tensors(ROWS, (torch.randn(ROWS, 5),), {"y": torch.arange(ROWS) % 3})
    loss = Loss() if alteration is None else alteration.loss(Loss())
    more = {
        "alteration": alteration,
        "averages": Averages(case["averages"], net) if "averages" in case else None,
        "clip": Clip.of(case["clip"], net, []) if "clip" in case else None,
        "precision": Precision(case.get("precision", "fp32")),
    }
    batches = list(batch_bounds(ROWS, 4, accumulate=case.get("accumulate", 1)))
    step, reason = make_step(net, loss, optimizer, data, forms_of(batches), wanted=kind, **more)
    assert reason.startswith(kind), reason
    return step, batches


@pytest.mark.parametrize("kind", ["compiled", "eager"])
@pytest.mark.parametrize("case", CASES)
def test_an_epoch_reads_nothing_and_sends_its_numbers_at_once(case, kind, monkeypatch):
    """The compiled step as it is on a GPU, learning rates as tensors and all."""
    real = block.Block
    monkeypatch.setattr(block, "emit", lambda program: (emit_python(program), "Python"))
    monkeypatch.setattr(step_module, "Block", lambda *args, rates_as_tensors, tell: real(*args, rates_as_tensors=True))
    monkeypatch.setattr(block, "BLOCK_STEPS", 4)
    step, batches = made(kind, *CASES[case])
    counts = []
    for epoch, wanted in enumerate((batches, batches[: len(batches) // 2])):  # the first epoch makes what an optimizer remembers
        with Watch() as watch:
            for _ in step.run_epoch(epoch, torch.arange(ROWS), wanted, [0.01] * len(wanted)):
                pass
        assert not +watch.reads
        counts.append(watch.sends)
        step.epoch_loss()
    with Watch() as watch:
        for _ in step.run_epoch(2, torch.arange(ROWS), batches, [0.01] * len(batches)):
            pass
    assert watch.sends == counts[1]  # twice as many steps


def test_a_read_would_be_found():
    with Watch() as watch:
        assert torch.ones(1).sum().item() == 1
    assert watch.reads.total() == 1
