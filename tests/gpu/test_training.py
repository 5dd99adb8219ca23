"""Training on the device: as on the CPU to float noise, whichever step, and resumed as if it had never stopped."""

from __future__ import annotations

import copy
import json
import os
import signal
from contextlib import suppress

import numpy as np
import pytest
import torch
from torch.nn import functional

from mlpspec import compiler
from mlpspec.catalog.optimizers import OPTIMIZERS
from mlpspec.diagnostics import StoppedError
from mlpspec.training.batches import batch_bounds, epoch_order
from mlpspec.training.compiled.make import make_step
from mlpspec.training.run_folder import RunFolder
from mlpspec.training.tensors import Tensors
from mlpspec.training.train import train

pytestmark = pytest.mark.gpu

ROWS = 2000
RANDOM = np.random.default_rng(1)
FRAME = {
    **{f"x{number}": RANDOM.standard_normal(ROWS) for number in range(10)},
    "colour": RANDOM.choice(["red", "green", "blue"], ROWS).astype(object),
}
FRAME["kind"] = np.where(FRAME["x0"] + FRAME["x1"] * FRAME["x2"] > 0, "yes", "no").astype(object)
FRAME["price"] = FRAME["x3"] * 3 + FRAME["x4"] ** 2

SPEC = """\
mlpspec: 1
name: gpu
seed: 3
inputs: {{x: {{numeric: "x*"}}, colour: {{category: {{encode: embedding}}}}}}
targets: {{kind: category, price: numeric}}
model:
  - dense: {{units: 64, activation: relu, batchnorm: true, dropout: {dropout}}}
  - dense: {{units: 32, activation: gelu, name: body}}
  - layernorm: {{name: norm}}
  - head: kind
  - head: {{target: price, from: norm}}
training: {{epochs: {epochs}, batch_size: 32, step: {step}, device: "{device}", {more}}}
"""


def losses(runs, device, step="compiled", epochs=4, dropout=0.0, more="precision: fp32"):
    text = SPEC.format(device=device, step=step, epochs=epochs, dropout=dropout, more=more)
    folder = train(compiler.loads(text), frame=FRAME, runs=runs).folder
    lines = [json.loads(line) for line in (folder.path / "metrics.jsonl").read_text().splitlines()]
    return [line["train.loss"] for line in lines], folder


@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_losses_are_those_of_the_cpu(step, torch_device, tmp_path, found):
    there, folder = losses(tmp_path / "there", torch_device, step)
    here, _ = losses(tmp_path / "here", "cpu", step)
    info = folder.info()
    assert info["device"] == torch_device
    apart = max(abs(one - other) / other for one, other in zip(there, here, strict=True))
    found(info["step"], f"{apart:.1e} apart in proportion, {here[0]:.3f} to {here[-1]:.3f}")
    assert info["step"].startswith("compiled" if step == "compiled" else "eager")
    assert apart < 2e-3  # rounding, which training makes grow


LEARNT_AT = {"precision: bf16": 3e-2, "precision: fp16": 1e-1, "tf32: true": 1e-2}
"""How far the last loss may be from float32's, in proportion: a product is rounded to 8 or 11 bits, training makes that grow, and the first
steps in float16 are skipped."""


@pytest.mark.parametrize("more", LEARNT_AT)
@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_losses_in_another_precision(more, step, torch_device, tmp_path, found):
    if torch_device == "cpu" and "tf32" in more:
        pytest.skip("a CPU has no TF32")
    there, folder = losses(tmp_path / "there", torch_device, step, more=more)
    here, _ = losses(tmp_path / "here", "cpu", "eager")
    info = folder.info()
    apart = abs(there[-1] - here[-1]) / here[-1]
    skipped = f"; {info['skipped_steps']} steps skipped" if "skipped_steps" in info else ""
    found(f"{step}, {more}", f"{apart:.1e} apart from float32 on the CPU in proportion{skipped}")
    assert info["step"].startswith(step)
    assert info["tf32"] is ("tf32" in more and torch_device != "cpu")
    assert apart < LEARNT_AT[more]


@pytest.mark.parametrize(("more", "bound"), [("precision: fp32", 2e-3), *LEARNT_AT.items()])
def test_torch_compile(more, bound, torch_device, tmp_path, found):
    if torch_device == "cpu":
        pytest.skip("it takes a C++ compiler and a minute; this is about CUDA")
    there, _ = losses(tmp_path / "there", torch_device, "torch_compile", more=more)
    here, _ = losses(tmp_path / "here", "cpu", "eager")
    apart = abs(there[-1] - here[-1]) / here[-1]
    found(f"torch_compile, {more}", f"{apart:.1e} apart in proportion")
    assert apart < bound


def network(device):
    torch.manual_seed(0)
    body = torch.nn.Sequential(torch.nn.Linear(10, 64), torch.nn.BatchNorm1d(64), torch.nn.ReLU(), torch.nn.Linear(64, 3))

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = copy.deepcopy(body)

        def forward(self, x):
            return {"y": self.body(x)}

    return Net().to(device)


def loss(outputs, targets):
    return functional.cross_entropy(outputs["y"], targets["y"])


def rows(device, times=1):
    """Encoded rows with a class that can be learnt."""
    x = torch.from_numpy(np.stack([FRAME[f"x{number}"] for number in range(10)], axis=1).astype(np.float32)).repeat(times, 1)
    y = (x[:, 0] + x[:, 1] > 0).long() + (x[:, 2] > 1).long()
    return Tensors(len(x), (x.to(device),), {"y": y.to(device)})


def learn(step, data, device, epochs):
    """The mean loss of each epoch, in batches of eight."""
    bounds = list(batch_bounds(data.rows, 8))
    found = []
    for epoch in range(epochs):
        order = torch.from_numpy(epoch_order(data.rows, 0, epoch)).to(device)
        for _ in step.run_epoch(epoch, order, bounds, [1e-3] * len(bounds)):
            pass
        found.append(step.epoch_loss())
    return found


@pytest.mark.parametrize("kind", [entry.kind for entry in OPTIMIZERS])
def test_every_optimizer_learns_as_the_eager_step_on_the_cpu(kind, torch_device, found):
    """Enough blocks of a size that one is recorded as a graph and repeated."""
    losses = []
    for device, wanted in ((torch_device, "compiled"), ("cpu", "eager")):
        data = rows(device, times=3)
        step, remark = make_step(network(device), loss, OPTIMIZERS[kind](), data, 8, wanted=wanted)
        assert remark.startswith(wanted), remark
        losses.append(learn(step, data, device, 2))
        if device != "cpu":
            assert step.problem is None
            assert step.blocks[(8,)]._run.graphs
    apart = max(abs(one - other) / other for one, other in zip(*losses, strict=True))
    found(kind, f"losses {apart:.1e} apart in proportion, {losses[1][0]:.3f} to {losses[1][-1]:.3f}")
    assert apart < 5e-3


def test_dropout_follows_the_seed(torch_device):
    assert dropped(torch_device, 0.5, seed=5) == dropped(torch_device, 0.5, seed=5)
    assert dropped(torch_device, 0.5, seed=5) != dropped(torch_device, 0.5, seed=6)
    assert dropped(torch_device, 0.5, seed=5)[-1] > dropped(torch_device, 0.0, seed=5)[-1]


def dropped(device, rate, seed):
    module = network(device)
    module.body = torch.nn.Sequential(*module.body[:3], torch.nn.Dropout(rate), module.body[3])
    data = rows(device)
    step, remark = make_step(module, loss, OPTIMIZERS["adam"](), data, 8, seed=seed)
    assert remark.startswith("compiled"), remark
    return learn(step, data, device, 3)


class StopAt:
    """A progress display that lets training be stopped after an epoch, as Ctrl-C does."""

    def __init__(self, epoch):
        self.stop_at = epoch

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def note(self, text):
        pass

    def epoch(self, seen):
        if seen.number == self.stop_at:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("more", ["precision: fp32", "precision: bf16", "precision: fp16", "tf32: true", "data_on: host"])
@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_a_resumed_run_ends_as_one_that_never_stopped(step, more, torch_device, tmp_path, found):
    if torch_device == "cpu" and "tf32" in more:
        pytest.skip("a CPU has no TF32")
    text = SPEC.format(device=torch_device, step=step, epochs=5, dropout=0.3, more=more)
    whole = train(compiler.loads(text), frame=FRAME, runs=tmp_path / "whole").folder
    with suppress(StoppedError):
        train(compiler.loads(text), frame=FRAME, runs=tmp_path / "parts", progress=StopAt(2))
    [stopped] = [path for path in (tmp_path / "parts" / "gpu").iterdir() if path.is_dir() and not path.is_symlink()]
    parts = train(compiler.loads(text), frame=FRAME, runs=tmp_path / "parts", resume=RunFolder.open(stopped)).folder
    files = [(folder.path / "checkpoints" / (folder.path / "checkpoints" / "last").read_text().strip()) for folder in (whole, parts)]
    one, other = ((file / "model.safetensors").read_bytes() for file in files)
    found(f"{step}, {more}", "the same bytes" if one == other else "other bytes")
    assert one == other
