"""Does each metric suit a target?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.catalog.metrics import METRICS
from mlpspec.diagnostics import Diagnostic
from mlpspec.language.document import Document


def check_metrics(document: Document) -> Iterator[Diagnostic]:
    """Every metric asked for suits at least one target and stands once."""
    kinds = {target.kind for target in document.spec.targets.values()}
    seen: dict[str, int] = {}
    for index, metric in enumerate(document.spec.training.metrics or ()):
        at = ("training", "metrics", index)
        if not metric.targets & kinds:
            fitting = sorted({known.kind for known in METRICS if known.targets & kinds})
            message = f"the metric `{metric.kind}` suits none of the targets ({', '.join(sorted(kinds))})"
            yield document.diagnostic("loss-mismatch", message, at, help="these do: " + ", ".join(fitting))
        if metric.kind in seen:
            first = ((*at[:2], seen[metric.kind]), "the first one")
            yield document.diagnostic("duplicate-name", f"the metric `{metric.kind}` stands twice", at, secondary=(first,), help="keep one")
        seen.setdefault(metric.kind, index)
