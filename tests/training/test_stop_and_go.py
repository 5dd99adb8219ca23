"""Stopped in the middle of an epoch and taken up again, each feature gives the very weights of a run that never stopped."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from mlpspec.diagnostics import StoppedError
from mlpspec.training import chunks, stored_tensors
from mlpspec.training.compiled import block
from mlpspec.training.compiled.step import CompiledStep
from mlpspec.training.interrupt import Interrupt
from mlpspec.training.progress import Silent
from mlpspec.training.run_folder import RunFolder
from mlpspec.training.step import EagerStep

FEATURES = {
    "batch norm and dropout": ("model.0.dense.batchnorm=true", "model.0.dense.dropout=0.3"),
    "accumulation": ("training.accumulate=2", "model.0.dense.batchnorm=true", "model.0.dense.dropout=0.5"),
    "growth": ("training.batch_size={growth: {start: 3, every: 1, maximum: 12, learning_rate_scaling: sqrt}}", "training.schedule=cosine"),
    "milestones": ("training.batch_size={milestones: {epochs: [1, 3], sizes: [4, 8, 5]}}",),
    "auto": ("training.batch_size=auto", "training.accumulate=1"),
    "bfloat16": ("training.precision=bf16", "model.0.dense.batchnorm=true", "model.0.dense.dropout=0.3"),
    "float16": ("training.precision=fp16", "training.accumulate=2", "training.clip={norm: 0.5}"),
    "fetched rows": ("training.data_on=host", "model.0.dense.dropout=0.3", "training.mixing=mixup"),
    "left out rows": ("training.drop_last=true", "training.batch_size=5"),
    "balanced": ("training.sampling={balanced: {epoch: commonest}}",),
    "stratified": ("training.sampling={stratified: colour}",),
    "augmented": ("inputs.size={numeric: {augment: [{noise: 0.2}, {swap: 0.3}]}}", "inputs.colour={category: {augment: [mask]}}"),
    "mixed": ("training.mixing=mixup", "training.accumulate=2", "model.0.dense.dropout=0.2"),
    "streamed": ("data.streaming=true", "model.0.dense.batchnorm=true", "model.0.dense.dropout=0.3"),
    "streamed and mixed": ("data.streaming=true", "training.mixing=mixup", "training.accumulate=2", "training.batch_size=2"),
    "weighted": ("training.sampling={weighted: weight}",),
}


def last_weights(folder: RunFolder):
    checkpoints = folder.path / "checkpoints"
    return load_file(checkpoints / (checkpoints / "last").read_text().strip() / "model.safetensors")


@pytest.fixture
def stop_in_the_second_epoch(monkeypatch):
    """A wish to stop after its first step, or block of steps."""

    def stop():
        active = []
        enter = Interrupt.__enter__
        monkeypatch.setattr(Interrupt, "__enter__", lambda self: active.append(self) or enter(self))
        for step in (EagerStep, CompiledStep):
            real = step.run_epoch

            def watched(self, epoch, *args, real=real, **options):
                for done in real(self, epoch, *args, **options):
                    if epoch == 1 and not active[-1].exit_code and len(active) == 1:
                        active[-1].exit_code = 75
                    yield done

            monkeypatch.setattr(step, "run_epoch", watched)

    return stop


class Notes(Silent):
    def __init__(self):
        self.kept = []

    def note(self, text):
        self.kept.append(text)


@pytest.mark.parametrize("step", ["compiled", "eager"])
@pytest.mark.parametrize("feature", FEATURES)
def test_the_same_weights(feature, step, train_in, monkeypatch, stop_in_the_second_epoch):
    monkeypatch.setattr(block, "BLOCK_STEPS", 2)
    monkeypatch.setattr(stored_tensors, "PIECE_BYTES", 240)  # ten rows of what is streamed
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 72)
    settings = (*FEATURES[feature], "training.epochs=4", f"training.step={step}", "training.optimizer={adam: 0.02}")
    settings = settings if any("batch_size" in setting for setting in settings) else (*settings, "training.batch_size=4")
    whole = train_in(None, *settings)
    stop_in_the_second_epoch()
    with pytest.raises(StoppedError) as stopped:
        train_in(None, *settings)
    [diagnostic] = stopped.value.diagnostics
    folder = RunFolder.open(diagnostic.message.rsplit(" in ", 1)[1])
    notes = Notes()
    done = train_in(None, *settings, resume=folder, progress=notes)
    assert any(note.startswith("going on after epoch 1, step ") for note in notes.kept)
    assert whole.folder.info()["step"].startswith(step)
    expected, found = last_weights(whole.folder), last_weights(done.folder)
    assert whole.folder.path != done.folder.path
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert [line["train.loss"] for line in done.folder.metrics()] == [line["train.loss"] for line in whole.folder.metrics()]
