"""Loss scaling: small gradients of a float16 network are kept from becoming zero, and steps whose gradients overflow are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

INITIAL, GROWTH, BACKOFF, INTERVAL = 2.0**16, 2.0, 0.5, 2000
"""The first scale; what it is multiplied with after INTERVAL steps without overflow, and after a step with one."""

EXHAUSTED = 2.0**-10
"""A scale below this means that gradients are not finite whatever they are scaled with."""


@dataclass(frozen=True)
class Overflow:
    """What scaling came to in an epoch: how many of its steps were skipped, how many of all so far, and the scale after it."""

    skipped: int
    total: int
    scale: float

    @property
    def is_hopeless(self) -> bool:
        """Whether the gradients are not finite at any scale."""
        return self.scale < EXHAUSTED


class LossScale:
    """The scale of a run, on the device: nothing here but `step` of an optimizer that cannot skip a step by itself reads it from there.

    `value` is the scale, `found` 1 where the gradients of the step were not finite, else 0, and `skipped` how many steps were left out.
    `growth` counts the steps since the scale last changed.

    Source: torch.amp.GradScaler, whose operators and numbers these are; Micikevicius et al. 2018, https://arxiv.org/abs/1710.03740.
    """

    def __init__(self, device: torch.device):
        self.value, self.inverse, self.found, self.skipped = (torch.zeros((), device=device) for _ in range(4))
        self.growth = torch.zeros((), dtype=torch.int32, device=device)
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.value.fill_(INITIAL)
        self.growth.zero_()
        self.skipped.zero_()

    def unscale(self, gradients: Sequence[torch.Tensor]) -> None:
        """Take the scale out of the gradients, in place, and note in `found` whether all of them are finite."""
        self.found.zero_()
        torch.reciprocal(self.value, out=self.inverse)
        torch.ops.aten._amp_foreach_non_finite_check_and_unscale_(list(gradients), self.found, self.inverse)

    def step(self, optimizer: torch.optim.Optimizer) -> None:
        """Let the optimizer update the weights, unless a gradient was not finite; then change the scale."""
        if skips_by_itself(optimizer):
            begin_momenta(optimizer)
            optimizer.found_inf = self.found  # type: ignore[attr-defined]  # as GradScaler hands it to fused optimizers
            optimizer.step()
        elif not self.found.item():
            optimizer.step()
        torch.ops.aten._amp_update_scale_(self.value, self.growth, self.found, GROWTH, BACKOFF, INTERVAL)
        self.skipped.add_(self.found)

    def state(self) -> torch.Tensor:
        """Scale, steps since it changed, and skipped steps, (3,) float64."""
        return torch.stack([self.value.double(), self.growth.double(), self.skipped.double()])

    def load(self, state: torch.Tensor | None) -> None:
        """Take up what `state` gave; begin anew without one."""
        if state is None:
            self.reset()
            return
        for own, value in zip((self.value, self.growth, self.skipped), state.unbind(), strict=True):
            own.copy_(value)


def skips_by_itself(optimizer: torch.optim.Optimizer) -> bool:
    """Whether the update looks at `found` on the device, so that nobody need read it: torch's fused ones do.

    SGD with dampening takes the first gradient whole as its momentum, and would take none at all where the first step is skipped.
    """
    return bool(optimizer.defaults.get("fused")) and not optimizer.defaults.get("dampening")


def begin_momenta(optimizer: torch.optim.Optimizer) -> None:
    """Let the momenta of SGD begin as zeros: torch makes them in the first step, and leaves them as they are where it is skipped."""
    if not optimizer.defaults.get("momentum"):
        return
    for group in optimizer.param_groups:
        for weight in group["params"]:
            optimizer.state[weight].setdefault("momentum_buffer", torch.zeros_like(weight))
