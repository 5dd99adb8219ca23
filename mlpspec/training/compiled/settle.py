"""Gradients put where they belong: what looks at all of them together needs them in one buffer."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from mlpspec.training.compiled.flat import Flat
from mlpspec.training.compiled.lower import Gradient
from mlpspec.training.compiled.program import Call, Program


def settle(program: Program, gradients: Flat, found: Mapping[str, Gradient]) -> dict[str, Gradient]:
    """Copy the gradients that lie elsewhere to their places in `gradients`; weights without one count as zero there."""
    for name, gradient in found.items():
        place = gradients.views[name]
        if gradient.fixed is None:
            program.calls.append(Call(torch.ops.aten.copy_.default, (program.tensor(place), gradient.fresh)))
        elif gradient.fixed.data_ptr() != place.data_ptr():
            program.calls.append(Call(torch.ops.aten.copy_.default, (program.tensor(place), program.tensor(gradient.fixed))))
    return {name: Gradient(gradients.views[name]) for name in found}
