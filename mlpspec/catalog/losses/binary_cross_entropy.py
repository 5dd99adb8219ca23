"""Cross-entropy of yes and no."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.losses.base import Loss
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Constant, Function, Input


@final
class BinaryCrossEntropy(Loss):
    """-(w y log p + (1 - y) log(1 - p)) with p = sigmoid(logit), averaged over the batch and, for multilabel, its labels.

    Calculated from the logit, which is exact where p is too near 0 or 1 to be written. w is `positive_weight`, or follows from the
    target's `class_weights`.
    Source: torch.nn.functional.binary_cross_entropy_with_logits.
    """

    kind = "binary_cross_entropy"
    main = "positive_weight"
    targets = frozenset({"binary", "multilabel"})
    weight_argument = "pos_weight"

    positive_weight: float = option(
        default=1.0, above=0.0, maximum=1e6, doc="How much a positive row counts, where a negative one counts 1.", examples=(5.0,)
    )

    def lower(self) -> Function:
        weight = {} if self.positive_weight == 1.0 else {"pos_weight": Constant((self.positive_weight,))}
        return Function("F.binary_cross_entropy_with_logits", (Input(0), Input(1)), weight)
