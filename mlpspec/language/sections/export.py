"""The `export:` section."""

from __future__ import annotations

from typing import Literal

from mlpspec.catalog.option import Record, option
from mlpspec.catalog.uncertainty_methods.base import UncertaintyMethod

Precision = Literal["fp32", "fp16", "bf16", "int8"]
"""Of the network inside a model file."""


class Export(Record):
    """What the exported model answers."""

    outputs: tuple[Literal["label", "probability", "interval"], ...] = option(
        default=("label", "probability", "interval"),
        min_items=1,
        doc="Which answers the model file gives: the label (or the value of a numeric target), the probabilities of classes, and the "
        "interval of a numeric target with the loss `quantile`.",
        examples=(["label", "probability"],),
    )
    uncertainty: UncertaintyMethod | None = option(
        default=None,
        doc="Answer every row several times: the answers are the means, and `<target>_deviation` tells how far they spread. Default: once.",
        examples=("mc_dropout",),
    )
    calibrate: Literal["temperature"] | None = option(
        default=None,
        doc="Divide the logits of each target of classes by a number, fitted on the validation rows, so that its probabilities come true "
        "as often as they say.",
        examples=("temperature",),
    )
    opset: int = option(default=20, minimum=17, maximum=21, doc="ONNX operator set of the model file.")
    precision: Precision = option(
        default="fp32",
        doc="Precision of the network inside the model file; inputs, outputs and what surrounds the network stay as they are. fp16 "
        "calculates in float16, bf16 stores the weights in bfloat16 and calculates in float32, int8 calculates with whole numbers.",
    )
    quantization: Literal["static", "dynamic"] = option(
        default="static",
        doc="How int8 scales activations: by the ranges seen on training rows, or by those of each batch. It says nothing at other "
        "precisions.",
    )
    max_metric_drop: float = option(
        default=0.01,
        minimum=0.0,
        doc="How much worse any metric may be on the validation rows at another precision than fp32; for metrics in the target's unit, "
        "such as mae, as a share of their value.",
    )

    def problem(self) -> str | None:
        """A calibration that nothing would show."""
        if self.calibrate is not None and "probability" not in self.outputs:
            return "`calibrate` corrects the probabilities, which `outputs` leaves out; add `probability`, or leave `calibrate` out"
        return None
