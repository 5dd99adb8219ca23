"""A named list of layers, used as one layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.option import option


@final
class Block(Layer):
    """The layers of an entry of `blocks:`, with its parameters set, each time with weights of their own.

    Inside a block, names are the block's own; `input` is what the block reads, and the first layer reads it unless told otherwise.
    Input: whatever its first layers read. Output: that of its last layer. Parameters: those of its layers.
    """

    kind = "block"
    main = "use"

    use: str = option(doc="Name of an entry of `blocks:`.", examples=("residual",))
    with_: Mapping[str, Any] = option(key="with", default={}, doc="Values for the block's parameters.", examples=({"units": 64},))
    layers: tuple[Layer, ...] = option(default=(), internal=True, doc="The layers that the block stands for; the compiler fills them in.")
