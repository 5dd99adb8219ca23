"""The whole pipeline on one page: read, check, place, infer, lower, build. Read this file first.

text ──read──▶ tree with positions ──validate──▶ Document (typed Spec) ──passes──▶ Graph ──build_module──▶ torch module
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlpspec.catalog.option import Record
from mlpspec.diagnostics import Diagnostic, Severity, SpecError
from mlpspec.ir.facts import Facts
from mlpspec.ir.graph import Graph
from mlpspec.language.blocks import expand_blocks
from mlpspec.language.build import build
from mlpspec.language.document import Document
from mlpspec.language.interpolate import interpolate
from mlpspec.language.overrides import override
from mlpspec.language.reader import read, read_file
from mlpspec.language.sections.spec import Spec
from mlpspec.language.tree import Tree
from mlpspec.language.validate import validate
from mlpspec.passes import CHECKS, LINTS, PASSES
from mlpspec.passes.context import Context
from mlpspec.passes.search_space import check_tuning

if TYPE_CHECKING:
    from torch import fx


def load(source: str | Path | Mapping[str, Any], *, settings: Sequence[str] = (), allow_outside: bool = False) -> Document:
    """Read and check a spec; all its mistakes at once. Needs neither torch nor the data.

    Args:
        source: a path (`-` is standard input), or the spec as a mapping.
        settings: overrides such as `training.epochs=5`, as with `--set`.
        allow_outside: whether `data:` may name files outside the spec's folder and the current one.

    Raises:
        SpecError: with a diagnostic for every mistake of the first phase that finds any.
        UsageError, MachineError: when the file is missing or unreadable.
    """
    tree, folder = _read(source)
    return check(tree, folder, settings=settings, allow_outside=allow_outside)


def loads(
    text: str, *, name: str = "<spec>", folder: Path | None = None, settings: Sequence[str] = (), allow_outside: bool = False
) -> Document:
    """`load` for the text of a spec; relative paths in it start from `folder`, the current folder by default."""
    return check(read(text, name), folder or Path.cwd(), settings=settings, allow_outside=allow_outside)


def check(tree: Tree, folder: Path, *, settings: Sequence[str] = (), allow_outside: bool = False) -> Document:
    """From a tree to a document: overrides, variables, schema, typed spec, checks, and the graph as far as it is known without data.

    Last, what `tuning:` may try is put into the spec, which is checked with each of the values alone.
    """
    written = override(tree, settings)
    tree, warnings = interpolate(written)
    tree, more = expand_blocks(tree)
    warnings += more
    _stop_on_errors(validate(tree))
    contradictions: list[tuple[str, tuple[str | int, ...]]] = []

    def look_at(record: Record, path: tuple[str | int, ...]) -> None:
        if problem := record.problem():
            contradictions.append((problem, path))

    spec = build(Spec, tree.data, visit=look_at)
    document = Document(_named(spec, tree), tree, folder, tuple(warnings), allow_outside, written)
    found = [_contradiction(document, problem, path) for problem, path in contradictions]
    _stop_on_errors([*found, *(finding for check in CHECKS for finding in check(document))])
    graph, findings = _run_passes(document, Facts())
    findings += [finding for lint in LINTS for finding in lint(graph, Context(document))]
    _stop_on_errors(findings)
    if spec.tuning is not None:
        findings += check_tuning(document, lambda trial: check(trial, folder, allow_outside=allow_outside))
        _stop_on_errors(findings)
    return replace(document, warnings=(*document.warnings, *findings))


def _contradiction(document: Document, problem: str, path: tuple[str | int, ...]) -> Diagnostic:
    """A record's problem, shown at the first of the options that it names and the spec writes; the others are marked too."""
    named = dict.fromkeys((*path, name) for name in re.findall(r"`(\w+)", problem))
    at, *others = [option for option in named if document.tree.positions.key(option) is not None] or [path]
    return document.diagnostic("invalid-spec", problem, at, secondary=[(other, f"`{other[-1]}` is here") for other in others])


def build_graph(document: Document, facts: Facts | None = None) -> Graph:
    """The network of a checked spec, with shapes; with `facts` (learnt from the data) every size is a number.

    Raises:
        SpecError: when shapes do not fit once the data's sizes are known.
    """
    facts = facts or Facts()
    graph, findings = _run_passes(document, facts)
    findings += [finding for lint in LINTS for finding in lint(graph, Context(document, facts))]
    _stop_on_errors(findings)
    return graph


def compile(document: Document, facts: Facts) -> fx.GraphModule:  # the word of the trade
    """The network of a checked spec as a torch module, initialized from torch's random state.

    Raises:
        SpecError: when shapes do not fit once the data's sizes are known.
    """
    from mlpspec.pytorch.module import build_module

    return build_module(build_graph(document, facts))


def _read(source: str | Path | Mapping[str, Any]) -> tuple[Tree, Path]:
    if isinstance(source, Mapping):
        return read(json.dumps(dict(source), ensure_ascii=False, indent=1), "<spec>"), Path.cwd()
    return read_file(source), Path.cwd() if str(source) == "-" else Path(source).resolve().parent


def _named(spec: Spec, tree: Tree) -> Spec:
    """The spec under its file's name where it has none of its own."""
    stem = "".join(c if c.isalnum() or c in "_.-" else "_" for c in Path(tree.source.name).stem)[:64]
    if "name" in tree.data or not stem[:1].isalpha():
        return spec
    return replace(spec, name=stem)


def _run_passes(document: Document, facts: Facts) -> tuple[Graph, list[Diagnostic]]:
    context = Context(document, facts)
    graph = Graph(document.spec.name, (), ())
    for step in PASSES:
        graph = step(graph, context)
        if context.failed:
            break
    _stop_on_errors(context.findings)
    return graph, context.findings


def _stop_on_errors(findings: Iterable[Diagnostic]) -> None:
    """End a phase: raise all its findings when one is an error."""
    found = list(findings)
    if any(finding.severity is Severity.ERROR for finding in found):
        raise SpecError(found)
