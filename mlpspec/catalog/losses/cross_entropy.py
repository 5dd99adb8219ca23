"""Cross-entropy of classes."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.losses.base import Loss
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function, Input


@final
class CrossEntropy(Loss):
    """-log of the probability that softmax of the logits gives to the true class, averaged over the batch.

    It is the negative log-likelihood, and without smoothing also the Kullback-Leibler divergence between truth and answer.
    `label_smoothing` gives that share of the truth to all classes alike. With the target's `class_weights`, each row counts as much as its
    class weighs, and the batch's sum is divided by the sum of the weights.
    Source: torch.nn.functional.cross_entropy; label smoothing: Szegedy et al. 2016.
    """

    kind = "cross_entropy"
    main = "label_smoothing"
    targets = frozenset({"category"})
    weight_argument = "weight"
    weights_divide = True

    label_smoothing: float = option(
        default=0.0, minimum=0.0, below=1.0, doc="Share of the truth that is spread over all classes.", examples=(0.1,)
    )

    def lower(self) -> Function:
        return Function("F.cross_entropy", (Input(0), Input(1)), {"label_smoothing": self.label_smoothing})
