"""Dropout that stays on at prediction."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.option import option
from mlpspec.catalog.uncertainty_methods.base import UncertaintyMethod


@final
class McDropout(UncertaintyMethod):
    """Every row goes through `samples` thinned networks, each of which lacks the values that one draw of the dropout layers zeroes.

    The draws are made once, from `seed`, and stored in the file: all rows meet the same thinned networks, so that an answer depends
    neither on the run nor on the device nor on the rows beside it. Batch norm keeps its running averages.
    Source: Gal and Ghahramani 2016 (Monte Carlo dropout); Kirsch et al. 2019 (BatchBALD), whose masks all rows share.
    """

    kind = "mc_dropout"
    main = "samples"

    seed: int | None = option(
        default=None, minimum=0, maximum=2**63 - 1, doc="Start of the random numbers that draw. Default: the spec's `seed`.", examples=(1,)
    )
