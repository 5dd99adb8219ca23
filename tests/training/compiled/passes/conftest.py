"""A recorded step of a small network, and the numbers that a rewritten one gives."""

from __future__ import annotations

import operator
from typing import Any

import pytest
import torch
from torch import fx, nn
from torch.fx.node import map_arg
from torch.nn import functional

from mlpspec.training.compiled.trace import Traced, trace
from mlpspec.training.tensors import Tensors

ROWS = 6


class Recorded:
    """A module, its recorded step, and a plain interpreter for it."""

    def __init__(self, module: nn.Module, loss: Any, target: torch.Tensor, width: int):
        torch.manual_seed(1)
        self.module = module
        self.batch = Tensors(ROWS, (torch.randn(ROWS, width),), {"y": target})
        self.loss = lambda outputs, targets: loss(outputs["y"], targets["y"])
        self.traced: Traced = trace(module, self.loss, self.batch)

    def targets(self) -> list[str]:
        """The operators of the graph."""
        return [str(node.target).removesuffix(".default") for node in self.traced.graph.nodes if node.op == "call_function"]

    def gradients(self, prepared: dict[str, torch.Tensor] | None = None) -> dict[str, torch.Tensor]:
        """The gradients that the graph calculates; `prepared` are the values of one-hot and mask placeholders by kind."""
        buffers = {name: buffer.clone() for name, buffer in self.module.named_buffers()}
        values: dict[fx.Node, Any] = {}
        with torch.no_grad():
            for node in self.traced.graph.nodes:
                if node in self.traced.roles:
                    values[node] = self._value(self.traced.roles[node], buffers, prepared or {})
                elif node.op == "call_function":
                    args, kwargs = map_arg(node.args, values.__getitem__), map_arg(node.kwargs, values.__getitem__)
                    values[node] = args[0][args[1]] if node.target is operator.getitem else node.target(*args, **kwargs)
        return {name: values[node] for name, node in self.traced.gradient_nodes.items()}

    def expected(self) -> dict[str, torch.Tensor]:
        """The gradients by autograd."""
        self.module.zero_grad()
        self.loss(self.module(*self.batch.inputs), self.batch.targets).backward()
        return {name: parameter.grad.clone() for name, parameter in self.module.named_parameters() if parameter.grad is not None}

    def _value(self, role: Any, buffers: dict[str, torch.Tensor], prepared: dict[str, torch.Tensor]) -> torch.Tensor | None:
        match role.kind:
            case "parameter":
                return self.module.get_parameter(role.key).detach()
            case "buffer":
                return buffers[role.key]
            case "input":
                return self.batch.inputs[role.key]
            case "target":
                return self.batch.targets[role.key]
            case "constant":
                return self.traced.constants[role.key]
            case _:
                return prepared.get(role.kind)


class Net(nn.Module):
    """Layers one after another, the answer named y."""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"y": self.layers(x)}


@pytest.fixture
def recorded():
    def make(*layers: nn.Module, loss: Any = functional.mse_loss, target: torch.Tensor | None = None, width: int = 5) -> Recorded:
        target = torch.linspace(-1, 1, ROWS * 3).reshape(ROWS, 3) if target is None else target
        return Recorded(Net(*layers), loss, target, width)

    return make
