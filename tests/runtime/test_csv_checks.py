from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpspec.runtime.csv_checks import find_marks, first_end, last_end, malformed


def found(data: bytes, width: int = 3):
    return [(item.at, item.kind, item.count) for item in malformed(data, find_marks(data, ","), width)]


@pytest.mark.parametrize(
    "data",
    [
        b"1,2,3\n",
        b"1,2,3\r\n4,5,6\r\n",
        b",,\n",
        b'"a,b","c\nd","e""f"\n1,2,3\n',
        b'"","",""\r\n',
        b'"a\r",b,c\n',
        "ä,ö,ü\n".encode(),
        b'"""",2,3\n',
    ],
)
def test_sound_rows(data):
    assert found(data) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"1,2,3\n4,5\n6,7\n8,9,10,11\n", [(6, "short", 2), (14, "long", 1)]),
        (b"1,2\n3,4,5,6\n", [(0, "short", 1), (4, "long", 1)]),  # as many commas as two sound rows
        (b"1,2,3\n\n4,5,6\n\r\n7,8,9\n", [(6, "blank", 2)]),
        (b"1,2\0,3\n", [(3, "NUL", 1)]),
        (b"1,\xff,3\n", [(2, "UTF-8", 1)]),
        (b"1,2,3\r4,5,6\n", [(5, "CR", 1), (0, "long", 1)]),
        (b'1,a"b",3\n', [(3, "quote", 1)]),
        (b'1,"a"b,3\n', [(4, "quote", 1)]),
        (b'1, "a",3\n', [(3, "quote", 1)]),
    ],
)
def test_malformed_rows(data, expected):
    assert found(data) == expected


def test_one_column():
    assert found(b"1\n2\n", 1) == []
    assert found(b"1\n\n2,3\n", 1) == [(2, "blank", 1), (3, "long", 1)]


def test_ends():
    assert last_end(b"1\n2\n3") == 4
    assert last_end(b"1\r\n\r\n\n") == 3
    assert last_end(b"\n\n") == 0
    assert last_end(b"") == 0
    assert last_end(b'1\n"2\n3') == 2
    assert last_end(b'"1\n2"\n3') == 6
    assert first_end(b'"a\nb",c\n1,2\n') == 8
    assert first_end(b'"a\nb') == 0
    assert first_end(b"a") == 0


cells = st.text(alphabet='ab,"\n\r ä0', max_size=4)
tables = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=5))


@settings(max_examples=300, deadline=None)
@given(tables, st.sampled_from(["\n", "\r\n"]))
def test_what_pythons_csv_module_writes_is_sound(rows, line_break):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=line_break, quoting=csv.QUOTE_ALL).writerows(rows)
    data = out.getvalue().encode()
    assert found(data, len(rows[0])) == []
    assert len(find_marks(data, ",").ends) == len(rows)
    assert last_end(data) == len(data)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=8), st.integers(1, 5))
def test_every_row_of_another_width_is_counted(widths, width):
    data = b"".join(b",".join([b"x"] * count) + b"\n" for count in widths)
    assert sum(item.count for item in malformed(data, find_marks(data, ","), width)) == sum(count != width for count in widths)
