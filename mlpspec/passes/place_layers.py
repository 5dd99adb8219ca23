"""First pass: the spec's layers become nodes, with names, repeats written out, and sources resolved."""

from __future__ import annotations

import keyword
from collections import Counter
from dataclasses import replace

from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.layers.head import Head
from mlpspec.catalog.layers.share import Share, SharedOperation
from mlpspec.diagnostics import did_you_mean
from mlpspec.ir.graph import Graph, Node, Operation, Path
from mlpspec.passes.context import Context

ALL_INPUTS = "inputs"
"""The node that joins all inputs, read by a first layer without `from`."""


def place_layers(graph: Graph, context: Context) -> Graph:
    """A node for each layer and repeat, in the order of the spec.

    1. A layer without a name is called by its kind and a number (`dense_1`), a head by its target (`head_species`).
    2. The repeats of `name` are `name_1`, `name_2`, ...; the name itself means the last.
    3. A layer without `from` reads the node above it; the first one reads all inputs.
    """
    return _Placing(context).run(graph)


class _Placing:
    def __init__(self, context: Context):
        self.context = context
        self.nodes: list[Node] = []
        self.known: dict[str, str] = {name: name for name in context.document.spec.inputs}
        self.places: dict[str, Path] = {name: ("inputs", name) for name in context.document.spec.inputs}
        self.counts: Counter[str] = Counter()

    def run(self, graph: Graph) -> Graph:
        model = self.context.document.spec.model
        taken = {layer.name for layer in model}
        for index, layer in enumerate(model):
            path = ("model", index)
            name = layer.name or self.automatic_name(layer, taken)
            sources = self.sources(layer, path, model)
            operation = self.operation(layer, path)
            if self.introduce(name, layer, path) and operation is not None:
                self.add(name, layer, operation, sources, path)
        outputs = {node.operation.target: node.name for node in self.nodes if isinstance(node.operation, Head)}
        return replace(graph, nodes=tuple(self.nodes), outputs=outputs)

    def automatic_name(self, layer: Layer, taken: set[str | None]) -> str:
        if isinstance(layer, Head):
            return f"head_{layer.target}"
        while True:
            self.counts[layer.kind] += 1
            name = f"{layer.kind}_{self.counts[layer.kind]}"
            if name not in taken and name not in self.known:
                return name

    def introduce(self, name: str, layer: Layer, path: Path) -> bool:
        """Make a name known, unless it is taken or cannot be an attribute of the module."""
        at = (*path, layer.kind, "name")
        if name in self.known:
            message = f"the name `{name}` is taken"
            self.context.report(
                "duplicate-name", message, at, secondary=((self.places[name], "by this one"),), help="give each layer a name of its own"
            )
            return False
        if "." in name or "-" in name:
            self.context.report("wrong-form", f"the name `{name}` cannot name a layer", at, help="use letters, digits and _ only")
            return False
        if is_reserved(name):
            help = f"Python or PyTorch's modules use that word themselves; try `{name}_layer`"
            self.context.report("wrong-form", f"the name `{name}` cannot name a layer", at, help=help)
            return False
        self.places[name] = path
        return True

    def sources(self, layer: Layer, path: Path, model: tuple[Layer, ...]) -> tuple[str, ...]:
        if not layer.from_:
            above = self.nodes[-1].name if self.nodes else ALL_INPUTS
            return (above,)
        found: list[str] = []
        for position, source in enumerate(layer.from_):
            if source in self.known:
                found.append(self.known[source])
                continue
            at = (*path, layer.kind, "from") if len(layer.from_) == 1 else (*path, layer.kind, "from", position)
            later = any(other.name == source for other in model)
            help = "a layer reads inputs and layers above it; move it up" if later else did_you_mean(source, self.known)
            message = f"`{source}` stands below this layer" if later else f"there is no input or layer `{source}`"
            self.context.report("unknown-source", message, at, help=help)
        if len(found) == len(layer.from_) > 1 and not layer.merges:
            message = f"`{layer.kind}` reads one layer, here are {len(found)}"
            help = "join them first, e.g. `- concat: {from: [" + ", ".join(layer.from_) + "]}`"
            self.context.report("shape-mismatch", message, (*path, layer.kind, "from"), help=help)
        return tuple(found)

    def operation(self, layer: Layer, path: Path) -> Operation | None:
        """What the layer does: itself, or for a share the call of the layer it names; None when there is no such layer."""
        if not isinstance(layer, Share):
            return layer
        placed = {node.name: node for node in self.nodes}
        shared = placed.get(self.known.get(layer.of, layer.of))
        if shared is None or isinstance(shared.operation, Head):
            at = (*path, layer.kind)
            help = did_you_mean(layer.of, placed)
            self.context.report("unknown-source", f"there is no layer `{layer.of}` above this one to share", at, help=help)
            return None
        return shared.operation if isinstance(shared.operation, SharedOperation) else SharedOperation(shared.name, shared.operation)

    def add(self, name: str, layer: Layer, operation: Operation, sources: tuple[str, ...], path: Path) -> None:
        for number in range(1, layer.repeat + 1):
            node_name = name if layer.repeat == 1 else f"{name}_{number}"
            self.nodes.append(Node(node_name, operation, sources, path))
            self.known[node_name] = node_name
            self.places.setdefault(node_name, path)
            sources = (node_name,)
        self.known[name] = self.nodes[-1].name


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
