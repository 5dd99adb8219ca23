"""What is measured of a spec: signals and gradients in the untrained network, or how training goes and what it leaves."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import mlpspec
from mlpspec import CheckError
from mlpspec.language.document import Document
from runner.topic import Measure, Outcome

ROWS = 256
"""How many training rows the untrained network is shown."""

Probe = Callable[[Any, Document], Outcome]
"""Asks a network (a torch module in evaluation mode), trained by a spec, for something."""


def signals(document: Document) -> Outcome:
    """How large activations and gradients are in each layer before training, input first.

    `activation` and `gradient` are root mean squares, of a layer's outputs and of the gradient of its weights; `saturated` is the
    share of outputs beyond 0.99 on either side.
    """
    import torch
    from torch import nn

    inputs, [truth] = training_rows(document)
    torch.manual_seed(document.spec.seed)
    module = mlpspec.compile(document)
    outputs: list[torch.Tensor] = []
    layers = [layer for name, layer in module.named_children() if not name.startswith("head_")]
    hooks = [layer.register_forward_hook(lambda _module, _inputs, output: outputs.append(output.detach())) for layer in layers]
    [answer] = module(*inputs).values()
    loss = nn.functional.mse_loss(answer, truth) if truth.is_floating_point() else nn.functional.cross_entropy(answer, truth)
    loss.backward()
    for hook in hooks:
        hook.remove()
    gradients = [part.weight.grad for layer in layers for part in layer.modules() if isinstance(part, nn.Linear)]
    activation = [_size(output) for output in outputs]
    gradient = [_size(found) for found in gradients]
    return {
        "activation": activation,
        "gradient": gradient,
        "saturated": [float((output.abs() > 0.99).double().mean()) for output in outputs],
        "first activation": activation[0],
        "last activation": activation[-1],
        "first gradient": gradient[0],
        "last gradient": gradient[-1],
        "saturated share": float((outputs[-1].abs() > 0.99).double().mean()),
    }


def training_rows(document: Document) -> tuple[list[Any], list[Any]]:
    """The first `ROWS` training rows as the network reads them, and the truth, as tensors."""
    import torch

    from mlpspec.data.load import load_data_of

    part = load_data_of(document).parts["train"]
    return [torch.as_tensor(rows[:ROWS]) for rows in part.inputs.values()], [torch.as_tensor(rows[:ROWS]) for rows in part.targets.values()]


def _size(values: Any) -> float:
    """Root mean square, in double precision so that small squares do not vanish."""
    return float(values.double().pow(2).mean().sqrt())


def trained(probe: Probe | None = None, *, at: Sequence[int] = ()) -> Measure:
    """How training goes, epoch by epoch, and what `probe` finds in the network at its end and after the epochs `at`.

    The numbers are those after the last epoch, not the best one: an experiment on training must not choose among epochs by the rows
    that it judges by. A run whose loss becomes NaN or infinite keeps the figures that it had, and `diverged` is 1.
    """

    def measure(document: Document) -> Outcome:
        recorder = _Recorder(document, probe, at)
        with tempfile.TemporaryDirectory() as folder:
            try:
                mlpspec.train(document, runs=Path(folder), callbacks=[recorder])
                diverged = 0.0
            except CheckError:
                diverged = 1.0
        return {**recorder.outcome(), "diverged": diverged}

    return measure


class _Recorder(mlpspec.Callback):
    """Keeps the figures of every epoch, also of a run that ends badly."""

    def __init__(self, document: Document, probe: Probe | None, at: Sequence[int]):
        self.document, self.probe, self.at = document, probe, at
        self.curves: dict[str, list[float]] = {}
        self.found: dict[str, float | Sequence[float]] = {}
        self.updates = 0

    def on_epoch_end(self, run: Any) -> None:
        figures = {**run.figures, "learning rate": run.learning_rate}
        for name, value in figures.items():
            self.curves.setdefault(name, []).append(np.nan if value is None else float(value))
        self.updates = run.steps
        if self.probe is not None and run.epoch in self.at:
            self.found |= {f"{name} {run.epoch}": value for name, value in self._asked(self.probe, run.module).items()}

    def on_end(self, run: Any, ended: str) -> None:
        if self.probe is not None and ended == "finished":
            self.found |= self._asked(self.probe, run.module)

    def outcome(self) -> Outcome:
        ends = {name.replace("train.", "training ").replace("validation.", ""): values[-1] for name, values in self.curves.items()}
        return {**self.curves, **ends, **self.found, "updates": float(self.updates)}

    def _asked(self, probe: Probe, module: Any) -> Outcome:
        """A probe's answer, the network left as it was."""
        import torch

        was_training = module.training
        module.eval()
        try:
            with torch.no_grad():
                return probe(module, self.document)
        finally:
            module.train(was_training)


def both(*measures: Measure) -> Measure:
    """Several measures of the same spec, one after the other."""
    return lambda document: {name: value for measure in measures for name, value in measure(document).items()}
