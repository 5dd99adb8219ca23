from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpspec.files.csv_checks import bad_characters, find_marks, has_stray_quotes, last_end, malformed


def found(data: bytes, width: int = 3):
    """The malformed rows, by what is said of them."""
    marks = find_marks(data, ",")
    items = [*bad_characters(data, marks.starts, 100), *malformed(data, marks, width)]
    return {item.reason: item.rows.tolist() for item in items}


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
    assert found(data) == {}
    assert not has_stray_quotes(data, find_marks(data, ","))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"1,2,3\n4,5\n6,7\n8,9,10,11\n", {"has 2 cells, the header has 3": [1, 2], "has 4 cells, the header has 3": [3]}),
        (b"1,2\n3,4,5,6\n", {"has 2 cells, the header has 3": [0], "has 4 cells, the header has 3": [1]}),  # as many commas as sound rows
        (b"1,2,3\n\n4,5,6\n\r\n7,8,9\n", {"is blank": [1, 3]}),
        (b"1,2,3\n1,2\0,3\n", {"holds a NUL character": [1]}),
        ("ä,2,3\n".encode() + b"1,\xff,3\n", {"holds bytes that are not UTF-8": [1]}),
        (b"1,2,3\r4,5,6\n1,2\n", {"has a CR that no LF follows": [0], "has 2 cells, the header has 3": [1]}),
        (b'"x\ny",2,3\n"x\ny",\xff,3\n', {"holds bytes that are not UTF-8": [1]}),
    ],
)
def test_malformed_rows(data, expected):
    assert found(data) == expected


def test_messages_count_bytes_of_the_file():
    (item,) = bad_characters(b"1,2\n3,\xff\n", find_marks(b"1,2\n3,\xff\n", ",").starts, 1000)
    assert item.fact == "holds the byte 0xff, at byte 1,006, which is not UTF-8"


@pytest.mark.parametrize("data", [b'1,a"b",3\n', b'1,"a"b,3\n', b'1, "a",3\n', b'1,a""b,3\n', b'5"\n'])
def test_stray_quotes(data):
    assert has_stray_quotes(data, find_marks(data, ","))


def test_one_column():
    assert found(b"1\n2\n", 1) == {}
    assert found(b"1\n\n2,3\n", 1) == {"is blank": [1], "has 2 cells, the header has 1": [2]}


def test_ends():
    assert last_end(b"1\n2\n3") == 4
    assert last_end(b"1\r\n\r\n\n") == 3
    assert last_end(b"\n\n") == 0
    assert last_end(b"") == 0
    assert last_end(b'1\n"2\n3') == 2
    assert last_end(b'"1\n2"\n3') == 6


cells = st.text(alphabet='ab,"\n\r ä0', max_size=4)
tables = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=5))


@settings(max_examples=300, deadline=None)
@given(tables, st.sampled_from(["\n", "\r\n"]))
def test_what_pythons_csv_module_writes_is_sound(rows, line_break):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=line_break, quoting=csv.QUOTE_ALL).writerows(rows)
    data = out.getvalue().encode()
    assert found(data, len(rows[0])) == {}
    assert len(find_marks(data, ",").ends) == len(rows)
    assert last_end(data) == len(data)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=8), st.integers(1, 5))
def test_every_row_of_another_width_is_counted(widths, width):
    data = b"".join(b",".join([b"x"] * count) + b"\n" for count in widths)
    assert sorted(row for rows in found(data, width).values() for row in rows) == [
        row for row, count in enumerate(widths) if count != width
    ]
