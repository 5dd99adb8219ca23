"""Can each bias start as it is asked to?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.catalog.option import options_of
from mlpspec.diagnostics import Diagnostic
from mlpspec.language.document import Document
from mlpspec.language.walk import layers_of


def check_biases(document: Document) -> Iterator[Diagnostic]:
    """A bias has no fan-in, so that initializers which need one are refused for it."""
    for path, layer in layers_of(document.spec):
        for option in options_of(type(layer)):
            value = getattr(layer, option.attribute)
            if option.key == "bias_initializer" and isinstance(value, Initializer) and value.needs_fans:
                message = f"`{value.kind}` needs a matrix, a bias is a vector"
                at = (*path, layer.kind, option.key)
                yield document.diagnostic("wrong-form", message, at, help="start a bias with `zeros`, `constant`, `normal` or `uniform`")
