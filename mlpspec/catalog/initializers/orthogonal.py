"""Orthogonal initialization."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Init


@final
class Orthogonal(Initializer):
    """A random matrix whose rows, or columns where those are fewer, are orthogonal and of length `gain`: signals keep their size exactly.

    PyTorch and Keras agree.
    Source: Saxe et al. 2014; torch.nn.init.orthogonal_.
    """

    kind = "orthogonal"
    main = "gain"
    needs_fans = True

    gain: float = option(default=1.0, above=0.0, maximum=1000.0, doc="Length of the rows, or columns; sqrt(2) for ReLU layers.")

    def lower(self) -> Init:
        return Init("nn.init.orthogonal_", {"gain": self.gain})
