"""All weights of a network in one stretch of memory, and others beside it of the same form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from torch import nn


class Flat:
    """A flat float tensor with a view for each weight, in the order of the network's parameters."""

    def __init__(self, shapes: Mapping[str, torch.Size], dtype: torch.dtype, device: torch.device):
        self.shapes = dict(shapes)
        starts = [0]
        for shape in self.shapes.values():
            starts.append(starts[-1] + shape.numel())
        self.ends = dict(zip(self.shapes, pairwise(starts), strict=True))
        self.all = torch.zeros(starts[-1], dtype=dtype, device=device)
        self.views = {name: self.all[start:end].view(self.shapes[name]) for name, (start, end) in self.ends.items()}

    def like(self) -> Flat:
        """Another of the same form, filled with zeros."""
        return Flat(self.shapes, self.all.dtype, self.all.device)

    def stretch(self, names: Sequence[str]) -> torch.Tensor:
        """The flat memory of weights that follow one another."""
        return self.all[self.ends[names[0]][0] : self.ends[names[-1]][1]]


def flatten(module: nn.Module) -> Flat:
    """Move the parameters of a module into flat memory; each parameter becomes a view of it, with the values it had.

    Raises:
        NotImplementedError: when they are not all of one dtype on one device.
    """
    parameters = dict(module.named_parameters())
    kinds = {(parameter.dtype, parameter.device) for parameter in parameters.values()}
    if len(kinds) != 1:
        raise NotImplementedError("the weights differ in dtype or device" if kinds else "the network has no weights")
    dtype, device = kinds.pop()
    flat = Flat({name: parameter.shape for name, parameter in parameters.items()}, dtype, device)
    with torch.no_grad():
        for name, parameter in parameters.items():
            flat.views[name].copy_(parameter)
            parameter.data = flat.views[name]
    return flat
