"""Blocks: each `- block:` of the model is given the layers that it stands for, with the parameters' values in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mlpspec.diagnostics import Diagnostic, Label, Severity, Span, SpecError, did_you_mean
from mlpspec.language.interpolate import BLOCKS, Scope, scope_of, substitute, variables
from mlpspec.language.positions import Path, Positions
from mlpspec.language.tree import MAX_NODES, Tree, measure

MAX_NESTING = 8
"""How deep blocks may use blocks."""


def expand_blocks(tree: Tree) -> tuple[Tree, list[Diagnostic]]:
    """The spec in which every use of a block has its `layers`, and a warning for each block that nothing uses.

    Raises:
        SpecError: for blocks and parameters that are not defined, parameters without a value, and blocks that use themselves.
    """
    defined = tree.data.get(BLOCKS) if isinstance(tree.data, dict) else None
    work = _Expansion(tree, defined if isinstance(defined, dict) else {})
    if isinstance(tree.data, dict) and isinstance(tree.data.get("model"), list):
        tree = tree.graft(("model",), work.layers(tree.at(("model",)), ()))
    if work.mistakes:
        raise SpecError(work.mistakes)
    return tree, list(work.unused())


class _Expansion:
    def __init__(self, tree: Tree, defined: dict[str, object]):
        self.tree, self.defined = tree, defined
        self.variables = variables(tree)
        self.used: set[str] = set()
        self.nodes = 0
        self.mistakes: list[Diagnostic] = []

    def layers(self, layers: Tree, chain: tuple[str, ...]) -> Tree:
        """The list with every use of a block filled in."""
        for index, item in enumerate(layers.data):
            use = _use_of(item)
            if use is None:
                continue
            path = (index, "block")
            if isinstance(item["block"], str):  # the short form, `- block: residual`
                layers = layers.graft(path, _as_mapping(layers.at(path), use))
            body = self.body(layers, path, use, chain)
            if body is not None:
                layers = layers.graft((*path, "layers"), body)
        return layers

    def body(self, layers: Tree, path: Path, use: str, chain: tuple[str, ...]) -> Tree | None:
        place = layers.positions.place((*path, "use"))
        if use not in self.defined:
            self.report(
                "unknown-name",
                f"there is no block `{use}`",
                place,
                did_you_mean(use, self.defined) or f"define it: `blocks: {{{use}: ...}}`",
            )
            return None
        self.used.add(use)
        if use in chain or len(chain) >= MAX_NESTING:
            way = " → ".join(f"`{name}`" for name in (*chain, use))
            self.report("invalid-spec", f"the block `{use}` uses itself: {way}", place, "a block can use other blocks only")
            return None
        definition = self.tree.at((BLOCKS, use))
        if not isinstance(definition.data, dict) or not isinstance(definition.data.get("layers"), list):
            return None  # the schema says what is wrong with the definition
        scope = self.parameters(definition, layers.at(path), use)
        if scope is None:
            return None
        body = substitute(definition.at(("layers",)), scope, self.variables)
        self.nodes += measure(body.data)[0]
        if self.nodes > MAX_NODES:
            message = f"with its blocks written out, the spec holds more than {MAX_NODES:,} values"
            raise SpecError([*self.mistakes, Diagnostic("too-large", message, primary=Label(place))])
        body = Tree(body.data, Positions(replace(body.positions.root, use=place)), body.source)
        return self.layers(body, (*chain, use))

    def parameters(self, definition: Tree, use: Tree, name: str) -> Scope | None:
        """The values of the block's parameters for one use; None when some are missing or unknown."""
        defaults = definition.data.get("parameters") or {}
        given = use.data.get("with") or {}
        if not isinstance(defaults, dict) or not isinstance(given, dict):
            return None  # the schema says what is wrong with them
        before = len(self.mistakes)
        for parameter in given:
            if parameter not in defaults:
                span = use.positions.key(("with", parameter)) or use.positions.place(("with",))
                self.report("unknown-option", f"the block `{name}` has no parameter `{parameter}`", span, did_you_mean(parameter, defaults))
        for parameter, default in defaults.items():
            if default is None and given.get(parameter) is None:
                message = f"the block `{name}` needs a value for `{parameter}`"
                self.report("missing-option", message, use.positions.place(()), f"write `with: {{{parameter}: ...}}`")
        if len(self.mistakes) > before:
            return None
        values = dict(scope_of(definition.at(("parameters",)))) if defaults else {}
        return {**values, **(scope_of(use.at(("with",))) if given else {})}

    def report(self, code: str, message: str, span: Span, help: str) -> None:
        self.mistakes.append(Diagnostic(code, message, primary=Label(span), help=help))

    def unused(self) -> Iterator[Diagnostic]:
        for name in self.defined:
            if name not in self.used:
                key = self.tree.positions.key((BLOCKS, name))
                label = Label(key) if key else None
                yield Diagnostic("unused-variable", f"the block `{name}` is used nowhere", Severity.WARNING, label, help="remove it")


def _use_of(item: object) -> str | None:
    """The name of the block that a layer uses; None for other layers, and where the schema will complain."""
    if not isinstance(item, dict) or "block" not in item:
        return None
    options = item["block"]
    use = options.get("use") if isinstance(options, dict) else options
    return use if isinstance(use, str) else None


def _as_mapping(name: Tree, use: str) -> Tree:
    place = name.positions.root
    return Tree({"use": use}, Positions(replace(place, children={"use": place})), name.source)
