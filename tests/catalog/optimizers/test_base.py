from __future__ import annotations

import pytest

from mlpspec.catalog.optimizers import OPTIMIZERS


@pytest.mark.parametrize("entry", list(OPTIMIZERS), ids=lambda entry: entry.kind)
def test_the_learning_rate_is_the_main_option_and_reaches_pytorch(entry, option_of):
    rate = option_of(entry, "learning_rate")
    assert (rate.above, rate.maximum, entry.main) == (0, 1000, "learning_rate")
    assert entry(learning_rate=0.123).lower().kwargs["lr"] == 0.123


@pytest.mark.parametrize("entry", list(OPTIMIZERS), ids=lambda entry: entry.kind)
def test_defaults_contradict_nothing(entry):
    assert entry().problem() is None
