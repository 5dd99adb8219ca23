"""Monte Carlo dropout with masks that are drawn once: a network that sends every row through the same thinned networks."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import fx, nn

from mlpspec.diagnostics import Diagnostic, SpecError

SELU_FLOOR = -1.7580993408473766
"""What SELU tends to for very negative numbers (Klambauer et al. 2017), which an alpha dropout puts in place of a number."""


class Masked(nn.Module):
    """A dropout with a mask for each sample: a number x that stays becomes `gain` x + `shift`, any other `lost`.

    Rows come singly, (batch, ...), or, with `again`, with their samples side by side, (batch * samples, ...), which is how they leave.
    """

    kept: torch.Tensor

    def __init__(self, kept: torch.Tensor, gain: float, shift: float, lost: float, *, again: bool):
        super().__init__()
        self.register_buffer("kept", kept)  # (samples, ...) bool
        self.gain, self.shift, self.lost, self.again = gain, shift, lost, again

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Rows to rows with their samples side by side."""
        shape = x.shape[1:]
        x = x * self.gain
        if self.shift:
            x = x + self.shift
        x = x.reshape(-1, self.kept.shape[0], *shape) if self.again else x.unsqueeze(1)
        return torch.where(self.kept, x, self.lost).reshape(-1, *shape)


class Repeated(nn.Module):
    """Every row as often as there are samples, side by side: (batch, ...) to (batch * samples, ...)."""

    def __init__(self, samples: int):
        super().__init__()
        self.samples = samples

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Rows to rows with their samples side by side."""
        shape = x.shape[1:]
        return x.unsqueeze(1).expand(-1, self.samples, *shape).reshape(-1, *shape)


def thinned(module: fx.GraphModule, arguments: Sequence[torch.Tensor], *, samples: int, seed: int) -> fx.GraphModule:
    """The network with masks, drawn now, for its dropouts: (batch, ...) inputs to heads of (batch * samples, outputs), row by row.

    Layers before the first dropout are calculated once for each row. Every call of a dropout has masks of its own, also where a layer is
    shared. All other modules are those of `module` itself, not copies.

    Args:
        module: the trained network; a dropout lies before every head.
        arguments: inputs of two rows or more, with which the network is tried.
        seed: start of the random numbers that draw the masks.

    Raises:
        SpecError: naming the layers that draw random numbers in training otherwise than by a dropout that stands for itself.
    """
    flat = _flat(module)
    return _Thinning(flat, _dropped_shapes(flat, arguments), samples, np.random.default_rng(seed)).network()


class _Thinning:
    """Walks through a network and writes the one that has masks."""

    def __init__(self, flat: fx.GraphModule, dropped: dict[str, tuple[int, ...]], samples: int, random: np.random.Generator):
        self.flat, self.dropped, self.samples, self.random = flat, dropped, samples, random
        self.wired = fx.Graph()
        self.modules: dict[str, nn.Module] = dict(flat.named_modules())
        self.taken: set[str] = set()
        self.values: dict[fx.Node, fx.Node] = {}
        self.spread: dict[fx.Node, fx.Node] = {}  # with the samples side by side

    def network(self) -> fx.GraphModule:
        for node in self.flat.graph.nodes:
            if node.name in self.dropped:
                [source] = node.all_input_nodes
                again = source in self.spread
                masked = self.masked(str(node.target), self.dropped[node.name], again=again)
                self.spread[node] = self.added(masked, str(node.target), (self.spread if again else self.values)[source])
            elif any(source in self.spread for source in node.all_input_nodes):
                for source in node.all_input_nodes:
                    if source not in self.spread:
                        self.spread[source] = self.added(Repeated(self.samples), f"{source.name}_repeated", self.values[source])
                self.spread[node] = self.wired.node_copy(node, self.spread.__getitem__)
            else:
                self.values[node] = self.wired.node_copy(node, self.values.__getitem__)
        network = fx.GraphModule(self.modules, self.wired, class_name=type(self.flat).__name__)
        network.training = self.flat.training
        network.graph.lint()
        return network

    def added(self, made: nn.Module, name: str, source: fx.Node) -> fx.Node:
        """A call of a new module."""
        number, free = 1, name
        while free in self.taken:
            number += 1
            free = f"{name}_{number}"
        self.taken.add(free)
        self.modules[free] = made.train(self.flat.training)
        return self.wired.call_module(free, (source,))

    def masked(self, name: str, shape: tuple[int, ...], *, again: bool) -> Masked:
        """Masks for a call of a dropout, whose rows have `shape`."""
        layer = self.flat.get_submodule(name)
        rate = getattr(layer, "p")  # noqa: B009  # every dropout has it, which the type does not tell
        kept = torch.from_numpy(self.random.random((self.samples, *MASK_SHAPES[type(layer)](shape))) >= rate)
        if isinstance(layer, nn.AlphaDropout):
            gain = ((1 - rate) * (1 + rate * SELU_FLOOR**2)) ** -0.5
            shift = -gain * SELU_FLOOR * rate
            return Masked(kept, gain, shift, gain * SELU_FLOOR + shift, again=again)
        return Masked(kept, 1 / (1 - rate), 0.0, 0.0, again=again)


def _each(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape


def _each_channel(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[0], *(1 for _ in shape[1:]))


MASK_SHAPES: dict[type[nn.Module], Callable[[tuple[int, ...]], tuple[int, ...]]] = {
    nn.Dropout: _each,
    nn.AlphaDropout: _each,
    nn.Dropout1d: _each_channel,
    nn.Dropout2d: _each_channel,
    nn.Dropout3d: _each_channel,
}
"""The dropouts that can be drawn in advance, and the shape of a mask for rows of a shape."""


def _flat(module: fx.GraphModule) -> fx.GraphModule:
    """The same network with the parts of every `nn.Sequential` called one by one."""
    wired = fx.Graph()
    values: dict[fx.Node, fx.Node] = {}

    def call(target: str, layer: nn.Module, node: fx.Node) -> fx.Node:
        if not isinstance(layer, nn.Sequential):
            return wired.call_module(target, (node,))
        for name, part in layer.named_children():
            node = call(f"{target}.{name}", part, node)
        return node

    for node in module.graph.nodes:
        layer = module.get_submodule(str(node.target)) if node.op == "call_module" else None
        if isinstance(layer, nn.Sequential):
            values[node] = call(str(node.target), layer, values[node.all_input_nodes[0]])
        else:
            values[node] = wired.node_copy(node, values.__getitem__)
    return fx.GraphModule(module, wired, class_name=type(module).__name__)


class _Trial(fx.Interpreter):
    """Runs a network as in training, and notes at which nodes random numbers are drawn: shapes of rows where masks can do it."""

    def __init__(self, network: fx.GraphModule):
        super().__init__(network)
        self.dropped: dict[str, tuple[int, ...]] = {}
        self.hidden: list[str] = []

    def run_node(self, n: fx.Node) -> object:
        before = torch.get_rng_state()
        result = super().run_node(n)
        if not torch.equal(before, torch.get_rng_state()):
            layer = self.fetch_attr(str(n.target)) if n.op == "call_module" else None
            if type(layer) in MASK_SHAPES and isinstance(result, torch.Tensor):
                self.dropped[n.name] = tuple(result.shape[1:])
            else:
                self.hidden.append(str(n.target if n.op == "call_module" else n.name))
        return result


def _dropped_shapes(flat: fx.GraphModule, arguments: Sequence[torch.Tensor]) -> dict[str, tuple[int, ...]]:
    """The nodes that drop numbers in training, with the shape of their rows."""
    trial = _Trial(copy.deepcopy(flat).train())
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        trial.run(*arguments)
    if trial.hidden:
        help = "use `dropout` layers, or leave `uncertainty` out"
        raise SpecError(
            Diagnostic("no-dropout", f"`{name}` draws random numbers inside itself, which masks cannot stand for", help=help)
            for name in trial.hidden
        )
    return trial.dropped
