"""Every number of a step looked at: the first layer whose output or gradient is NaN or infinite is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import fx, nn

from mlpspec.pytorch.module import LAYER
from mlpspec.training.losses import DivisibleLoss, LossFunction, Shares


class Anomaly(ArithmeticError):
    """A number that is not finite: the fact, and what lay before it."""

    def __init__(self, fact: str, detail: str):
        super().__init__(f"{fact}; {detail}")
        self.fact, self.detail = fact, detail


class Inspector(fx.Interpreter):
    """Stands in for calling the network: layer by layer, part by part of a layer, with a look at what each gives and at its gradient.

    Raises:
        Anomaly: in the forward call, or in the backward one that follows it.
    """

    def __init__(self, module: fx.GraphModule):
        super().__init__(module, garbage_collect_values=False)
        self.extra_traceback = False  # torch would add lines about itself to the message

    def __call__(self, *inputs: torch.Tensor) -> Any:
        """What the network gives."""
        return self.run(*inputs, enable_io_processing=False)

    def run_node(self, n: fx.Node) -> Any:
        """A node of the network's graph; nodes that are no layer are its inputs and its output."""
        layer = n.meta.get(LAYER)
        if layer is None:
            return super().run_node(n)
        args, _ = self.fetch_args_kwargs_from_env(n)
        stack = self.fetch_attr(str(n.target)) if n.op == "call_module" else None
        if not isinstance(stack, nn.Sequential):
            return _inspected(f"`{layer}`", args, super().run_node(n))
        [value] = args
        for part, module in stack.named_children():
            value = _inspected(f"`{part}` of `{layer}`", (value,), module(value), module)
        return value


def _inspected(layer: str, args: tuple[Any, ...], output: torch.Tensor, module: nn.Module | None = None) -> torch.Tensor:
    given = [arg for arg in _flat(args) if isinstance(arg, torch.Tensor)]
    if not _is_finite(output):
        bad = [name for name, weight in module.named_parameters() if not _is_finite(weight)] if module is not None else []
        why = f"; its weights are not finite: {', '.join(bad)}" if bad else ""
        raise Anomaly(f"the output of {layer} is not finite ({_counts(output)})", f"its input {_ranges(given)}{why}")

    def look(gradient: torch.Tensor) -> None:
        if not _is_finite(gradient):
            raise Anomaly(f"the gradient at the output of {layer} is not finite ({_counts(gradient)})", f"its input {_ranges(given)}")

    if output.requires_grad:
        output.register_hook(look)
    return output


class InspectedLoss:
    """The same loss, divisible if it is; Anomaly when it is not finite."""

    def __init__(self, loss: LossFunction):
        self.loss = loss

    def __call__(
        self, outputs: Mapping[str, torch.Tensor], truths: Mapping[str, torch.Tensor], shares: Shares | None = None
    ) -> torch.Tensor:
        """The loss of a batch."""
        value = self.loss(outputs, truths) if shares is None else self.loss(outputs, truths, shares=shares)  # type: ignore[call-arg]
        if not _is_finite(value):
            answers = "; ".join(f"the head of `{name}` {_ranges([output])}" for name, output in outputs.items())
            raise Anomaly(f"the loss became {value.item()}", answers)
        return value

    def shares(self, truths: Sequence[Mapping[str, torch.Tensor]]) -> list[Shares]:
        """The share of each batch in the loss of all of them; NotImplementedError where the loss cannot be divided."""
        if isinstance(self.loss, DivisibleLoss):
            return self.loss.shares(truths)
        raise NotImplementedError("a loss that cannot be divided among the batches of a step")


def inspect_gradients(module: nn.Module) -> None:
    """Look at the gradients of all weights; Anomaly for the first that is not finite."""
    for name, weight in module.named_parameters():
        if weight.grad is not None and not _is_finite(weight.grad):
            raise Anomaly(f"the gradient of the weight `{name}` is not finite ({_counts(weight.grad)})", f"the weight {_ranges([weight])}")


def _flat(value: Any) -> list[Any]:
    return [item for part in value for item in _flat(part)] if isinstance(value, tuple | list) else [value]


def _is_finite(tensor: torch.Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())


def _ranges(tensors: list[torch.Tensor]) -> str:
    return " and ".join(f"lay between {tensor.min().item():.4g} and {tensor.max().item():.4g}" for tensor in tensors) or "is empty"


def _counts(tensor: torch.Tensor) -> str:
    """How many numbers are NaN and how many infinite."""
    nan, infinite = int(tensor.isnan().sum()), int(tensor.isinf().sum())
    counts = [f"{count:,} {word}" for count, word in ((nan, "NaN"), (infinite, "infinite")) if count]
    return f"{' and '.join(counts)} of {tensor.numel():,} numbers"
