"""The root of a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mlpspec.catalog.inputs.base import InputType
from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.option import NAME_PATTERN, Record, option
from mlpspec.catalog.targets.base import TargetType
from mlpspec.language.sections.block import BlockDefinition
from mlpspec.language.sections.data import Data
from mlpspec.language.sections.export import Export
from mlpspec.language.sections.training import Training
from mlpspec.language.sections.tuning import Tuning


class Spec(Record):
    """A model with its data and its training."""

    mlpspec: Literal[1] = option(doc="Version of the language.", examples=(1,))
    name: str = option(default="model", pattern=NAME_PATTERN, doc="Name of the model and of its run folders.", examples=("penguins",))
    seed: int = option(
        default=0, minimum=0, maximum=2**63 - 1, doc="Start of all random numbers: split, weights, order, dropout.", examples=(42,)
    )
    vars: Mapping[str, Any] = option(
        default={}, keys=r"^[A-Za-z_][A-Za-z0-9_]*$", doc="Values that `$name` stands for anywhere below.", examples=({"width": 64},)
    )
    data: Data = option(default=Data(), doc="Where the rows come from and how they are divided.")
    inputs: Mapping[str, InputType] = option(
        keys=NAME_PATTERN, min_items=1, doc="What the model reads; each is one input of the exported file."
    )
    targets: Mapping[str, TargetType] = option(keys=NAME_PATTERN, min_items=1, doc="What the model answers.")
    blocks: Mapping[str, BlockDefinition] = option(
        default={}, keys=r"^[A-Za-z_][A-Za-z0-9_]*$", doc="Named lists of layers with parameters, used by `- block:`."
    )
    model: tuple[Layer, ...] = option(min_items=1, doc="The layers; each reads the one above it unless `from` says otherwise.")
    training: Training = option(default=Training(), doc="How the model learns.")
    export: Export = option(default=Export(), doc="What the exported file answers.")
    tuning: Tuning | None = option(default=None, doc="Which values `mlpspec tune` tries, and how. Training takes no notice of it.")
