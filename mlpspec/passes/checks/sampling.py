"""Does the sampler know which class a row has?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.catalog.samplers.base import ByClass
from mlpspec.diagnostics import Diagnostic
from mlpspec.language.document import Document

_AT = ("training", "sampling")


def check_sampling(document: Document) -> Iterator[Diagnostic]:
    """A sampler by classes has one column of classes to go by."""
    sampler = document.spec.training.sampler
    if not isinstance(sampler, ByClass):
        return
    try:
        sampler.class_column(document.spec.targets)
    except ValueError as error:
        help = f"name a target or column of classes: `sampling: {{{sampler.kind}: NAME}}`"
        yield document.diagnostic("invalid-spec", f"`{sampler.kind}` goes by classes, and {error}", _AT, help=help)
