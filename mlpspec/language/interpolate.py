"""Variables: a value that is exactly `$name` becomes the value of that name, whatever its type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, TypeAlias

from mlpspec.diagnostics import Diagnostic, Label, Severity, SpecError, did_you_mean
from mlpspec.language.positions import Entry, Positions
from mlpspec.language.tree import MAX_DEPTH, MAX_MISTAKES, MAX_NODES, Tree, copy, measure

Scope: TypeAlias = Mapping[str, Tree]
"""Names and the values that they stand for."""

VARIABLES, BLOCKS = "vars", "blocks"

MAX_SHOWN = 12
"""So many variables of a circle are named."""

MAX_NEAR = 200
"""Among so many names a near one is sought: a spec has few variables, a hostile one a hundred thousand."""

_REFERENCE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


def interpolate(tree: Tree) -> tuple[Tree, list[Diagnostic]]:
    """The spec with its variables replaced, in `vars:` too, and a warning for each variable that nothing uses.

    The bodies under `blocks:` keep their `$names`: they may be parameters, which have values only where a block is used
    (`substitute` with the scope of the parameters, then `variables(tree)`).

    Raises:
        SpecError: for names that are not defined, definitions that need themselves, and a tree that grows beyond the limits.
    """
    if not isinstance(tree.data, dict):
        return tree, []
    work = _Substitution()
    scope = work.variables(tree)
    data, children = dict(tree.data), dict(tree.positions.root.children)
    for name, value in tree.data.items():
        if name == VARIABLES and scope:
            data[name] = {variable: part.data for variable, part in scope.items()}
            children[name] = replace(children[name], children={variable: part.positions.root for variable, part in scope.items()})
        elif name != BLOCKS:
            data[name], children[name] = work.value(value, children[name], (scope,), depth=2)
    work.finish()
    result = Tree(data, Positions(replace(tree.positions.root, children=children)), tree.source)
    return result, list(_unused(result, scope, work.used))


def variables(tree: Tree) -> Scope:
    """The scope that `vars:` of an interpolated tree defines."""
    if not isinstance(tree.data, dict) or not isinstance(tree.data.get(VARIABLES), dict):
        return {}
    return scope_of(tree.at((VARIABLES,)))


def scope_of(mapping: Tree) -> Scope:
    """The scope that a mapping defines: each key names its value."""
    return {name: mapping.at((name,)) for name in mapping.data}


def substitute(tree: Tree, *scopes: Scope) -> Tree:
    """A part of a spec in which every value `$name` is replaced, and `$$` at the beginning of a text becomes `$`.

    Args:
        tree: the part; parts without a `$name` are shared with the result.
        scopes: where names are looked up, nearest first. Their values are taken as they are.

    Raises:
        SpecError: with all names that no scope knows, or when the result is beyond the limits on depth and values.
    """
    work = _Substitution()
    result = work.tree(tree, scopes, depth=1)
    work.finish()
    return result


class _Substitution:
    """One pass over a spec: what it has used, how large the result is, what was wrong."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.nodes = 0
        self.mistakes: list[Diagnostic] = []
        self.measures: dict[int, tuple[int, int]] = {}  # by the identity of the variable's tree, which its scope keeps alive

    def finish(self) -> None:
        if self.mistakes:
            raise SpecError(self.mistakes)

    def variables(self, tree: Tree) -> dict[str, Tree]:
        """The values of `vars:`, each after those that it needs."""
        defined = tree.data.get(VARIABLES)
        if defined is None:
            return {}
        if not isinstance(defined, dict):
            label = Label(tree.positions.place((VARIABLES,)))
            raise SpecError(Diagnostic("wrong-type", f"`{VARIABLES}` must be a mapping", primary=label, help="e.g. vars: {width: 64}"))
        raw = scope_of(tree.at((VARIABLES,)))
        needs = {name: [other for other in references(value.data) if other in raw] for name, value in raw.items()}
        order, circles = _in_order(needs)
        self.mistakes += [_needs_itself(circle, raw) for circle in circles[:MAX_MISTAKES]]
        self.finish()
        values: dict[str, Tree] = {}
        for name in order:
            # Names that are not defined at all are sought among all variables, so that the help can name a near one.
            values[name] = self.tree(raw[name], (values, raw), depth=3)
        return {name: values[name] for name in raw}

    def tree(self, tree: Tree, scopes: tuple[Scope, ...], depth: int) -> Tree:
        """`tree` with its names replaced, where `depth` is the level of its root in the whole spec (from 1)."""
        data, entry = self.value(tree.data, tree.positions.root, scopes, depth)
        return Tree(data, Positions(entry), tree.source)

    def value(self, data: Any, entry: Entry, scopes: tuple[Scope, ...], depth: int) -> tuple[Any, Entry]:
        if isinstance(data, str) and data.startswith("$"):
            return self.text(data, entry, scopes, depth)
        self.count(1, entry)
        if not isinstance(data, dict | list):
            return data, entry
        values, children = dict(data.items() if isinstance(data, dict) else enumerate(data)), dict(entry.children)
        changed = False
        for part, old in values.items():
            new, place = self.value(old, children[part], scopes, depth + 1)
            if new is not old or place is not children[part]:
                values[part], children[part], changed = new, place, True
        if not changed:
            return data, entry
        filled = values if isinstance(data, dict) else list(values.values())
        return filled, replace(entry, children=children)

    def text(self, text: str, entry: Entry, scopes: tuple[Scope, ...], depth: int) -> tuple[Any, Entry]:
        if text.startswith("$$"):
            self.count(1, entry)
            return text[1:], entry
        name = text[1:]
        if not _REFERENCE.fullmatch(text):
            self.report(f"`{text}` is not the name of a variable", f"write `${text}` for a text that starts with a dollar", entry)
            return text, entry
        self.used.add(name)
        found = next((known[name] for known in scopes if name in known), None)
        if found is None:
            known = list(islice((known for scope in scopes for known in scope), MAX_NEAR))
            self.report(f"there is no variable `{name}`", did_you_mean(name, known) or f"define it: `vars: {{{name}: …}}`", entry)
            return text, entry
        if id(found) not in self.measures:
            self.measures[id(found)] = measure(found.data)
        nodes, height = self.measures[id(found)]
        self.count(nodes, entry)
        if depth - 1 + height > MAX_DEPTH:
            self.stop(f"with the value of `{text}`, mappings and lists stand more than {MAX_DEPTH} deep in each other", entry)
        return copy(found.data), entry.reference(found.positions.root)

    def count(self, nodes: int, entry: Entry) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            self.stop(f"with its variables replaced, the spec holds more than {MAX_NODES:,} values", entry)

    def report(self, message: str, help: str, entry: Entry) -> None:
        self.mistakes.append(Diagnostic("undefined-variable", message, primary=Label(entry.value), help=help))
        if len(self.mistakes) >= MAX_MISTAKES:
            self.finish()

    def stop(self, message: str, entry: Entry) -> None:
        raise SpecError([*self.mistakes, Diagnostic("too-large", message, primary=Label(entry.value))])


def references(data: Any) -> Iterator[str]:
    """The names that `data` refers to, as often as it does.

    >>> list(references({"units": "$width", "text": "$$no", "sizes": ["$a", 1]}))
    ['width', 'a']
    """
    if isinstance(data, str):
        if found := _REFERENCE.fullmatch(data):
            yield found.group(1)
    elif isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from references(value)


def _in_order(needs: Mapping[str, list[str]]) -> tuple[list[str], list[list[str]]]:
    """The names, each after those it needs, and the circles that prevent it. Without recursion: a chain may be long."""
    order: list[str] = []
    circles: list[list[str]] = []
    done: set[str] = set()
    for start in needs:
        chain: dict[str, Iterator[str]] = {} if start in done else {start: iter(needs[start])}
        while chain:
            name = next(reversed(chain))
            following = next((other for other in chain[name] if other not in done), None)
            if following is None:
                del chain[name]
                done.add(name)
                order.append(name)
            elif following in chain:
                names = list(chain)
                circles.append(names[names.index(following) :])
            else:
                chain[following] = iter(needs[following])
    return order, circles


def _needs_itself(circle: list[str], values: Scope) -> Diagnostic:
    shown = circle if len(circle) <= MAX_SHOWN else [*circle[: MAX_SHOWN - 1], "…"]
    chain = " → ".join(f"`{name}`" for name in (*shown, circle[0]))
    places = [values[name].positions.value(()) for name in circle[:MAX_SHOWN]]
    return Diagnostic(
        "invalid-spec",
        f"the variable `{circle[0]}` needs itself: {chain}",
        primary=Label(places[0]),
        secondary=tuple(Label(place, "by way of this") for place in places[1:]),
        help="give one of them a value of its own",
    )


def _unused(tree: Tree, scope: Scope, used: set[str]) -> Iterator[Diagnostic]:
    used = used | set(references(tree.data.get(BLOCKS)))
    for name in scope:
        if name not in used:
            key = tree.positions.key((VARIABLES, name))
            help = "remove it" if _REFERENCE.fullmatch(f"${name}") else "only letters, digits and _ can follow a dollar: rename it"
            label = Label(key) if key else None
            yield Diagnostic("unused-variable", f"the variable `{name}` is used nowhere", Severity.WARNING, label, help=help)
