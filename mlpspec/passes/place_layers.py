"""First pass: the spec's layers become nodes, with names, repeats written out, and sources resolved."""

from __future__ import annotations

import keyword
from collections import Counter
from dataclasses import dataclass, field, replace

from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.layers.block import Block
from mlpspec.catalog.layers.head import Head
from mlpspec.catalog.layers.share import Share, SharedOperation
from mlpspec.diagnostics import did_you_mean
from mlpspec.ir.graph import Graph, Node, Operation, Path
from mlpspec.passes.context import Context

ALL_INPUTS = "inputs"
"""The node that joins all inputs, read by a first layer without `from`."""


BLOCK_INPUT = "input"
"""What a block reads, to the layers inside it."""


def place_layers(graph: Graph, context: Context) -> Graph:
    """A node for each layer and repeat, in the order of the spec.

    1. A layer without a name is called by its kind and a number (`dense_1`), a head by its target (`head_species`).
    2. The repeats of `name` are `name_1`, `name_2`, ...; the name itself means the last.
    3. A layer without `from` reads the node above it; the first one reads all inputs.
    4. A block is written out: its layers are named `<block>_<layer>`, and its name means its last layer.
    """
    placing = _Placing(context)
    inputs = {name: name for name in context.document.spec.inputs}
    places: dict[str, Path] = {name: ("inputs", name) for name in inputs}
    placing.layers(context.document.spec.model, _Scope("", ALL_INPUTS, inputs, places), ("model",))
    outputs = {node.operation.target: node.name for node in placing.nodes if isinstance(node.operation, Head)}
    return replace(graph, nodes=tuple(placing.nodes), outputs=outputs)


@dataclass
class _Scope:
    """Where names are looked up: the model, or one use of a block. `above` is what a layer without `from` reads."""

    prefix: str
    above: str
    known: dict[str, str]
    places: dict[str, Path]
    counts: Counter[str] = field(default_factory=Counter)


class _Placing:
    def __init__(self, context: Context):
        self.context = context
        self.nodes: list[Node] = []

    def layers(self, layers: tuple[Layer, ...], scope: _Scope, path: Path) -> None:
        """Place a list of layers, one after the other; `scope.above` is the last one then."""
        taken = {layer.name for layer in layers}
        for index, layer in enumerate(layers):
            at = (*path, index)
            name = layer.name or _automatic_name(layer, taken, scope)
            sources = self.sources(layer, scope, at, layers)
            operation = self.operation(layer, scope, at)
            if not self.introduce(name, layer, scope, at) or operation is None:
                continue
            for number in range(1, layer.repeat + 1):
                local = name if layer.repeat == 1 else f"{name}_{number}"
                last = self.place(layer, operation, scope.prefix + local, sources, at)
                scope.known[local] = scope.known[name] = scope.above = last
                scope.places.setdefault(local, at)
                sources = (last,)

    def place(self, layer: Layer, operation: Operation, name: str, sources: tuple[str, ...], path: Path) -> str:
        """Add the node of a layer, or the nodes of a block; the name of the last."""
        if not isinstance(layer, Block):
            self.nodes.append(Node(name, operation, sources, path))
            return name
        source = sources[0] if sources else ALL_INPUTS
        inner = _Scope(f"{name}_", source, {BLOCK_INPUT: source}, {BLOCK_INPUT: path})
        self.layers(layer.layers, inner, (*path, layer.kind, "layers"))
        return inner.above

    def introduce(self, name: str, layer: Layer, scope: _Scope, path: Path) -> bool:
        """Make a name known, unless it is taken or cannot be an attribute of the module."""
        at = (*path, layer.kind, "name")
        if name in scope.known:
            taken_by = ((scope.places[name], "by this one"),)
            help = "give each layer a name of its own"
            self.context.report("duplicate-name", f"the name `{name}` is taken", at, secondary=taken_by, help=help)
            return False
        if "." in name or "-" in name:
            self.context.report("wrong-form", f"the name `{name}` cannot name a layer", at, help="use letters, digits and _ only")
            return False
        if is_reserved(name):
            help = f"Python or PyTorch's modules use that word themselves; try `{name}_layer`"
            self.context.report("wrong-form", f"the name `{name}` cannot name a layer", at, help=help)
            return False
        scope.places[name] = path
        return True

    def sources(self, layer: Layer, scope: _Scope, path: Path, layers: tuple[Layer, ...]) -> tuple[str, ...]:
        if not layer.from_:
            return (scope.above,)
        found: list[str] = []
        for position, source in enumerate(layer.from_):
            if source in scope.known:
                found.append(scope.known[source])
                continue
            at = (*path, layer.kind, "from") if len(layer.from_) == 1 else (*path, layer.kind, "from", position)
            later = any(other.name == source for other in layers)
            help = "a layer reads inputs and layers above it; move it up" if later else did_you_mean(source, scope.known)
            message = f"`{source}` stands below this layer" if later else f"there is no input or layer `{source}`"
            self.context.report("unknown-source", message, at, help=help)
        if len(found) == len(layer.from_) > 1 and not layer.merges:
            message = f"`{layer.kind}` reads one layer, here are {len(found)}"
            help = "join them first, e.g. `- concat: {from: [" + ", ".join(layer.from_) + "]}`"
            self.context.report("shape-mismatch", message, (*path, layer.kind, "from"), help=help)
        return tuple(found)

    def operation(self, layer: Layer, scope: _Scope, path: Path) -> Operation | None:
        """What the layer does: itself, or for a share the call of the layer it names; None when there is no such layer."""
        if not isinstance(layer, Share):
            return layer
        placed = {node.name: node for node in self.nodes}
        shared = placed.get(scope.known.get(layer.of, ""))
        if shared is None or isinstance(shared.operation, Head):
            help = did_you_mean(layer.of, scope.known)
            message = f"there is no layer `{layer.of}` above this one to share"
            self.context.report("unknown-source", message, (*path, layer.kind), help=help)
            return None
        return shared.operation if isinstance(shared.operation, SharedOperation) else SharedOperation(shared.name, shared.operation)


def _automatic_name(layer: Layer, taken: set[str | None], scope: _Scope) -> str:
    if isinstance(layer, Head):
        return f"head_{layer.target}"
    kind = layer.use if isinstance(layer, Block) else layer.kind
    while True:
        scope.counts[kind] += 1
        name = f"{kind}_{scope.counts[kind]}"
        if name not in taken and name not in scope.known:
            return name


def is_reserved(name: str) -> bool:
    """Whether no submodule can have that name: a word of Python, or an attribute of torch.nn.Module."""
    return keyword.iskeyword(name) or name in _MODULE_ATTRIBUTES or name.startswith("__")


_MODULE_ATTRIBUTES = frozenset(
    """add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval extra_repr float forward
    get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules mtia named_buffers named_children
    named_modules named_parameters parameters register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook
    register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
    set_submodule share_memory state_dict to to_empty train training type xpu zero_grad self inputs graph code recompile to_folder
    print_readable""".split()  # noqa: SIM905  # a wrapped list of words reads better than 60 quoted ones
)
