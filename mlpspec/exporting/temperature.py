"""Temperature: one number by which a target's logits are divided, so that its probabilities come true as often as they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from mlpspec.catalog.float32 import float32_numbers
from mlpspec.data.operators import run_program
from mlpspec.diagnostics import DataError
from mlpspec.exporting.sampled_target import sampled_target
from mlpspec.ir.fitted import FittedTarget
from mlpspec.ir.program import Step

BINS = 15
"""Bins of the calibration error, as in Guo et al. 2017."""

LOWEST, HIGHEST = 0.01, 100.0
"""Where a temperature is looked for. An optimum at one of the ends is none."""

_GRID = 41
_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Change:
    """A figure without the temperature, and with it."""

    before: float
    after: float


@dataclass(frozen=True)
class Calibration:
    """A target's temperature, and what it does on the `rows` that it was fitted on.

    `log_loss` is the mean negative logarithm, in nats, of the truth's probability, `calibration_error` the mean distance between the
    likelier class's probability and how often it is right, in 15 bins; `labels_changed` counts the labels that are others now.
    """

    temperature: float
    rows: int
    log_loss: Change
    calibration_error: Change
    labels_changed: int

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)


def calibrate(target: FittedTarget, logits: np.ndarray, truth: np.ndarray) -> tuple[FittedTarget, Calibration]:
    """A target of classes with the temperature that makes its log loss smallest, and what that changes.

    No label changes where every row is answered once and the likelier class is the label: in targets of several classes, and of two
    classes or labels with the threshold 0.5.

    Args:
        target: answered once a row, with a softmax or sigmoid of the logits.
        logits: (rows, samples, outputs) of the head; the probability that counts is the mean over the samples.
        truth: as `target.encode` gives it: class numbers (rows,), or 0 and 1, (rows, outputs).

    Raises:
        DataError: `no-temperature` when no temperature is best.

    Source: Guo et al. 2017, On calibration of modern neural networks; Laves et al. 2019 for several samples.
    """
    exact = logits.astype(np.float64)
    [temperature] = float32_numbers([best_temperature(lambda t: log_loss(exact / t, truth), target.name, len(truth))])
    calibrated = with_temperature(target, temperature)
    scaled = exact / temperature
    figures = Calibration(
        temperature,
        len(truth),
        Change(log_loss(exact, truth), log_loss(scaled, truth)),
        Change(calibration_error(exact, truth), calibration_error(scaled, truth)),
        int((_labels(target, logits) != _labels(calibrated, logits)).sum()),
    )
    return calibrated, figures


def with_temperature(target: FittedTarget, temperature: float) -> FittedTarget:
    """The target with a decoding that divides the logits first."""
    [logits] = target.decode.inputs
    divided = Step("divide", (logits,), f"{logits}.calibrated", {"values": [temperature]})
    steps = (replace(step, inputs=tuple(divided.output if n == logits else n for n in step.inputs)) for step in target.decode.steps)
    return replace(target, decode=replace(target.decode, steps=(divided, *steps)))


def best_temperature(loss: Callable[[float], float], name: str, rows: int) -> float:
    """Where a loss of the temperature is smallest: the best of a grid of logarithms, then the golden section between its neighbours.

    The log loss of one sample is convex in 1/T, and so has no second minimum to fall into.
    """
    grid = np.linspace(np.log(LOWEST), np.log(HIGHEST), _GRID)
    best = int(np.argmin([loss(float(np.exp(place))) for place in grid]))
    if best in (0, _GRID - 1):
        raise _no_temperature(name, rows, confident=best == 0)
    low, high = float(grid[best - 1]), float(grid[best + 1])
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = loss(float(np.exp(left))), loss(float(np.exp(right)))
    while high - low > 1e-7:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = loss(float(np.exp(left)))
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = loss(float(np.exp(right)))
    return float(np.exp((low + high) / 2))


def log_loss(logits: np.ndarray, truth: np.ndarray) -> float:
    """The mean, over rows and labels, of the negative logarithm of the truth's probability, which is the mean over the samples."""
    of_truth = _log_of_truth(logits, truth)
    return -float((np.logaddexp.reduce(of_truth, axis=1) - np.log(of_truth.shape[1])).mean())


def calibration_error(logits: np.ndarray, truth: np.ndarray) -> float:
    """The expected calibration error of the likelier class over 15 equal bins of probability, every label by itself.

    Source: Naeini et al. 2015; Guo et al. 2017, equation 3.
    """
    if truth.ndim == 1:
        probability = np.exp(_log_softmax(logits)).mean(axis=1)
        sure, right = probability.max(axis=1), probability.argmax(axis=1) == truth
    else:
        probability = np.exp(-np.logaddexp(0, -logits)).mean(axis=1)
        sure, right = np.maximum(probability, 1 - probability).ravel(), ((probability >= 0.5) == (truth >= 0.5)).ravel()
    bins = np.ceil(sure * BINS).astype(np.int64).clip(1, BINS) - 1
    return float(np.abs(np.bincount(bins, right - sure, BINS)).sum() / len(sure))


def _log_of_truth(logits: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The logarithm of the probability of the truth for every sample: (rows, samples, 1), or (rows, samples, labels)."""
    if truth.ndim == 1:
        return np.take_along_axis(_log_softmax(logits), truth.astype(np.int64)[:, None, None], axis=2)
    return -np.logaddexp(0, np.where(truth[:, None, :] >= 0.5, -logits, logits))


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=2, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))


def _labels(target: FittedTarget, logits: np.ndarray) -> np.ndarray:
    """What the file would answer."""
    rows, samples, outputs = logits.shape
    decode = sampled_target(target, samples).decode
    values = run_program(decode, {decode.inputs[0]: logits.reshape(rows * samples, outputs).astype(np.float32)})
    return values[target.name]


def _no_temperature(name: str, rows: int, *, confident: bool) -> DataError:
    if confident:
        message = (
            f"no temperature is best for `{name}`: its {rows:,} validation rows are answered so well that more confidence is always better"
        )
    else:
        message = f"no temperature is best for `{name}`: on its {rows:,} validation rows the answers say nothing about the truth"
    help = "give `data.split.validation` more rows and train again, or leave `calibrate` out"
    return DataError(message, code="no-temperature", help=help)
