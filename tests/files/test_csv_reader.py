from __future__ import annotations

import csv
import io

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpspec.diagnostics import DataError, UsageError
from mlpspec.diagnostics.faults import Faults
from mlpspec.files import csv_reader
from mlpspec.files.csv_reader import CsvReader

HEADER = b"a,b,c\n"


@pytest.fixture(params=[1, 7, 1 << 16])
def reading(request, monkeypatch):
    """Small reads, so that blocks break everywhere; and the usual size."""
    monkeypatch.setattr(csv_reader, "_LEAST_READ", request.param)


def read(data: bytes, separator: str = ",", rows: int = 2):
    """Header, rows with their lines, and faults."""
    faults = Faults()
    reader = CsvReader(io.BytesIO(data), "f.csv", separator=separator)
    found = []
    for block in reader.blocks(rows):
        block.note(faults, reader.place)
        sound = np.setdiff1d(np.arange(block.rows), block.malformed_rows)
        lines, cells = block.lines(sound), block.frame().rows()
        found += [(int(line), *cells[row]) for line, row in zip(lines, sound.tolist(), strict=True)]
    assert reader.bytes_read == len(data)
    return reader.header, found, [(d.place, d.message) for d in faults.diagnostics()]


def refusal(data: bytes, separator: str = ","):
    with pytest.raises(DataError) as caught:
        CsvReader(io.BytesIO(data), "f.csv", separator=separator)
    assert caught.value.exit_code == 4
    return " | ".join(d.message for d in caught.value.diagnostics)


@pytest.mark.usefixtures("reading")
class TestRows:
    @pytest.mark.parametrize(
        ("data", "rows"),
        [
            (b"1,2,3\n4,5,6\n", [(2, "1", "2", "3"), (3, "4", "5", "6")]),
            (b"1,2,3\n4,5,6", [(2, "1", "2", "3"), (3, "4", "5", "6")]),
            (b"1,2,3\r\n4,5,6\r\n\r\n\n", [(2, "1", "2", "3"), (3, "4", "5", "6")]),
            (b'1,"x\ny",3\n4,"say ""hi""",6\n', [(2, "1", "x\ny", "3"), (4, "4", 'say "hi"', "6")]),
            (b',"", \n', [(2, None, "", " ")]),
            ("ä,ö,ü\n".encode(), [(2, "ä", "ö", "ü")]),
            (b"", []),
            (b"\n\n", []),
            (b'1,5" pipe,3\n4,"a""b",6"\n', [(2, "1", '5" pipe', "3"), (3, "4", 'a"b', '6"')]),
            (b'1,5" pipe,3\n"4\n","5","6"\n7,8,9\n\n', [(2, "1", '5" pipe', "3"), (3, "4\n", "5", "6"), (5, "7", "8", "9")]),
        ],
    )
    def test_sound(self, data, rows):
        assert read(HEADER + data) == (("a", "b", "c"), rows, [])

    def test_lines_that_end_in_cr(self):
        assert read(b"a,b\r1,2\r3,4\r\r") == (("a", "b"), [(2, "1", "2"), (3, "3", "4")], [])

    def test_malformed_rows_are_set_apart(self):
        """A row of empty cells stands for each, so that rows keep their places; its text is what stands in the file."""
        data = HEADER + b'1,2,3\n4,5\n"x\ny",8,9\n\n1,\xff,3\n1,"b" c,3\n7,8,9\n1,2,3,4'
        reader = CsvReader(io.BytesIO(data), "f.csv")
        found = []
        for block in reader.blocks(2):
            cells, malformed = block.frame().rows(), set(block.malformed_rows.tolist())
            lines = block.lines(np.arange(block.rows)).tolist()
            found += [(lines[row], block.text(row) if row in malformed else cells[row]) for row in range(block.rows)]
            assert all(cells[row] == (None, None, None) for row in malformed)
        assert found == [
            (2, ("1", "2", "3")),
            (3, "4,5"),
            (4, ("x\ny", "8", "9")),
            (6, ""),
            (7, "1,\\xff,3"),
            (8, '1,"b" c,3'),
            (9, ("7", "8", "9")),
            (10, "1,2,3,4"),
        ]

    def test_byte_order_mark(self):
        assert read(b"\xef\xbb\xbf" + HEADER + b"1,2,3\n") == (("a", "b", "c"), [(2, "1", "2", "3")], [])

    def test_names_may_be_quoted_and_broken(self):
        assert read(b'"a\nb","c,d"\n1,2\n') == (("a\nb", "c,d"), [(3, "1", "2")], [])

    def test_other_separators(self):
        assert read(b"a\tb\n1,5\t2\n", "\t") == (("a", "b"), [(2, "1,5", "2")], [])

    @pytest.mark.parametrize(
        ("data", "place", "message"),
        [
            (b"1,2,3\n4,5\n", "f.csv:3", "line 3 has 2 cells, the header has 3"),
            (b"1,2,3\n4,5,6,7\n", "f.csv:3", "line 3 has 4 cells, the header has 3"),
            (b"1\n", "f.csv:2", "line 2 has 1 cell, the header has 3"),
            (b"1,2,3\n\n4,5,6\n", "f.csv:3", "line 3 is blank"),
            (b'"x\ny",2,3\n4\n', "f.csv:4", "line 4 has 1 cell, the header has 3"),
            (b"1,2,3\n1,\xfc,3\n", "f.csv:3", "line 3 holds the byte 0xfc, at byte 14, which is not UTF-8"),
            (b"1,2,3\n1,\0,3\n", "f.csv:3", "line 3 holds a NUL character, at byte 14"),
            (b'1,2,3\n1,"pipe,3\n', "f.csv:3", "line 3 has a quote that is never closed"),
            (b'1,2,3\n1,"b" c,3\n', "f.csv:3", "line 3 has text behind a closing quote"),
            (b'1,5",3\n1,"b" c,3\n', "f.csv:3", "line 3 has text behind a closing quote"),
            (b'1,5",3\n1,"b,3\n4,5,6\n', "f.csv:3", "line 3 has a quote that is never closed"),
            (b"1,2,3\r4,5,6", "f.csv:2", "line 2 has a CR that no LF follows"),
        ],
    )
    def test_malformed(self, data, place, message):
        _, _, faults = read(HEADER + data)
        assert (place, message) in faults


def test_equal_faults_are_counted_over_blocks(monkeypatch):
    monkeypatch.setattr(csv_reader, "_LEAST_READ", 8)
    _, _, faults = read(HEADER + b"1\n1,2,3\n" * 50, rows=3)
    assert faults == [("f.csv:2", "line 2 has 1 cell, the header has 3 (the first of 50 such rows)")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\n \n", "is empty"),
        (b"a;b\n1;2\n", "1 column, named 'a;b': the cells seem to be separated by ';'"),
        (b"a\tb\n", "separated by '\\t'"),
        (b"a,,b,a, c\n", "no name for column 2 | the header has the column 'a' 2 times | the column ' c' has spaces"),
        (b"a,b\r1,2\n", "a CR that no LF follows"),
        (b"\na,b\n", "starts with a blank line"),
        (b"PK\x03\x04", "Excel"),
        (b"PAR1", "Parquet"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\xff\xfea\0,\0", "UTF-16"),
        (b"a,\xe4\n", "0xe4, at byte 2, which is not UTF-8"),
        (b"a,\0b\n", "NUL"),
        (b'"a,b\n1,2\n', "malformed quotes"),
        (b'"a"x,b\n1,2\n', "malformed quotes"),
    ],
)
def test_headers_that_are_refused(data, message):
    assert message in refusal(data)


def test_endless_rows_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(csv_reader, "MAX_ROW_BYTES", 1 << 18)

    class Endless(io.RawIOBase):
        taken = 0

        def read(self, size=-1):
            self.taken += size
            return (b'a\n"' if self.taken == size else b"") + b"x" * (size - 3 if self.taken == size else size)

    stream = Endless()
    with pytest.raises(DataError, match="line 2 starts a row of more than"):
        list(CsvReader(stream, "f.csv").blocks(10))  # type: ignore[arg-type]
    assert stream.taken < 1 << 20


def test_some_columns_in_their_own_order():
    (block,) = CsvReader(io.BytesIO(HEADER + b"1,2,3\n"), "f.csv").blocks(10)
    assert block.frame(["c", "a"]).rows() == [("3", "1")]
    assert block.frame(["c", "a"]).columns == ["c", "a"]


def test_blocks_have_about_the_wanted_rows():
    reader = CsvReader(io.BytesIO(HEADER + b"1,2,3\n" * 200_000), "f.csv")
    sizes = [block.rows for block in reader.blocks(50_000)]
    assert sum(sizes) == 200_000
    assert max(sizes) <= 50_001
    assert len(sizes) < 8


@pytest.mark.parametrize("separator", ["", ";;", '"', "\n", "é"])
def test_what_cannot_separate(separator):
    with pytest.raises(UsageError):
        CsvReader(io.BytesIO(HEADER), "f.csv", separator=separator)


def test_how_to_ask_for_another_separator_is_the_callers_to_say():
    with pytest.raises(DataError) as caught:
        CsvReader(io.BytesIO(b"a|b\n"), "f.csv", say_separator=lambda sign: f"say {sign}")
    assert caught.value.diagnostics[0].help == "say |"
    assert CsvReader(io.BytesIO(b'"a|b"\n'), "f.csv").header == ("a|b",)


def test_a_very_long_row_is_cut_when_it_is_shown():
    (block,) = CsvReader(io.BytesIO(HEADER + b"x" * 20_000), "f.csv").blocks(10)
    assert len(block.text(0)) == 10_001


def test_empty_cells_as_texts():
    (block,) = CsvReader(io.BytesIO(HEADER + b',"",3\n'), "f.csv").blocks(10)
    assert block.frame().rows() == [(None, "", "3")]
    assert block.frame(empty_is_null=False).rows() == [("", "", "3")]


@pytest.mark.parametrize("data", [b'1,2,3\n,"4",x\n', b"1, 2,3\n"])
def test_numbers_where_all_are_plain(data):
    (block,) = CsvReader(io.BytesIO(HEADER + data), "f.csv").blocks(10)
    frame, texts = block.frame(["c", "b", "a"], floats={"a", "b"}), block.frame(["c", "b", "a"])
    assert frame.dtypes == [pl.String, pl.Float32, pl.Float32]
    assert frame["c"].equals(texts["c"])
    for name in "ab":
        assert frame[name].to_list() == [None if text is None else float(text) for text in texts[name]]


@pytest.mark.parametrize("cell", ["x", "nan", "inf", "1e39", "4 ", "1_0", "NA"])
def test_texts_where_one_is_not_plain(cell):
    (block,) = CsvReader(io.BytesIO(HEADER + f"1,2,3\n1,{cell},3\n".encode()), "f.csv").blocks(10)
    assert block.frame(floats={"a", "b"}).equals(block.frame())


cells = st.text(alphabet='ab,"\n ä0', max_size=4)
tables = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=6))


@settings(max_examples=200, deadline=None)
@given(tables, st.sampled_from(["\n", "\r\n"]), st.integers(1, 40))
def test_reads_what_pythons_csv_module_writes(rows, line_break, least):
    """Cell by cell, at any size of blocks. Row lines are those of the csv module's own reader."""
    out = io.StringIO(newline="")
    width = len(rows[0]) if rows else 2
    writer = csv.writer(out, lineterminator=line_break, quoting=csv.QUOTE_ALL)
    writer.writerow([f"c{number}" for number in range(width)])
    writer.writerows(rows)
    old, csv_reader._LEAST_READ = csv_reader._LEAST_READ, least
    try:
        _, found, faults = read(out.getvalue().encode(), rows=1)
    finally:
        csv_reader._LEAST_READ = old
    assert faults == []
    assert [list(row[1:]) for row in found] == rows
    if line_break == "\n":  # the csv module counts CR in a cell as a line too
        reader = csv.reader(io.StringIO(out.getvalue(), newline=""))
        ends = [reader.line_num for _ in reader]
        assert [row[0] for row in found] == [end + 1 for end in ends[:-1]]


PIECES = ["a", "b", ",", ",", "\n", "\n", '"', '"', " ", "\r\n", '""']


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40), st.integers(1, 20))
def test_whatever_pythons_csv_module_reads(pieces, least):
    """At any size of blocks: rows of the right width are read the same, and all others are told by their line."""
    text = "".join(pieces).rstrip("\r\n") + "x\n"
    reader = csv.reader(io.StringIO("a,b\n" + text, newline=""), strict=True)
    expected, others, line = [], [], 2
    try:
        next(reader)
        for row in reader:
            (expected if len(row) == 2 else others).append((line, row))
            line = reader.line_num + 1
    except csv.Error:
        return
    old, csv_reader._LEAST_READ = csv_reader._LEAST_READ, least
    found, broken = [], []
    try:
        for block in CsvReader(io.BytesIO(b"a,b\n" + text.encode()), "f.csv").blocks(1):
            rows, lines = block.frame(empty_is_null=False).rows(), block.lines(np.arange(block.rows)).tolist()
            for row in range(block.rows):
                if row in block.malformed_rows:
                    broken.append(lines[row])
                else:
                    found.append((lines[row], list(rows[row])))
    finally:
        csv_reader._LEAST_READ = old
    assert found == expected
    assert broken == [line for line, _ in others]
