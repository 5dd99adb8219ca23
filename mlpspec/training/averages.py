"""Running averages of weights, moved on with every step."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn

from mlpspec.ir.callback import Decay


class Averages:
    """The running averages of the parameters and the float buffers of a module: `tensors`, by name. They begin as their first values."""

    def __init__(self, decay: Decay, module: nn.Module):
        self.decay = decay
        self._sources = {**dict(module.named_parameters()), **dict(module.named_buffers())}
        self._sources = {name: source for name, source in self._sources.items() if source.is_floating_point()}
        self.tensors = {name: source.detach().clone() for name, source in self._sources.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move them on after step number `step` (counted from 1)."""
        share = self.decay.share(step)
        for name, source in self._sources.items():
            self.tensors[name].lerp_(source, share)

    def move(self, places: Mapping[str, torch.Tensor]) -> None:
        """Keep the named ones in other memory from now on."""
        for name, place in places.items():
            place.copy_(self.tensors[name])
            self.tensors[name] = place

    def pairs(self, parameters: Container[str]) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Average and source of all that is not among `parameters`: the buffers."""
        return [(self.tensors[name], source) for name, source in self._sources.items() if name not in parameters]


@contextmanager
def holding(module: nn.Module, weights: Mapping[str, torch.Tensor]) -> Iterator[None]:
    """Let the module have other weights inside; its own come back, in the memory where they were."""
    own = {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}
    module.load_state_dict(weights)
    try:
        yield
    finally:
        module.load_state_dict(own)
