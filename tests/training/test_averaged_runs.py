"""Whole runs with averaged weights: which are measured, kept, stored and exported."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from mlpspec.compiler import loads
from mlpspec.ir.callback import Callback
from mlpspec.training.fingerprint import weights_sha256
from mlpspec.training.run_document import load_run_module

SETTINGS = ("training.epochs=8", "model.0.dense={units: 8, batchnorm: true}", "training.optimizer={adam: 0.02}")


class Snapshots(Callback):
    """The weights at the end of every epoch, and the figures."""

    def __init__(self):
        self.weights, self.losses = [], []

    def on_epoch_end(self, run):
        self.weights.append({name: tensor.clone() for name, tensor in run.module.state_dict().items()})
        self.losses.append(run.figures["validation.loss"])


def stored(result, pointer):
    folder = result.folder.path / "checkpoints"
    return load_file(folder / (folder / pointer).read_text().strip() / "model.safetensors")


def exported(result):
    """The weights that `export` takes."""
    document = loads(result.folder.resolved_spec())
    return load_run_module(result.folder, document, result.folder.preprocessing())[1].state_dict()


@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_swa_ends_with_the_mean_of_the_last_epochs(train_in, spec_text, step):
    """The last quarter of 8 epochs: the mean of two sets of weights."""
    seen = Snapshots()
    result = train_in(spec_text, *SETTINGS, "training.callbacks=[swa]", f"training.step={step}", callbacks=[seen])
    kept = exported(result)
    for name, tensor in kept.items():
        if "running" not in name and "num_batches" not in name:
            torch.testing.assert_close(tensor, (seen.weights[6][name] + seen.weights[7][name]) / 2)
    assert result.weights == result.folder.info()["weights"] == "average"
    assert result.weights_sha256 == weights_sha256(kept) == weights_sha256(stored(result, "average"))
    assert weights_sha256(stored(result, "best")) != result.weights_sha256
    assert "With averaged weights" in (result.folder.path / "report.html").read_text()


def test_the_norms_of_swa_know_the_mean_weights(train_in, spec_text):
    """Their mean is that of what enters them, over the training rows."""
    from mlpspec.data.load import load_dataset

    result = train_in(spec_text, *SETTINGS, "training.callbacks=[swa]")
    spec = loads(result.folder.resolved_spec()).spec
    data = load_dataset(spec.data, spec.inputs, spec.targets, folder=result.folder.path.parents[2], seed=spec.seed)
    part = data.parts["train"]
    x = torch.from_numpy(np.concatenate([array.reshape(part.rows, -1) for array in part.inputs.values()], axis=1))
    kept = exported(result)
    [weight] = [tensor for name, tensor in kept.items() if name.endswith("linear.weight")]
    [mean] = [tensor for name, tensor in kept.items() if name.endswith("running_mean")]
    torch.testing.assert_close(mean, (x @ weight.T).mean(0), atol=1e-5, rtol=1e-4)


def test_swa_that_is_measured_is_kept_when_it_is_best(train_in, spec_text, metrics_of_run):
    plain, seen = Snapshots(), Snapshots()
    train_in(spec_text, *SETTINGS, callbacks=[plain])
    result = train_in(spec_text, *SETTINGS, "training.callbacks=[{swa: {start: 4, use: validation}}]", callbacks=[seen])
    assert seen.losses[:4] == plain.losses[:4]
    assert all(mine != theirs for mine, theirs in zip(seen.losses[5:], plain.losses[5:], strict=True))
    assert weights_sha256(seen.weights[-1]) == weights_sha256(plain.weights[-1]), "training itself goes on as without"
    assert result.weights == "best"
    assert result.figures["validation"]["loss"] == pytest.approx(min(seen.losses), rel=1e-6)


@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_ema_is_measured_and_kept_when_it_is_best(train_in, spec_text, step):
    plain, seen = Snapshots(), Snapshots()
    train_in(spec_text, *SETTINGS, f"training.step={step}", callbacks=[plain])
    result = train_in(spec_text, *SETTINGS, f"training.step={step}", "training.callbacks=[{ema: 0.9}]", callbacks=[seen])
    assert weights_sha256(seen.weights[-1]) == weights_sha256(plain.weights[-1])
    assert seen.losses != plain.losses
    assert result.figures["validation"]["loss"] == pytest.approx(min(seen.losses), rel=1e-6)
    assert weights_sha256(exported(result)) == result.weights_sha256 != weights_sha256(seen.weights[result.best_epoch - 1])


def test_ema_that_is_only_stored_changes_nothing_else(train_in, spec_text):
    plain = train_in(spec_text, *SETTINGS)
    result = train_in(spec_text, *SETTINGS, "training.callbacks=[{ema: {decay: 0.5, warmup: false, use: nothing}}]")
    assert (result.weights_sha256, result.figures) == (plain.weights_sha256, plain.figures)
    assert weights_sha256(stored(result, "average")) != result.weights_sha256
    assert not (plain.folder.path / "checkpoints" / "average").exists()


def test_averages_that_never_began_leave_the_best_weights(train_in, spec_text):
    result = train_in(spec_text, *SETTINGS, "training.callbacks=[{swa: 8}]")
    assert result.weights == "best"


def test_the_export_of_averaged_weights_is_proved(train_in, spec_text):
    from mlpspec.exporting.export import export

    result = train_in(spec_text, *SETTINGS, "training.callbacks=[swa]")
    export(result.folder, result.folder.path / "model.onnx")
    assert json.loads((result.folder.path / "run.json").read_text())["weights"] == "average"
