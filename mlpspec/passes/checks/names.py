"""Can all inputs and answers of the model file stand side by side under their names?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.catalog.targets.base import TargetType
from mlpspec.diagnostics import Diagnostic
from mlpspec.language.document import Document
from mlpspec.language.sections.export import Export


def check_names(document: Document) -> Iterator[Diagnostic]:
    """No input is named like a target or one of its answers, and no target like another one's answer."""
    spec = document.spec
    details = {f"{name}_{detail}": name for name, target in spec.targets.items() for detail in _details(target, spec.export)}
    taken = {"inputs": {**details, **{name: name for name in spec.targets}}, "targets": details}
    for section, names in (("inputs", spec.inputs), ("targets", spec.targets)):
        for name in names:
            target = taken[section].get(name)
            if target is not None:
                message = f"`{name}` is the name of what the model file says about the target `{target}`"
                taken_by = ((("targets", target), "this target"),)
                help = f"give the {section[:-1]} another name; its options say which columns it reads"
                yield document.diagnostic("duplicate-name", message, (section, name), at_key=True, secondary=taken_by, help=help)


def _details(target: TargetType, export: Export) -> tuple[str, ...]:
    """What the model file can say about a target beside its label or number."""
    spread = () if export.uncertainty is None else ("deviation", "entropy")
    return "probability" if target.is_classes else "interval", *spread
