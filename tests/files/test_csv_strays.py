from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlpspec.files.csv_checks import find_marks, has_stray_quotes
from mlpspec.files.csv_strays import STRAY, UNCLOSED, empty_row, first_record, straighten


def rows(data: bytes):
    return list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))


def straight(data: bytes, width: int = 2, *, whole: bool = True):
    """The rows, where they started, how many bytes were taken, and the unreadable rows by reason."""
    found = straighten(data, ",", width, whole=whole)
    assert not has_stray_quotes(found.data, find_marks(found.data, ","))
    return rows(found.data), found.starts.tolist(), found.taken, {problem.reason: problem.rows.tolist() for problem in found.problems}


@pytest.mark.parametrize(
    ("data", "cells"),
    [
        (b'1,5" pipe\n', ["1", '5" pipe']),
        (b'1,Robert "Bob" Smith\r\n', ["1", 'Robert "Bob" Smith']),
        (b' "x", "y"\n', [' "x"', ' "y"']),
        (b'"a,""b""\nc",1"\n', ['a,"b"\nc', '1"']),
    ],
)
def test_a_quote_inside_a_cell_without_quotes_is_text(data, cells):
    assert straight(data) == ([cells], [0], len(data), {})


@pytest.mark.parametrize(
    ("data", "read", "starts", "broken"),
    [
        # text behind a closing quote: the row is lost, the next one is not
        (b'1,"x"y\n2,b\n', [["", ""], ["2", "b"]], [0, 7], {STRAY: [0]}),
        # a quote that opens a cell and is closed by the next row's: that row is whole
        (b'1,"x\n2,"b"\n', [["", ""], ["2", "b"]], [0, 5], {STRAY: [0]}),
        # of a cell over two lines with text behind its quote, the second line is no row
        (b'"two\nlines" x,3\n4,5\n', [["", ""], ["4", "5"]], [0, 16], {STRAY: [0]}),
        # a quote that is never closed takes its own line
        (b'1,a\n2,"x\n3,b\n4,c\n', [["1", "a"], ["", ""], ["3", "b"], ["4", "c"]], [0, 4, 9, 13], {UNCLOSED: [1]}),
        (b'1,"x\n', [["", ""]], [0], {UNCLOSED: [0]}),
    ],
)
def test_unreadable_rows_are_set_apart(data, read, starts, broken):
    assert straight(data) == (read, starts, len(data), broken)


def test_a_cell_that_may_be_closed_later_is_left():
    assert straight(b'1,5"\n2,"x\n', whole=False) == ([["1", '5"']], [0], 5, {})
    assert straight(b'2,"x\n', whole=False) == ([], [], 0, {})


def test_blank_lines_at_the_end_are_left():
    assert straight(b'1,5"\n\n\r\n', whole=False)[2] == 5
    assert straight(b'1,5"\n\n2,3\n', whole=False)[2] == 10


def test_the_first_record():
    assert first_record(b'"a\nb",c\n1,2\n', ",") == b'"a\nb",c\n'
    assert first_record(b'a",c\r\n1', ",") == b'a",c\r\n'
    assert first_record(b'"a\nb', ",") is None
    assert first_record(b"a", ",") is None


def test_an_empty_row_is_no_blank_line():
    assert empty_row(";", 3) == b";;\n"
    assert empty_row(";", 1) == b'""\n'


PIECES = ["a", "b", ",", ",", "\n", "\n", '"', '"', " ", "\r\n", '""']


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25), st.booleans())
@example(list('"",""'), True)
def test_like_pythons_csv_module(pieces, whole):
    """What the strict csv module reads is read the same; where it stops, so far, and then some row is unreadable."""
    text = "".join(pieces).rstrip("\r\n") + "x\n"
    expected, failed = [], False
    try:
        expected.extend(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        failed = True
    read, starts, taken, broken = straight(text.encode(), 2, whole=whole)
    assert read[: len(expected)] == expected[: len(read)]
    assert starts == sorted(set(starts))
    assert len(read) == len(starts)
    if not failed:
        assert (len(read), taken, broken) == (len(expected), len(text), {})
    elif whole:
        assert broken
        assert taken == len(text)
