"""The `export:` section."""

from __future__ import annotations

from typing import Literal

from mlpspec.catalog.option import Record, option


class Export(Record):
    """What the exported model answers."""

    outputs: tuple[Literal["label", "probability", "interval"], ...] = option(
        default=("label", "probability", "interval"),
        min_items=1,
        doc="Which answers the model file gives: the label (or the value of a numeric target), the probabilities of classes, and the "
        "interval of a numeric target with the loss `quantile`.",
        examples=(["label", "probability"],),
    )
    opset: int = option(default=20, minimum=18, maximum=21, doc="ONNX operator set of the model file.")
