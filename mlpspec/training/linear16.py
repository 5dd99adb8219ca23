"""Linear layers in 16 bits whose weights can be let go of between the forward call and the backward one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from mlpspec.training.precision import Network


def without_copies(network: Network, dtype: torch.dtype) -> Network:
    """The network under torch.autocast to `dtype`, to the same numbers, no copy of a weight in 16 bits being kept for backward.

    Autograd keeps the copies that autocast makes, which are 2 bytes for every weight of the network in every process, though the weights
    themselves are gathered layer by layer. Here the weight is kept, which the process may free, and the copy is made a second time.
    """

    def calculate(*inputs: torch.Tensor) -> Mapping[str, torch.Tensor]:
        with _Linear16(dtype):
            return network(*inputs)

    return calculate


class _Linear16(TorchFunctionMode):
    """Within it linear layers are calculated by `_Product`."""

    def __init__(self, dtype: torch.dtype):
        super().__init__()
        self.dtype = dtype

    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
        if func is functional.linear:
            return _linear(self.dtype, *args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _linear(dtype: torch.dtype, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    return _Product.apply(input, weight, bias, dtype)  # type: ignore[return-value]


class _Product(torch.autograd.Function):
    """What autocast makes of `F.linear`, and its gradients."""

    @staticmethod
    def forward(ctx: Any, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, dtype: torch.dtype) -> torch.Tensor:
        rounded = input.to(dtype)
        ctx.save_for_backward(rounded, weight)
        ctx.type = input.dtype
        return functional.linear(rounded, weight.to(dtype), None if bias is None else bias.to(dtype))

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        [gradient], (input, weight) = gradients, ctx.saved_tensors
        rows = gradient.flatten(0, -2)  # (rows, units); the axes before the last one are rows
        to_input = (gradient @ weight.to(gradient.dtype)).to(ctx.type) if ctx.needs_input_grad[0] else None
        to_weight = (rows.t() @ input.flatten(0, -2)).to(weight.dtype)
        to_bias = rows.sum(0).to(weight.dtype) if ctx.needs_input_grad[2] else None
        return to_input, to_weight, to_bias, None
