from __future__ import annotations

import pytest

from mlpspec.data.cells import number_help


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("1,234", "thousands separators"),
        ("1,234,567.5", "thousands separators"),
        ("1,5", "decimal point"),
        ("5%", "percent"),
        ("1_000", "underscores"),
        ("0x10", "decimal digits"),
        ("１２", "digits 0 to 9"),
        ("NA", '`missing: ["", "NA"]`'),
        ("?", '`missing: ["", "?"]`'),
        ("nan", '`missing: ["", "nan"]`'),
        ("", "declare the empty text"),
        ("1e400", "finite"),
        ("-inf", "finite"),
        ("True", "categories"),
        ("2007-11-11", "a date"),
        ("11.11.2007", "a date"),
        ("abc", "`category`"),
    ],
)
def test_each_mistake_has_its_cure(cell, words):
    assert words in number_help(cell)
