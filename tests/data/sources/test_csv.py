from __future__ import annotations

import csv
import io
import random

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlpspec.data.opening import open_table
from mlpspec.diagnostics import DataError, UsageError


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Open bytes as `t.csv` in the current folder."""
    monkeypatch.chdir(tmp_path)

    def make(data: bytes | str, **options):
        (tmp_path / "t.csv").write_bytes(data.encode() if isinstance(data, str) else data)
        return open_table("t.csv", **options)

    return make


def refused(table, data, **options):
    with pytest.raises(DataError) as error:
        table(data, **options)
    return error.value.diagnostics


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,x\n2,y\n",
        b"a,b\n1,x\n2,y",
        b"\xef\xbb\xbfa,b\n1,x\n2,y\n",
        b"a,b\r\n1,x\r\n2,y\r\n",
        b"a,b\r1,x\r2,y\r",
        b"a,b\n1,x\n2,y\n\n\n",
        b"a,b\r\n1,x\r\n2,y\r\n\r\n",
        b'"a","b"\n"1","x"\n"2","y"\n',
    ],
    ids=["plain", "no last break", "bom", "crlf", "cr", "blank end", "blank end crlf", "quoted"],
)
def test_reads_the_usual_forms(table, data):
    t = table(data)
    assert (t.columns, t.rows) == (("a", "b"), 2)
    assert t.column("a").numbers().values.tolist() == [1, 2]
    assert t.column("b").texts().tolist() == ["x", "y"]
    assert t.place(1) == "t.csv:3"


def test_separators_and_breaks_inside_quotes(table):
    t = table('a,b,"c,d"\n"x,y",2,"say ""hi"""\n"two\nlines",,z\nlast,3,"1\n2\n3"\nend,4,q\n')
    assert t.columns == ("a", "b", "c,d")
    assert t.column("a").texts().tolist() == ["x,y", "two\nlines", "last", "end"]
    assert t.column("c,d").texts().tolist() == ['say "hi"', "z", "1\n2\n3", "q"]
    assert [t.place(row) for row in range(4)] == ["t.csv:2", "t.csv:3", "t.csv:5", "t.csv:8"]


def test_a_header_of_two_lines(table):
    t = table('"a\nb",c\n1,2\n')
    assert t.columns == ("a\nb", "c")
    assert t.place(0) == "t.csv:3"


def test_texts_are_exactly_as_written(table):
    assert table("a,b\n x , 007\n").column("b").texts().tolist() == [" 007"]


def test_header_only_has_no_rows(table):
    assert table("a,b\n").rows == 0


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\n", b"  \n"])
def test_an_empty_file(table, data):
    [problem] = refused(table, data)
    assert problem.code == "missing-data"


@pytest.mark.parametrize(
    ("data", "line", "what"),
    [
        ("a,b\n1,2\n3\n4,5\n", 3, "has 1 cell, the header has 2"),
        ("a,b\n1,2\n3,4,5\n", 3, "has 3 cells, the header has 2"),
        ("a,b\n1,2\n\n4,5\n", 3, "is blank"),
        ("a,b\r\n1,2\r\n\r\n4,5\r\n", 3, "is blank"),
        ("a,b\n1,2,\n", 2, "has 3 cells, the header has 2"),
        ("a,b\n1,2\n  \n", 3, "has 1 cell, the header has 2"),
        ("a\n1\n\n2\n", 3, "is blank"),
        ('a,b\n"x,y",1\n3\n', 3, "has 1 cell"),
        ('a,b\n"two\nlines",1\n3\n', 4, "has 1 cell"),
        ('a,"b,c"\n1,2\n3\n', 3, "has 1 cell"),
    ],
)
def test_ragged_rows_by_line(table, data, line, what):
    [problem] = refused(table, data)
    assert problem.code == "ragged-row"
    assert problem.place == f"t.csv:{line}"
    assert what in problem.message


def test_many_ragged_rows_are_counted(table):
    [problem] = refused(table, "a,b\n" + "1\n" * 10 + "1,2\n")
    assert (problem.place, problem.message) == ("t.csv:2", "line 2 has 1 cell, the header has 2 (the first of 10 such rows)")


def test_a_quoted_empty_cell_of_a_single_column_is_no_blank_line(table):
    t = table('a\n1\n""\n2\n')
    assert np.array_equal(t.column("a").numbers().values, [1, np.nan, 2], equal_nan=True)


@pytest.mark.parametrize("data", ['a,b\n"x,2\n3,4\n', 'a,b\n1,2\n"x"y,2\n'])
def test_malformed_quotes(table, data):
    [problem] = refused(table, data)
    assert problem.code == "ragged-row"
    assert "quote" in problem.message


@pytest.mark.parametrize(("data", "written"), [("a;b\n1,5;2\n", '";"'), ("a\tb\n1\t2\n", '"\\t"'), ("a|b\n1|2\n", '"|"'), ("a;b\n", '";"')])
def test_another_separator_is_guessed_and_said(table, data, written):
    [problem] = refused(table, data)
    assert problem.code == "bad-header"
    assert "the header has 1 column, named 'a" in problem.message
    assert f"`separator: {written}`" in problem.help


def test_separators_that_are_asked_for(table, tmp_path):
    assert table("a;b\n1;2\n", separator=";").columns == ("a", "b")
    assert '`separator: ","`' in refused(table, "a,b\n1,2\n", separator=";")[0].help
    (tmp_path / "t.tsv").write_text("a\tb\n1\t2\n")
    assert open_table(tmp_path / "t.tsv").columns == ("a", "b")


def test_a_single_column(table):
    assert table("a\n1\n2\n").column("a").numbers().values.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("data", "messages"),
    [
        ("a,a\n1,2\n", ["the header has the column 'a' 2 times"]),
        (",b\n1,2\n", ["the header has no name for column 1"]),
        ("a, b\n1,2\n", ["the column ' b' has spaces around its name"]),
        ("a,,b ,a\n1,2,3,4\n", ["the header has no name for column 2", "the header has the column 'a'", "the column 'b ' has"]),
    ],
)
def test_header_names_all_at_once(table, data, messages):
    problems = refused(table, data)
    assert {p.code for p in problems} == {"bad-header"}
    assert {p.place for p in problems} == {"t.csv:1"}
    assert all(p.message.startswith(m) for p, m in zip(problems, messages, strict=True))


def test_a_pandas_index_is_recognised(table):
    assert "index=False" in refused(table, ",a\n0,1\n")[0].help


def test_a_blank_first_line(table):
    [problem] = refused(table, "\na,b\n1,2\n")
    assert problem.code == "bad-header"


@pytest.mark.parametrize(
    ("data", "byte", "line"),
    [
        (b"a,b\n1,x\n2,\xff\n", 10, 3),
        (b"\xef\xbb\xbfa,b\n1,x\n2,\xff\n", 13, 3),
        ("é,b\n1,2\n".encode("latin1"), 0, 1),
        ("a,b\n1,ü\n".encode("latin1"), 6, 2),
    ],
)
def test_bytes_that_are_not_utf8(table, data, byte, line):
    [problem] = refused(table, data)
    assert f"at byte {byte}" in problem.message
    assert problem.place == f"t.csv:{line}"
    assert "UTF-8" in problem.help


def test_nul_bytes_and_utf16(table):
    [problem] = refused(table, b"a,b\n1,\x002\n")
    assert "a NUL character, at byte 6" in problem.message
    assert problem.place == "t.csv:2"
    [problem] = refused(table, "a,b\n1,2\n".encode("utf-16"))
    assert "UTF-16" in problem.message


def test_two_kinds_of_line_end(table):
    [problem] = refused(table, b"a,b\n1,2\r3,4\n5,6\n")
    assert problem.code == "ragged-row"
    assert problem.place == "t.csv:2"


def test_a_return_inside_quotes_is_text(table):
    assert table(b'a,b\n"x\ry",2\n').column("a").texts().tolist() == ["x\ry"]


def test_like_polars_on_random_tables(table):
    """What polars writes is read back the same, whatever the cells hold."""
    random.seed(1)
    alphabet = ["a", '"', ",", "\n", " ", "é", ";", "1", ""]
    for _ in range(50):
        frame = pl.DataFrame({f"c{j}": ["".join(random.choices(alphabet, k=random.randint(0, 4))) for _ in range(4)] for j in range(3)})
        text = io.BytesIO()
        frame.write_csv(text, quote_style="always")
        t = table(text.getvalue())
        assert [t.column(name).texts().tolist() for name in frame.columns] == [frame[name].to_list() for name in frame.columns]
        lines = text.getvalue().decode()
        for row in range(4):
            line = int(t.place(row).split(":")[1])
            first = frame["c0"][row].split("\n")[0].replace('"', '""')
            assert lines.split("\n")[line - 1].startswith(f'"{first}')


@pytest.mark.parametrize(
    ("cell", "text"),
    [('5" pipe', '5" pipe'), ('Robert "Bob" Smith', 'Robert "Bob" Smith'), ('1"', '1"'), ('a""b', 'a""b'), (' "x"', ' "x"')],
)
def test_a_quote_inside_a_cell_without_quotes_is_text(table, cell, text):
    assert table(f"a,b\n1,{cell}\n2,y\n").column("b").texts().tolist() == [text, "y"]
    assert table(f'a,b\n"1,\n0",{cell}\n2,y\n').column("b").texts().tolist() == [text, "y"]


def test_a_last_empty_cell_too_many(table):
    problems = refused(table, "a,b\n1\n2,,")
    assert [p.message for p in problems] == ["line 2 has 1 cell, the header has 2", "line 3 has 3 cells, the header has 2"]


@pytest.mark.parametrize("separator", ["", ";;", '"', "\n", "é"])
def test_what_cannot_separate(table, separator):
    with pytest.raises(UsageError):
        table("a,b\n1,2\n", separator=separator or "ab")


PIECES = ["a", "b", ",", ",", "\n", "\n", '"', '"', " ", "1", "é", '""', "\r\n"]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), max_size=25), st.sampled_from(["a,b\n", "a\n", '"a",b\n', "a,b,c\r\n"]))
def test_like_the_csv_module_or_refused(table, body, header):
    """Python's strict csv module is the judge: what it reads as rows of one width is read the same, everything else refused."""
    text = header + "".join(body)
    text = text.rstrip("\r\n") + "\n"
    try:
        expected = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        expected = [[], []]
    if len({len(row) for row in expected}) > 1 or not expected[0]:
        refused(table, text)
        return
    t = table(text)
    assert [list(t.columns), *map(list, zip(*(t.column(name).texts() for name in t.columns), strict=True))] == expected
