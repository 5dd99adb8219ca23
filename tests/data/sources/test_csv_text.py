from __future__ import annotations

import pytest

from mlpspec.data.sources.csv_text import CsvText
from mlpspec.diagnostics import DataError


@pytest.mark.parametrize(
    ("data", "normal"),
    [
        (b"a\n1\n", b"a\n1\n"),
        (b"a\n1", b"a\n1\n"),
        (b"\xef\xbb\xbfa\n1\n\n\n", b"a\n1\n"),
        (b"a\r1\r", b"a\n1\n"),
        (b"a\r\n1\r\n\r\n", b"a\r\n1\n"),
        (b'a\n"1\r2"\n', b'a\n"1\r2"\n'),
    ],
)
def test_one_form(data, normal):
    assert CsvText(data, "t.csv").data == normal


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\r\n\r\n", "missing-data"),
        (b"a\n\0\n", "bad-cell"),
        (b"\xff\xfea\0", "bad-cell"),
        (b"a\rb\n1\n", "ragged-row"),
        (b" " * 5000, "missing-data"),
    ],
)
def test_refused(data, code):
    with pytest.raises(DataError) as error:
        CsvText(data, "t.csv")
    assert error.value.diagnostics[0].code == code


def test_offsets_count_from_the_start_of_the_file():
    text = CsvText(b"\xef\xbb\xbfa\n\xe9\n", "t.csv")
    assert "byte 0xe9 at byte 5" in str(text.bad_encoding())
