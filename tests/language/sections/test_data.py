from __future__ import annotations

import re

import pytest

from mlpspec.catalog.kinds import kind_of
from mlpspec.catalog.option import options_of
from mlpspec.language.sections.data import Data, Split


def test_defaults():
    data = Data()
    assert (data.path, data.missing, data.split) == (None, ("",), Split())
    assert (data.split.train, data.split.validation, data.split.test) == (0.7, 0.15, 0.15)


def test_every_option_has_a_kind_that_a_spec_can_write():
    for record in (Data, Split):
        for option in options_of(record):
            kind_of(option.type)


@pytest.mark.parametrize(
    ("separator", "fits"), [(";", True), ("\t", True), (" ", True), ("|", True), ('"', False), ("\n", False), (";;", False), ("é", False)]
)
def test_separators(separator, fits):
    [option] = [option for option in options_of(Data) if option.key == "separator"]
    assert bool(re.search(option.pattern, separator)) is fits
