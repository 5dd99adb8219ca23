"""A target that every row is asked about several times: the mean of the answers, and how far they spread."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mlpspec.data.operators import run_program
from mlpspec.ir.fitted import Answer, FittedTarget
from mlpspec.ir.program import Program, Step

_DECIDING = ("argmax", "at_least")
"""Operators behind which there are classes, which have no mean: these are decided by the means in front of them."""

_PICKING = ("squeeze", "pick", "identity")


def sampled_target(target: FittedTarget, samples: int) -> FittedTarget:
    """The target with a decoding that takes (batch * samples, outputs), the samples of a row side by side.

    Numbers and probabilities are the means over the samples, and labels follow from those. Added are `<target>_deviation`, the standard
    deviation of the samples (divided by samples - 1), shaped as the numbers or probabilities; and, where a row has one of several classes,
    `<target>_entropy`, (batch, 2) in nats: of the mean probabilities (`total`), and the part of it that comes from the samples' difference
    (`model`), which is the mutual information of answer and sample.

    For a single sample it is the target itself.

    Source: Gal 2016, Uncertainty in Deep Learning, section 3.3; Depeweg et al. 2018 for the parts of the entropy.
    """
    if samples == 1:
        return target
    decode = target.decode
    late = decided_steps(decode)
    early = [step for step in decode.steps if step not in late]
    numbers = [answer for answer in target.answers if answer.type == "float32"]
    averaged = {*(answer.name for answer in numbers), target.prediction, *(name for step in late for name in step.inputs)}
    averaged &= {step.output for step in early}
    shapes = row_shapes(replace(decode, outputs=tuple(averaged)), target.facts.outputs)
    steps = [_of_samples(step, decode.inputs) for step in early]

    def over_samples(op: str, value: str, output: str, shape: tuple[int, ...]) -> None:
        steps.append(Step(op, (value,), output, {"samples": samples, "shape": list(shape)}))

    for value in (step.output for step in early if step.output in averaged):
        over_samples("sample_mean", _sampled(value), value, shapes[value])
    spread = next((answer for answer in numbers if answer.kind == "probability"), numbers[0])
    without_offset, value = _without_offset(steps, _sampled(spread.name))
    steps += without_offset
    added = [Answer(f"{target.name}_deviation", "deviation", "float32", spread.columns)]
    over_samples("sample_deviation", value, added[0].name, shapes[spread.name])
    if spread.kind == "probability" and target.answers[0].columns is None:
        added.append(Answer(f"{target.name}_entropy", "entropy", "float32", ("total", "model")))
        over_samples("sample_entropy", _sampled(spread.name), added[1].name, shapes[spread.name])
    outputs = (*decode.outputs, *(answer.name for answer in added))
    return replace(target, decode=Program(decode.inputs, outputs, (*steps, *late)), answers=(*target.answers, *added))


def decided_steps(decode: Program) -> list[Step]:
    """The steps that calculate with classes."""
    classes: set[str] = set()
    for step in decode.steps:
        if step.op in _DECIDING or classes.intersection(step.inputs):
            classes.add(step.output)
    return [step for step in decode.steps if step.output in classes]


def _sampled(value: str) -> str:
    return f"{value}.samples"


def _of_samples(step: Step, inputs: tuple[str, ...]) -> Step:
    """The step for each sample, under names that leave the old ones to the means."""
    return replace(step, inputs=tuple(name if name in inputs else _sampled(name) for name in step.inputs), output=_sampled(step.output))


def _without_offset(steps: list[Step], value: str) -> tuple[list[Step], str]:
    """Steps to a value that spreads as `value` does, and its name.

    What is added to all samples at the end, such as the mean of a scaled target, is left out: far from zero it would round the differences.
    """
    made_by = {step.output: step for step in steps}
    trailing: list[Step] = []
    source = value
    while (step := made_by.get(source)) is not None and step.op in (*_PICKING, "add"):
        trailing.insert(0, step)
        source = step.inputs[0]
    if not any(step.op == "add" for step in trailing):
        return [], value
    again: list[Step] = []
    for step in (step for step in trailing if step.op != "add"):
        again.append(replace(step, inputs=(source,), output=f"{step.output}.differences"))
        source = again[-1].output
    return again, source


def row_shapes(decode: Program, outputs: int) -> dict[str, tuple[int, ...]]:
    """The shapes of a row's values."""
    values = run_program(decode, {decode.inputs[0]: np.zeros((1, outputs), np.float32)})
    return {name: value.shape[1:] for name, value in values.items()}
