"""An entry of the `blocks:` section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.option import Record, option


class BlockDefinition(Record):
    """A list of layers with parameters, used as `- block: {use: NAME, with: {...}}`."""

    parameters: Mapping[str, Any] = option(
        default={},
        keys=r"^[A-Za-z_][A-Za-z0-9_]*$",
        doc="What `$name` stands for in the layers unless `with` says otherwise; null means that `with` must.",
        examples=({"units": 64},),
    )
    layers: tuple[Layer, ...] = option(min_items=1, deferred=True, doc="The layers; `input` is what the block reads.")
