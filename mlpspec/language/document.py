"""A spec that was read and checked, with the text it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from mlpspec.diagnostics import Diagnostic, Label, Severity
from mlpspec.language.positions import Path
from mlpspec.language.sections.spec import Spec
from mlpspec.language.tree import Tree


@dataclass(frozen=True)
class Document:
    """A typed spec and where each part of it stands.

    `folder` is what relative paths in the spec start from; `warnings` are findings that stop nothing. `written` is the spec with settings
    applied, and with its variables and blocks as they were written.
    """

    spec: Spec
    tree: Tree = field(repr=False)
    folder: FilePath
    warnings: tuple[Diagnostic, ...] = ()
    allow_outside: bool = False
    written: Tree | None = field(default=None, repr=False)

    def diagnostic(
        self,
        code: str,
        message: str,
        path: Path,
        *,
        at_key: bool = False,
        secondary: Sequence[tuple[Path, str]] = (),
        help: str = "",
        severity: Severity = Severity.ERROR,
    ) -> Diagnostic:
        """A diagnostic about the value (or its key) at `path` in the spec."""
        positions = self.tree.positions
        span = (positions.key(path) if at_key else None) or positions.place(path)
        labels = [Label(positions.place(other), text) for other, text in secondary]
        labels += positions.related(path)
        return Diagnostic(code, message, severity, Label(span), tuple(labels), help=help)
