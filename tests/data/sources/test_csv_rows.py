from __future__ import annotations

import pytest

from mlpspec.data.sources import csv_rows
from mlpspec.data.sources.csv_rows import CsvRows, QuoteFault, has_regular_quotes, malformed_rows


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 1 << 24])
@pytest.mark.parametrize(
    ("text", "regular"),
    [
        ("a,b\n1,2\n", True),
        ('"a",b\n"1","2"\n', True),
        ('a\n""\n', True),
        ('a\n""""\n', True),
        ('a\n"""x"""\n', True),
        ('a\n"x""y"\n', True),
        ('a\n","\n', True),
        ('a\n"x\ny"\r\n', True),
        ('"a"', True),
        ('a\nx"y\n', False),
        ('a\nx""y\n', False),
        ('a\n"x"y\n', False),
        ('a\n"x" \n', False),
        ('a\n "x"\n', False),
        ('a\n"x\n', False),
        ('a\n""x\n', False),
        ('a\n"x" "\n', False),
    ],
)
def test_regular_quotes(monkeypatch, chunk, text, regular):
    monkeypatch.setattr(csv_rows, "_CHUNK", chunk)
    assert has_regular_quotes(text.encode(), ",") is regular


def test_rows_know_their_lines():
    rows = CsvRows(b'a,b\n"1\n2",3\n4,5\n', ",")
    assert [(row, rows.first_line, rows.last_line) for row in rows] == [(["a", "b"], 1, 1), (["1\n2", "3"], 2, 3), (["4", "5"], 4, 4)]


def test_a_quote_that_is_not_closed():
    rows = CsvRows(b'a\n1\n"2\n3\n', ",")
    assert [next(rows), next(rows)] == [["a"], ["1"]]
    with pytest.raises(QuoteFault) as fault:
        next(rows)
    assert fault.value.line == 3


def test_findings_end_at_malformed_quotes():
    found = malformed_rows(b'a,b\n1\n"2"x,3\n4\n', ",", 2, "t.csv")
    assert [(d.place, d.message) for d in found] == [
        ("t.csv:2", "line 2 has 1 cell, the header has 2"),
        ("t.csv:3", "the quotes of the row at line 3 are malformed"),
    ]
