"""All layers of a spec, those inside blocks included."""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.layers.block import Block
from mlpspec.language.positions import Path
from mlpspec.language.sections.spec import Spec


def layers_of(spec: Spec) -> Iterator[tuple[Path, Layer]]:
    """Each layer with its path in the spec, in order; a block comes before its layers."""
    yield from _layers(spec.model, ("model",))


def _layers(layers: tuple[Layer, ...], path: Path) -> Iterator[tuple[Path, Layer]]:
    for index, layer in enumerate(layers):
        yield (*path, index), layer
        if isinstance(layer, Block):
            yield from _layers(layer.layers, (*path, index, "block", "layers"))
