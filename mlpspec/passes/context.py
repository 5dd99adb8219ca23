"""What every pass is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mlpspec.diagnostics import Diagnostic, Severity
from mlpspec.ir.facts import Facts
from mlpspec.ir.graph import Graph
from mlpspec.language.document import Document


@dataclass(frozen=True)
class Context:
    """The spec, what the data told (empty before it is read), and where findings go."""

    document: Document
    facts: Facts = field(default_factory=Facts)
    findings: list[Diagnostic] = field(default_factory=list)

    def report(self, code: str, message: str, path: tuple[str | int, ...], **details: Any) -> None:
        """Add a finding; the arguments are those of `Document.diagnostic`."""
        self.findings.append(self.document.diagnostic(code, message, path, **details))

    @property
    def failed(self) -> bool:
        """Whether an error was reported."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


Pass = Callable[[Graph, Context], Graph]
