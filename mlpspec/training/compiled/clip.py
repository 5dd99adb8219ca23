"""Clippings over flat memory: the calls between the gradients and the update."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from mlpspec.pytorch.clipping import LEAST, unit_axes
from mlpspec.training.clip import Clip
from mlpspec.training.compiled.flat import Flat
from mlpspec.training.compiled.lower import Gradient
from mlpspec.training.compiled.program import Call, Program
from mlpspec.training.compiled.settle import settle

aten = torch.ops.aten


def write_clip(clip: Clip, program: Program, weights: Flat, gradients: Flat, found: Mapping[str, Gradient]) -> dict[str, Gradient]:
    """Add the clipping to a program. All gradients lie in their places in `gradients` then; weights without one count as zero there.

    Raises:
        NotImplementedError: for a clipping that this file does not know.
    """
    if clip.record.target not in CLIPPINGS:
        raise NotImplementedError(f"the clipping {clip.record.target}")
    settled = settle(program, gradients, found)
    CLIPPINGS[clip.record.target](program, weights, gradients, [name for name in found if name in clip.weights], clip.record.kwargs)
    return settled


def _norm(program: Program, _: Flat, gradients: Flat, names: list[str], options: Mapping[str, Any]) -> None:
    """One norm over one buffer: clip_grad_norm_'s arithmetic."""
    everything = program.tensor(gradients.all)
    norm = program.tensor(torch.zeros((), dtype=gradients.all.dtype, device=gradients.all.device))
    _add(program, aten.linalg_vector_norm.out, everything, out=norm)
    _add(program, aten.add_.Scalar, norm, 1e-6)
    _add(program, aten.reciprocal_.default, norm)
    _add(program, aten.mul_.Scalar, norm, float(options["max_norm"]))
    _add(program, aten.clamp_max_.default, norm, 1.0)
    _add(program, aten.mul_.Tensor, everything, norm)


def _value(program: Program, _: Flat, gradients: Flat, names: list[str], options: Mapping[str, Any]) -> None:
    limit = float(options["clip_value"])
    _add(program, aten.clamp_.default, program.tensor(gradients.all), -limit, limit)


def _adaptive(program: Program, weights: Flat, gradients: Flat, names: list[str], options: Mapping[str, Any]) -> None:
    for name in names:
        weight, axes = weights.views[name], unit_axes(weights.views[name])
        gradient = program.tensor(gradients.views[name])
        norms = torch.zeros(
            2, weight.shape[0] if weight.dim() > 1 else 1, *[1] * (weight.dim() - 1), dtype=weight.dtype, device=weight.device
        )
        largest, norm = (program.tensor(part) for part in norms)
        _add(program, aten.linalg_vector_norm.out, program.tensor(weight), 2, axes, True, out=largest)
        _add(program, aten.clamp_min_.default, largest, float(options["eps"]))
        _add(program, aten.mul_.Scalar, largest, float(options["ratio"]))
        _add(program, aten.linalg_vector_norm.out, gradient, 2, axes, True, out=norm)
        _add(program, aten.clamp_min_.default, norm, LEAST)
        _add(program, aten.div_.Tensor, largest, norm)
        _add(program, aten.clamp_max_.default, largest, 1.0)
        _add(program, aten.mul_.Tensor, gradient, largest)


def _add(program: Program, operator: torch._ops.OpOverload, *args: Any, **kwargs: Any) -> None:
    program.calls.append(Call(operator, args, kwargs))


CLIPPINGS: dict[str, Callable[[Program, Flat, Flat, list[str], Mapping[str, Any]], None]] = {
    "nn.utils.clip_grad_norm_": _norm,
    "nn.utils.clip_grad_value_": _value,
    "clipping.clip_grad_adaptive_": _adaptive,
}
"""For each clipping its calls."""
