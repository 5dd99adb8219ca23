"""Cross-entropy of yes and no."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.losses.base import Loss
from mlpspec.ir.lowering import Function, Input


@final
class BinaryCrossEntropy(Loss):
    """-(y log p + (1 - y) log(1 - p)) with p = sigmoid(logit), averaged over the batch.

    Calculated from the logit, which is exact where p is too near 0 or 1 to be written.
    Source: torch.nn.functional.binary_cross_entropy_with_logits.
    """

    kind = "binary_cross_entropy"
    targets = frozenset({"binary"})

    def lower(self) -> Function:
        return Function("F.binary_cross_entropy_with_logits", (Input(0), Input(1)))
