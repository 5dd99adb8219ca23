"""What of a target's answers is averaged over the members of an ensemble, and what is decided by the means."""

from __future__ import annotations

from dataclasses import replace

from mlpspec.exporting.sampled_target import decided_steps, row_shapes
from mlpspec.ir.fitted import Answer, FittedTarget
from mlpspec.ir.program import Program, Step


def member_target(target: FittedTarget) -> FittedTarget:
    """The target as a member answers it: with the numbers that have a mean (probabilities, values, ends of intervals), and no classes."""
    late = decided_steps(target.decode)
    early = tuple(step for step in target.decode.steps if step not in late)
    values = averaged_values(target)
    decode = Program(target.decode.inputs, values, early)
    shapes = row_shapes(decode, target.facts.outputs)
    answers = tuple(Answer(name, "probability", "float32", tuple(range(shapes[name][0])) if shapes[name] else None) for name in values)
    return replace(target, decode=decode, answers=answers, prediction=values[0])


def ensemble_target(target: FittedTarget, members: int) -> FittedTarget:
    """The target with a decoding that takes the members' numbers, calculates their means, and decides classes by those.

    The inputs of the decoding are named by `member_value`.
    """
    values = averaged_values(target)
    means = [Step("mean", tuple(member_value(name, member) for member in range(members)), name) for name in values]
    inputs = tuple(member_value(name, member) for member in range(members) for name in values)
    return replace(target, decode=Program(inputs, target.decode.outputs, (*means, *decided_steps(target.decode))))


def averaged_values(target: FittedTarget) -> tuple[str, ...]:
    """The values of a target's decoding that are averaged: numbers that are answers, or that classes are decided by."""
    late = decided_steps(target.decode)
    early = [step for step in target.decode.steps if step not in late]
    wanted = {*(answer.name for answer in target.answers if answer.type == "float32"), *(name for step in late for name in step.inputs)}
    return tuple(step.output for step in early if step.output in wanted)


def member_value(name: str, member: int) -> str:
    """What an ensemble calls a value of one of its members (from 0).

    >>> member_value("species_probability", 0)
    'fold1/species_probability'
    """
    return f"fold{member + 1}/{name}"
