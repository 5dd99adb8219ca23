"""What a network says about rows, and how good that is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from mlpspec.catalog.metrics.base import Answers, UndefinedMetric
from mlpspec.data.operators import run_program
from mlpspec.ir.fitted import FittedTarget, Preprocessing
from mlpspec.language.figures import metric_name, metrics_of
from mlpspec.language.sections.spec import Spec
from mlpspec.training.group import ALONE, Group
from mlpspec.training.losses import target_loss
from mlpspec.training.source import Source

EVALUATION_BATCH = 8192


@dataclass(frozen=True)
class Evaluation:
    """Figures by name (`loss`, `species.accuracy`), None where a metric is undefined, with the reason; the answers by target."""

    rows: int
    figures: Mapping[str, float | None]
    undefined: Mapping[str, str]
    answers: Mapping[str, Answers]


def shared_outputs(module: nn.Module, data: Source, group: Group) -> dict[str, torch.Tensor]:
    """What `network_outputs` gives, each process of a group having calculated its share of the rows.

    All calculate equally many rows, and call the network equally often: a network that is divided among them answers to all at once.
    """
    group.follow(module.buffers())  # the running statistics of batch norm
    start, end = (data.rows * part // group.size for part in (group.rank, group.rank + 1))
    each = -(-data.rows // group.size)
    first = min(start, data.rows - each)
    shapes = {name: output.shape for name, output in network_outputs(module, data.head(1)).items()}
    outputs = {name: torch.zeros((data.rows, *shape[1:])) for name, shape in shapes.items()}
    for name, output in network_outputs(module, data.part(first, first + each)).items():
        outputs[name][start:end] = output[start - first : end - first]
    return {name: group.add_up(output) for name, output in outputs.items()}


def network_outputs(module: nn.Module, data: Source, *, batch: int = EVALUATION_BATCH) -> dict[str, torch.Tensor]:
    """The outputs of every head for all rows, `batch` at once, as in prediction, on the CPU. The module's mode is kept as it was."""
    was_training = module.training
    module.eval()
    pieces: dict[str, list[torch.Tensor]] = {}
    with torch.no_grad():  # in inference mode a divided network would gather its weights into memory that no step could use again
        for delivery in data.visit(None, [(start, min(data.rows, start + batch)) for start in range(0, data.rows, batch)]):
            for target, output in module(*delivery.take()[0]).items():
                pieces.setdefault(target, []).append(output)
    module.train(was_training)
    return {target: torch.cat(parts).cpu() for target, parts in pieces.items()}


def evaluate(module: nn.Module, data: Source, spec: Spec, preprocessing: Preprocessing, group: Group = ALONE) -> Evaluation:
    """Loss and metrics of all targets over all rows of `data` (at least one row).

    A network that answers every row several times, side by side, has the mean loss of its answers; `preprocessing` takes them together.
    """
    outputs = network_outputs(module, data) if group.size == 1 else shared_outputs(module, data, group)
    figures: dict[str, float | None] = {"loss": 0.0}
    undefined: dict[str, str] = {}
    answers: dict[str, Answers] = {}
    total = 0.0
    for name, target in spec.targets.items():
        truth = data.targets[name].cpu()
        samples = len(outputs[name]) // data.rows
        loss = target_loss(target, preprocessing.targets[name])(outputs[name], truth.repeat_interleave(samples, dim=0)).item()
        total += target.weight * loss
        if len(spec.targets) > 1:
            figures[f"{name}.loss"] = _defined(f"{name}.loss", loss, undefined)
        answers[name] = answers_of(preprocessing.targets[name], outputs[name].numpy(), truth.numpy())
        for metric in metrics_of(spec, target):
            label = metric_name(spec, name, metric)
            try:
                figures[label] = metric.compute(answers[name])
            except UndefinedMetric as reason:
                figures[label], undefined[label] = None, str(reason)
    figures["loss"] = _defined("loss", total, undefined)
    return Evaluation(data.rows, figures, undefined, answers)


def _defined(name: str, loss: float, undefined: dict[str, str]) -> float | None:
    """A loss as a figure: there is none when it is not a finite number."""
    if math.isfinite(loss):
        return loss
    undefined[name] = f"it is {loss}"
    return None


def answers_of(target: FittedTarget, output: np.ndarray, truth: np.ndarray) -> Answers:
    """The head's output (rows, outputs) and the encoded truth as answers: class numbers and probabilities, or numbers in their own unit."""
    probability = next((answer.name for answer in target.answers if answer.kind == "probability"), None)
    wanted = (target.prediction,) if probability is None else (target.prediction, probability)
    said = run_program(replace(target.decode, outputs=wanted), {target.decode.inputs[0]: output})
    [true] = run_program(target.restore, {target.restore.inputs[0]: truth}).values()
    return Answers(true, said[target.prediction], None if probability is None else said[probability], target.kind == "binary")
