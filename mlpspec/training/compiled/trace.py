"""One training step recorded as a graph of aten operators: forward, loss and gradients."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import fx, nn
from torch.utils._python_dispatch import TorchDispatchMode

from mlpspec.training.batches import Form
from mlpspec.training.division import Division
from mlpspec.training.group import ALONE, Group
from mlpspec.training.losses import LossFunction
from mlpspec.training.precision import Precision
from mlpspec.training.tensors import Tensors

Kind = Literal["parameter", "buffer", "input", "target", "everyone", "one_hot", "mask", "scale", "constant"]


@dataclass(frozen=True)
class Role:
    """What a placeholder stands for: a weight or buffer by name, an input by number, a target by name, the scale, what a block prepares.

    Inputs and targets are those of this process's rows; `everyone` is a target of all rows of the step.
    """

    kind: Kind
    key: Any
    detail: tuple[Any, ...] = ()


@dataclass
class Traced:
    """A recorded step.

    `division` says which rows it learns from. Every placeholder has a role; `node.meta["tensor"]` is the shape, stride and dtype of a
    node's value as `Layout`. The output node lists the heads in the order of `heads` (none where the step is in several batches), then the
    loss (None where it is calculated elsewhere), then the gradients in the order of `parameters` (None where none arrives). `counters`
    names buffers that grow by one each step, which the step sees to by the block. `device` is where it was recorded.
    """

    graph: fx.Graph
    roles: dict[fx.Node, Role]
    heads: tuple[str, ...]
    parameters: tuple[str, ...]
    division: Division
    constants: dict[str, torch.Tensor]
    counters: list[str] = field(default_factory=list)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def outputs(self) -> list[fx.Node | None]:
        """What the output node lists."""
        return list(self.output.args[0])  # type: ignore[arg-type]

    @property
    def output(self) -> fx.Node:
        """The output node."""
        return next(iter(reversed(self.graph.nodes)))

    @property
    def head_nodes(self) -> list[fx.Node]:
        """The nodes of the heads' outputs."""
        return [node for node in self.outputs[: len(self.heads)] if node is not None]

    @property
    def loss_node(self) -> fx.Node | None:
        """The node of the loss."""
        return self.outputs[len(self.heads)]

    @property
    def gradient_nodes(self) -> dict[str, fx.Node]:
        """The gradients' nodes by parameter, those without one left out."""
        nodes = self.outputs[len(self.heads) + 1 :]
        return {name: node for name, node in zip(self.parameters, nodes, strict=True) if node is not None}

    def drop_loss(self) -> None:
        """Let the output node list no loss."""
        listed = self.outputs
        listed[len(self.heads)] = None
        self.output.args = (listed,)

    def placeholder(self, name: str, role: Role, layout: Layout) -> fx.Node:
        """A new placeholder in front of all nodes."""
        with self.graph.inserting_before(next(iter(self.graph.nodes))):
            node = self.graph.placeholder(name)
        node.meta["tensor"] = layout
        self.roles[node] = role
        return node

    def constant(self, value: torch.Tensor) -> fx.Node:
        """A new constant."""
        name = f"constant{len(self.constants)}"
        self.constants[name] = value
        return self.placeholder(name, Role("constant", name), Layout.of(value))

    def call(self, before: fx.Node, target: Any, args: Sequence[Any], layout: Layout, **kwargs: Any) -> fx.Node:
        """A new operator node in front of `before`."""
        with self.graph.inserting_before(before):
            node = self.graph.call_function(target, tuple(args), kwargs)
        node.meta["tensor"] = layout
        return node

    def replace(self, old: fx.Node, new: fx.Node) -> None:
        """Let all readers of `old` read `new`, and drop it."""
        old.replace_all_uses_with(new)
        self.graph.erase_node(old)


@dataclass(frozen=True)
class Layout:
    """Shape, stride and dtype of a value."""

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype

    @classmethod
    def of(cls, tensor: torch.Tensor) -> Layout:
        """That of a tensor."""
        return cls(tuple(tensor.shape), tuple(tensor.stride()), tensor.dtype)

    @property
    def contiguous(self) -> bool:
        """Whether the numbers lie in the order of the axes."""
        expected = 1
        for size, stride in zip(reversed(self.shape), reversed(self.stride), strict=True):
            if size != 1 and stride != expected:
                return False
            expected *= size
        return True

    @property
    def numel(self) -> int:
        """How many numbers."""
        count = 1
        for size in self.shape:
            count *= size
        return count


def layout(node: fx.Node) -> Layout:
    """The layout of a node's value."""
    return node.meta["tensor"]


def matmul_operations(traced: Traced) -> int:
    """Floating-point operations of the matrix products of a step."""
    products = {torch.ops.aten.mm.default: (0, 1), torch.ops.aten.addmm.default: (1, 2), torch.ops.aten.bmm.default: (0, 1)}
    count = 0
    for node in traced.graph.nodes:
        if node.target in products:
            left, right = (layout(node.args[place]) for place in products[node.target])
            count += 2 * left.numel * right.shape[-1]
    return count


def trace(
    module: nn.Module,
    loss: LossFunction,
    batch: Tensors,
    form: Form = (),
    precision: Precision | None = None,
    group: Group = ALONE,
) -> Traced:
    """Record one step on a batch, in training mode; weights, running statistics and torch's random state stay as they are.

    Args:
        module: the network; `module(*inputs)` gives a dict from target to output.
        loss: from outputs and targets to one number.
        batch: the rows of one step, the size that the recorded step is for.
        form: how many of them are calculated at once, batch by batch; all of them by default. A step in several batches has no heads.
        precision: what the network is calculated in. Gradients are scaled where it scales them.
        group: the processes that learn from the step together: what this one adds to loss and gradients is recorded.

    Raises:
        RuntimeError: where the network or the loss cannot be run or differentiated.
    """
    parameters = {name: parameter.detach().clone().requires_grad_() for name, parameter in module.named_parameters()}
    buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
    division = Division(form or (batch.rows,), group)
    inputs = [division.take(tensor.detach()) for tensor in batch.inputs]
    targets = {name: division.take(tensor.detach()) for name, tensor in batch.targets.items()}
    everyone = {name: tensor.detach() for name, tensor in batch.targets.items()} if division.is_divided else targets
    recorder = _Recorder()
    recorder.place("parameter", parameters)
    recorder.place("buffer", buffers)
    recorder.place("input", dict(enumerate(inputs)))
    recorder.place("target", targets)
    if division.is_divided:
        recorder.place("everyone", everyone)
    precision = precision or Precision()
    if precision.scale is not None:
        recorder.place("scale", {0: precision.scale.value})

    def network(*inputs: torch.Tensor) -> Mapping[str, torch.Tensor]:
        return torch.func.functional_call(module, {**parameters, **buffers}, inputs)

    forward = precision.forward(network)
    training = module.training
    module.train()
    device = next(iter(parameters.values())).device
    devices = [] if device.type == "cpu" else [device]
    try:
        with torch.random.fork_rng(devices=devices), torch.enable_grad(), recorder:
            outputs: Mapping[str, torch.Tensor] = {}
            value, gradients = None, [None] * len(parameters)
            for piece in division.pieces(loss, inputs, targets, everyone):
                outputs = forward(*piece.inputs)
                part = piece.loss(outputs)
                more = torch.autograd.grad(part, list(parameters.values()), allow_unused=True)
                value, gradients = _sum(value, part), list(map(_sum, gradients, more))
    finally:
        module.train(training)
    return recorder.finish({} if len(division.own) > 1 else outputs, value, gradients, tuple(parameters), division, device)


def _sum(first: Any, second: Any) -> Any:
    """The sum of two tensors, either of which may be missing."""
    if first is None or second is None:
        return second if first is None else first
    return first + second


class _Recorder(TorchDispatchMode):
    """Notes every aten operator that runs, below autograd."""

    def __init__(self) -> None:
        super().__init__()
        self.graph = fx.Graph()
        self.roles: dict[fx.Node, Role] = {}
        self.constants: dict[str, torch.Tensor] = {}
        self._nodes: dict[int, fx.Node] = {}
        self._alive: list[torch.Tensor] = []  # a freed tensor's id could be taken by another

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # torch would otherwise import torch.compile's machinery, a second or two, to keep it away from this class
        return False

    def place(self, kind: Kind, tensors: Mapping[Any, torch.Tensor]) -> None:
        for key, tensor in tensors.items():
            node = self.graph.placeholder(f"{kind}{len(self.roles)}")
            self.roles[node] = Role(kind, key)
            self._note(tensor, node)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        node = self.graph.call_function(func, self._known(tuple(args)), self._known(dict(kwargs)))
        if isinstance(result, torch.Tensor):
            self._note(result, node)
        elif isinstance(result, (tuple, list)):
            node.meta["parts"] = tuple(Layout.of(part) if isinstance(part, torch.Tensor) else None for part in result)
            for index, part in enumerate(result):
                if isinstance(part, torch.Tensor):
                    self._note(part, self.graph.call_function(operator.getitem, (node, index)))
        elif result is not None:
            raise RuntimeError(f"{func} gives a {type(result).__name__}, which depends on the data")
        return result

    def finish(
        self,
        outputs: Mapping[str, torch.Tensor],
        loss: Any,
        gradients: Sequence[Any],
        names: tuple[str, ...],
        division: Division,
        device: torch.device,
    ) -> Traced:
        found = [None if gradient is None else self._nodes[id(gradient)] for gradient in gradients]
        self.graph.output([*(self._nodes[id(output)] for output in outputs.values()), self._nodes[id(loss)], *found])
        return Traced(self.graph, self.roles, tuple(outputs), names, division, self.constants, device=device)

    def _note(self, tensor: torch.Tensor, node: fx.Node) -> None:
        node.meta["tensor"] = Layout.of(tensor)
        self._nodes[id(tensor)] = node
        self._alive.append(tensor)

    def _known(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return self._nodes[id(value)] if id(value) in self._nodes else self._constant(value)
        if isinstance(value, (tuple, list)):
            return type(value)(map(self._known, value))
        if isinstance(value, dict):
            return {key: self._known(item) for key, item in value.items()}
        return value

    def _constant(self, tensor: torch.Tensor) -> fx.Node:
        name = f"constant{len(self.constants)}"
        self.constants[name] = tensor.detach().clone()
        first = next(iter(self.graph.nodes))
        with self.graph.inserting_before(first):
            node = self.graph.placeholder(name)
        self.roles[node] = Role("constant", name)
        self._note(tensor, node)
        return node
