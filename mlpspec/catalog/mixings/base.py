"""What every mixing is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from mlpspec.catalog.entry import Entry
from mlpspec.catalog.option import option
from mlpspec.ir.shape import Shape


class Mixing(Entry):
    """Training rows mixed in pairs. Row and partner are rows of one step; the loss counts both truths by their shares of the mixture.

    share * loss(answer, truth) + (1 - share) * loss(answer, partner's truth), for every target and whatever its loss. It comes after the
    augmentations of the inputs, and like them not on validation rows.
    """

    target: ClassVar[str]
    """The function of `pytorch/augmentations.py`: it changes a step's inputs in place and gives the share of the row itself."""

    alpha: float = option(
        default=0.2,
        above=0.0,
        maximum=100.0,
        doc="Shares are drawn from Beta(alpha, alpha): less is nearer to one row alone.",
        examples=(0.4,),
    )
    probability: float = option(default=1.0, above=0.0, maximum=1.0, doc="How likely a step is to be mixed.")

    def check(self, inputs: Mapping[str, tuple[Shape, str]]) -> tuple[str, str, str] | None:
        """The first input, by its shape and dtype, that cannot be mixed so: its name, why, and what to do; None without one."""
        raise NotImplementedError(type(self).__name__)


def embedded(inputs: Mapping[str, tuple[Shape, str]]) -> tuple[str, str, str] | None:
    """The first input of whole numbers: codes of categories, whose mean is no category."""
    for name, (_, dtype) in inputs.items():
        if dtype != "float32":
            return name, f"the categories of `{name}` are embedded, and codes cannot be mixed", "use `encode: one_hot` for it"
    return None
