"""From a rewritten graph to a program: views taken once, results put into memory made once."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx
from torch.fx.node import map_arg

from mlpspec.training.compiled.alias import is_view, owner, writes
from mlpspec.training.compiled.memory import Pool
from mlpspec.training.compiled.out_variant import WRITABLE, is_elementwise, out_names, out_variant
from mlpspec.training.compiled.program import Call, Name, Program
from mlpspec.training.compiled.trace import Layout, Traced, layout

aten = torch.ops.aten

DENSE = {
    torch.ops.mkldnn._linear_pointwise.default if hasattr(torch.ops.mkldnn, "_linear_pointwise") else None,
    aten.native_batch_norm_backward.default,
    aten.native_layer_norm_backward.default,
    aten.embedding_dense_backward.default,
}
"""Operators without an `out=` form whose fresh results lie in the order of their axes."""


@dataclass(frozen=True)
class Fixed:
    """A value that lies in the same tensor in each step."""

    tensor: torch.Tensor


@dataclass(frozen=True)
class Slots:
    """A value that lies in tensor number i in step i of a block."""

    tensors: Sequence[torch.Tensor]


@dataclass(frozen=True)
class Fresh:
    """A value that an operator allocates in each step."""

    name: Name


Value = Fixed | Slots | Fresh


@dataclass(frozen=True)
class Gradient:
    """Where the gradient of a weight lies: in `fixed`, or in the variable `fresh`."""

    fixed: torch.Tensor | None
    fresh: Name | None = None


def lower(
    traced: Traced,
    placeholders: Mapping[fx.Node, Value],
    kept: Mapping[fx.Node, Slots],
    destinations: Mapping[str, torch.Tensor],
    pool: Pool,
    *,
    random: bool = False,
) -> tuple[Program, dict[str, Gradient]]:
    """The program of one step without its update, and where the gradients lie.

    Args:
        traced: the rewritten step.
        placeholders: the value of each placeholder that is read.
        kept: nodes whose value of each step must outlive it, with the tensors for it.
        destinations: for each weight memory for its gradient, of the weight's shape.
        pool: where memory for results comes from.
        random: allow operators that draw from torch's own random state.

    Raises:
        NotImplementedError: for what a program cannot hold.
    """
    drawing = [node for node in traced.graph.nodes if not random and _draws(node)]
    if drawing:
        raise NotImplementedError(f"{drawing[0].target} draws random numbers")
    lowering = _Lowering(traced, placeholders, kept, destinations, pool)
    for index, node in enumerate(traced.graph.nodes):
        if node.op == "call_function":
            lowering.node(index, node)
    return lowering.program, lowering.gradients()


class _Lowering:
    def __init__(
        self,
        traced: Traced,
        placeholders: Mapping[fx.Node, Value],
        kept: Mapping[fx.Node, Slots],
        destinations: Mapping[str, torch.Tensor],
        pool: Pool,
    ):
        self.traced, self.kept, self.destinations, self.pool = traced, kept, destinations, pool
        self.program = Program()
        self.values: dict[fx.Node, Value] = dict(placeholders)
        self.names: dict[fx.Node, Name] = {}
        self.fresh = 0
        self.pieces: dict[fx.Node, torch.Tensor] = {}
        self.last_use = _last_uses(traced)
        self.wanted = {}
        for weight, node in traced.gradient_nodes.items():
            source = _through_views(node)
            if source not in self.wanted and source not in kept:
                self.wanted[source] = weight

    def node(self, index: int, node: fx.Node) -> None:
        """Add what the node needs to the program."""
        if node.target is operator.getitem and not is_view(node):
            pass  # the operator that it takes a part of has seen to it
        elif is_view(node):
            self._view(node)
        elif written := writes(node):
            self.program.calls.append(Call(node.target, self._args(node.args), self._args(node.kwargs)))  # type: ignore[arg-type]
            self.values[node] = self.values[written[0]]
        else:
            self._calculate(index, node)
        if node in self.kept and self.values.get(node) is not self.kept[node]:
            slot = self.program.slot(self.kept[node].tensors)
            self.program.calls.append(Call(aten.copy_.default, (slot, self._name(node))))
        self._release(index)

    def gradients(self) -> dict[str, Gradient]:
        """Where the gradients lie when all calls are done; what lies elsewhere in another order is copied."""
        found = {}
        for weight, node in self.traced.gradient_nodes.items():
            value, destination = self.values[node], self.destinations[weight]
            if isinstance(value, Fixed) and value.tensor.is_contiguous() and value.tensor.shape == destination.shape:
                found[weight] = Gradient(value.tensor)
            elif isinstance(value, Fresh) and _origin(node).target in DENSE and not is_view(node):
                found[weight] = Gradient(None, value.name)
            else:
                self.program.calls.append(Call(aten.copy_.default, (self.program.tensor(destination), self._name(node))))
                found[weight] = Gradient(destination)
        return found

    def _view(self, node: fx.Node) -> None:
        target: Any = node.target
        if target is operator.getitem:
            return  # the operator that gives several views has seen to it
        source = self.values[node.args[0]]  # type: ignore[index]
        if isinstance(source, Fresh):
            self._allocate(node)
            return
        tensors = [source.tensor] if isinstance(source, Fixed) else source.tensors
        looked = [target(tensor, *node.args[1:], **node.kwargs) for tensor in tensors]
        for part, views in zip(_readers(node), zip(*map(_as_tuple, looked), strict=True), strict=True):
            if part is not None:
                self.values[part] = Fixed(views[0]) if isinstance(source, Fixed) else Slots(views)

    def _calculate(self, index: int, node: fx.Node) -> None:
        target, more = WRITABLE.get(node.target, (node.target, ()))  # type: ignore[arg-type]
        if not isinstance(target, torch._ops.OpOverload):
            raise NotImplementedError(f"{target} in a step")
        if target is aten._to_copy.default and set(node.kwargs) == {"dtype"}:
            self.values[node] = self._place(index, node, target)
            self.program.calls.append(Call(aten.copy_.default, (self._name(node), self._name(node.args[0]))))  # type: ignore[arg-type]
            return
        writer = out_variant(target)
        parts = _parts(node)
        if writer is None or any(known is None for _, known in parts):
            self._allocate(node)
            return
        given = self._given(target, (*node.args, *more))
        outs = {}
        scratch = []
        for name, (part, known) in zip(out_names(writer), parts, strict=True):
            assert known is not None
            if part is None:
                piece = self.pool.take(known.numel, known.dtype)
                scratch.append(piece)
                outs[name] = self.program.tensor(_shaped(piece, known))
            else:
                self.values[part] = self._place(index, part, target)
                outs[name] = self._name(part)
        self.program.calls.append(Call(writer, given, {**self._args(node.kwargs), **outs}))
        for piece in scratch:
            self.pool.give(piece)

    def _place(self, index: int, node: fx.Node, target: torch._ops.OpOverload) -> Value:
        """Memory for a node's result."""
        known = layout(node)
        if node in self.wanted and self.destinations[self.wanted[node]].dtype == known.dtype:
            return Fixed(self.destinations[self.wanted[node]].view(known.shape))
        if node in self.kept:
            return self.kept[node]
        if is_elementwise(target):
            for source in node.all_input_nodes:
                if self._can_take_over(index, node, source):
                    self.pieces[node] = self.pieces.pop(owner(source))
                    return Fixed(self.values[source].tensor)  # type: ignore[union-attr]
        self.pieces[node] = self.pool.take(known.numel, known.dtype)
        return Fixed(_shaped(self.pieces[node], known))

    def _can_take_over(self, index: int, node: fx.Node, source: fx.Node) -> bool:
        """Whether the result may lie where the source lies: nobody reads that afterwards, and it has the same shape and order."""
        holder, value = owner(source), self.values.get(source)
        if holder not in self.pieces or self.last_use[holder] != index or not isinstance(value, Fixed):
            return False
        others = [other for other in node.all_input_nodes if other is not source and owner(other) is holder]
        known = layout(node)
        same = tuple(value.tensor.shape) == known.shape and value.tensor.is_contiguous() and value.tensor.dtype == known.dtype
        return same and not others

    def _allocate(self, node: fx.Node) -> None:
        """A call that returns fresh tensors."""
        target: Any = node.target
        args, kwargs, results = self._given(target, node.args), self._args(node.kwargs), []
        for part in _readers(node):
            self.fresh += 1
            results.append(Name(f"f{self.fresh}"))
            if part is not None:
                self.values[part] = Fresh(results[-1])
        self.program.calls.append(Call(target, args, kwargs, tuple(results)))

    def _given(self, target: torch._ops.OpOverload, args: Sequence[Any]) -> tuple[Any, ...]:
        """Arguments as the program names them; numbers in the place of tensors become tensors now, not in each step."""
        named = self._args(tuple(args))
        numbers = [
            str(argument.type) == "Tensor" and isinstance(value, (int, float))
            for argument, value in zip(target._schema.arguments, named, strict=False)
        ]
        return tuple(self.program.tensor(torch.tensor(value)) if number else value for value, number in zip(named, numbers, strict=True))

    def _args(self, value: Any) -> Any:
        return map_arg(value, self._name)  # type: ignore[arg-type]

    def _name(self, node: fx.Node) -> Name:
        if node not in self.names:
            value = self.values[node]
            if isinstance(value, Fixed):
                self.names[node] = self.program.tensor(value.tensor)
            elif isinstance(value, Slots):
                self.names[node] = self.program.slot(value.tensors)
            else:
                self.names[node] = value.name
        return self.names[node]

    def _release(self, index: int) -> None:
        for holder in [holder for holder in self.pieces if self.last_use[holder] <= index]:
            self.pool.give(self.pieces.pop(holder))


def _draws(node: fx.Node) -> bool:
    return isinstance(node.target, torch._ops.OpOverload) and torch.Tag.nondeterministic_seeded in node.target.tags


def _last_uses(traced: Traced) -> dict[fx.Node, int]:
    """For each node that owns memory the position of the last node that reads it, itself or through a view."""
    last: dict[fx.Node, int] = {}
    for index, node in enumerate(traced.graph.nodes):
        for source in (node, *node.all_input_nodes):
            last[owner(source)] = index
    return last


def _parts(node: fx.Node) -> list[tuple[fx.Node | None, Layout | None]]:
    """The results of an operator: the node that stands for each, None where nobody reads it, and its layout."""
    return list(zip(_readers(node), node.meta["parts"] if "parts" in node.meta else [layout(node)], strict=True))


def _readers(node: fx.Node) -> list[fx.Node | None]:
    """The node itself, or for an operator of several results the node that stands for each, None where nobody reads it."""
    if "parts" not in node.meta:
        return [node]
    readers: dict[Any, fx.Node] = {user.args[1]: user for user in node.users}
    return [readers.get(number) for number in range(len(node.meta["parts"]))]


def _as_tuple(value: Any) -> tuple[torch.Tensor, ...]:
    return (value,) if isinstance(value, torch.Tensor) else tuple(value)


def _through_views(node: fx.Node) -> fx.Node:
    """The node behind views that keep the order of the numbers."""
    while node.target is aten.view.default:
        node = node.args[0]  # type: ignore[assignment]
    return node


def _origin(node: fx.Node) -> fx.Node:
    """The operator that calculates a node's value."""
    return node.args[0] if node.target is operator.getitem else node  # type: ignore[return-value]


def _shaped(piece: torch.Tensor, known: Layout) -> torch.Tensor:
    return piece[: known.numel].view(known.shape)
