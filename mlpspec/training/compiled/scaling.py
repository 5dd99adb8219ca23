"""Loss scaling over flat memory: the calls around the update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from mlpspec.training.compiled.flat import Flat
from mlpspec.training.compiled.lower import Gradient
from mlpspec.training.compiled.program import Call, Name, Program
from mlpspec.training.compiled.settle import settle
from mlpspec.training.loss_scale import BACKOFF, GROWTH, INTERVAL, LossScale

aten = torch.ops.aten


def write_unscale(scale: LossScale, program: Program, gradients: Flat, found: Mapping[str, Gradient]) -> dict[str, Gradient]:
    """Take the scale out of all gradients, and note whether they are finite. They lie in their places in `gradients` then."""
    found = settle(program, gradients, found)
    overflow, inverse = program.tensor(scale.found), program.tensor(scale.inverse)
    _add(program, aten.zero_.default, overflow)
    _add(program, aten.reciprocal.out, program.tensor(scale.value), out=inverse)
    _add(program, aten._amp_foreach_non_finite_check_and_unscale_.default, program.list([gradients.all]), overflow, inverse)
    return found


def write_count(scale: LossScale, program: Program, step_number: Name) -> Name:
    """The number of the step among those that were not skipped."""
    count = program.tensor(torch.zeros((), device=scale.value.device))
    _add(program, aten.sub.out, step_number, program.tensor(scale.skipped), out=count)
    return count


def write_keep(scale: LossScale, program: Program, memory: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
    """Copies of what an update changes that does not look for an overflow by itself; `write_restore` puts them back after one."""
    copies = [torch.empty_like(tensor) for tensor in memory]
    for copy, tensor in zip(copies, memory, strict=True):
        _add(program, aten.copy_.default, program.tensor(copy), program.tensor(tensor))
    return copies


def write_restore(scale: LossScale, program: Program, memory: Sequence[torch.Tensor], copies: Sequence[torch.Tensor]) -> None:
    """Undo the update where a gradient was not finite."""
    skipped = program.tensor(torch.zeros((), dtype=torch.bool, device=scale.value.device))
    _add(program, aten.ne.Scalar_out, program.tensor(scale.found), 0, out=skipped)
    for copy, tensor in zip(copies, memory, strict=True):
        now = program.tensor(tensor)
        _add(program, aten.where.self_out, skipped, program.tensor(copy), now, out=now)


def write_rescale(scale: LossScale, program: Program) -> None:
    """Change the scale, and count a skipped step."""
    overflow = program.tensor(scale.found)
    growth = program.tensor(scale.growth)
    _add(program, aten._amp_update_scale_.default, program.tensor(scale.value), growth, overflow, GROWTH, BACKOFF, INTERVAL)
    _add(program, aten.add_.Tensor, program.tensor(scale.skipped), overflow)


def _add(program: Program, operator: torch._ops.OpOverload, *args: Any, **kwargs: Any) -> None:
    program.calls.append(Call(operator, args, kwargs))
