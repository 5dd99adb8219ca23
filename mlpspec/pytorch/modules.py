"""Small modules that PyTorch does not have: the lowering targets without a dot.

The source of each class is printed as it stands into generated files, which import `torch`, `nn` and `F` only; so a class uses nothing else
of this file.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  # the name everyone knows


class Abs(nn.Module):
    """The absolute value: |x|."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, ...) to the same shape."""
        return torch.abs(x)


class Celu(nn.Module):
    """max(0, x) + min(0, alpha (exp(x / alpha) - 1)), written with ELU, which ONNX Runtime has on the GPU (it lacks Celu there)."""

    def __init__(self, alpha: float = 1.0):
        super().__init__()
        self.alpha = alpha

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, ...) to the same shape."""
        return self.alpha * F.elu(x / self.alpha)


class HardThreshold(nn.Module):
    """1 above zero, 0 elsewhere; the gradient is 0 everywhere."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, ...) to the same shape."""
        return F.relu(torch.sign(x))


class LogSigmoid(nn.Module):
    """-softplus(-x): exact in ONNX too, where PyTorch's own is written as Log(Sigmoid(x)), minus infinity for very negative x."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, ...) to the same shape."""
        return -F.softplus(-x)


class Maxout(nn.Module):
    """The maximum of each `pieces` neighbours on the last axis."""

    def __init__(self, pieces: int = 2):
        super().__init__()
        self.pieces = pieces

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, ..., units * pieces) to (batch, ..., units)."""
        return x.unflatten(-1, (-1, self.pieces)).amax(-1)


class Average(nn.Module):
    """The mean of the inputs, element by element."""

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Several (batch, ...) of one shape to that shape."""
        return sum(inputs[1:], inputs[0]) / len(inputs)


class Maximum(nn.Module):
    """The largest of the inputs, element by element."""

    def forward(self, first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        """Several (batch, ...) of one shape to that shape."""
        for other in others:
            first = torch.maximum(first, other)
        return first


class Minimum(nn.Module):
    """The smallest of the inputs, element by element."""

    def forward(self, first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        """Several (batch, ...) of one shape to that shape."""
        for other in others:
            first = torch.minimum(first, other)
        return first


class Dot(nn.Module):
    """The dot product of two inputs over the last axis."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """Two (batch, ..., n) to (batch, ..., 1)."""
        return (left * right).sum(-1, keepdim=True)
