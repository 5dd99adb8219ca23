"""Has every target one head, and every head a target?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.catalog.layers.head import Head
from mlpspec.diagnostics import Diagnostic, did_you_mean
from mlpspec.language.document import Document
from mlpspec.language.positions import Path
from mlpspec.language.walk import layers_of


def check_heads(document: Document) -> Iterator[Diagnostic]:
    """One head for each target, and no other; none inside a block or repeated."""
    spec = document.spec
    heads: dict[str, Path] = {}
    for path, layer in layers_of(spec):
        if not isinstance(layer, Head):
            continue
        at = (*path, "head")
        if len(path) > 2:
            yield document.diagnostic("missing-head", "a head cannot stand inside a block", at, help="put it behind the block")
        elif layer.target not in spec.targets:
            help = did_you_mean(layer.target, spec.targets)
            yield document.diagnostic("missing-head", f"there is no target `{layer.target}`", at, help=help)
        elif layer.target in heads:
            first = (heads[layer.target], "the first one")
            message = f"the target `{layer.target}` has a second head"
            yield document.diagnostic("missing-head", message, at, secondary=(first,), help="keep one head for each target")
        heads.setdefault(layer.target, at)
        if layer.repeat != 1:
            yield document.diagnostic("invalid-spec", "a head cannot be repeated", (*at, "repeat"), help="remove `repeat`")
    for target in spec.targets:
        if target not in heads:
            help = f"end the model with `- head: {target}`"
            yield document.diagnostic("missing-head", f"the target `{target}` has no head", ("targets", target), at_key=True, help=help)
