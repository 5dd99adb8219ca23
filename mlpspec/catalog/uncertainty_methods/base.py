"""What every uncertainty method is."""

from __future__ import annotations

from mlpspec.catalog.entry import Entry
from mlpspec.catalog.option import option


class UncertaintyMethod(Entry):
    """How the model file says what it does not know: every row is answered several times, and the answers' mean and spread are given."""

    samples: int = option(default=30, minimum=2, maximum=1000, doc="How many times every row is answered.", examples=(30,))
