"""Truncated normal initialization."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Init


@final
class TruncatedNormal(Initializer):
    """Normal, cut at two standard deviations on both sides of the mean: values beyond are drawn anew.

    `std` is that of the uncut distribution, 1.137 times the one that results, as in Keras and PyTorch. Keras cuts at the same place;
    PyTorch's trunc_normal_ cuts at -2 and 2, whatever the standard deviation is, unless told otherwise.
    Source: torch.nn.init.trunc_normal_; Keras TruncatedNormal.
    """

    kind = "truncated_normal"
    main = "std"

    std: float = option(default=0.05, above=0.0, maximum=1000.0, doc="Standard deviation.", examples=(0.01,))
    mean: float = option(default=0.0, minimum=-1000.0, maximum=1000.0, doc="Mean.")

    def lower(self) -> Init:
        return Init(
            "nn.init.trunc_normal_", {"mean": self.mean, "std": self.std, "a": self.mean - 2 * self.std, "b": self.mean + 2 * self.std}
        )
