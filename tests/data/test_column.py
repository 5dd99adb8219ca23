from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from mlpspec.catalog.inputs import Category, Numeric, Tensor
from mlpspec.data.column import ColumnReader, raw_inputs
from mlpspec.data.fit import fit
from mlpspec.data.opening import open_table
from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError
from mlpspec.instants import NO_TIME


def reader(columns, rows=None, **options):
    return ColumnReader(open_frame(columns), rows, **options)


def csv(tmp_path, text, tokens=("",)):
    (tmp_path / "t.csv").write_text(text)
    return ColumnReader(open_table(tmp_path / "t.csv", missing_tokens=tokens))


def test_names_and_patterns():
    r = reader({"bill_b": [1], "flipper_y": [2], "bill_a": [3], "a*": [4]})
    assert r.expand(("flipper_y", "bill_*", "bill_a")) == ("flipper_y", "bill_b", "bill_a")
    assert r.expand(("a*",)) == ("a*",)
    assert not r.problems


def test_patterns_pass_over_reserved_columns():
    r = reader({"a": [1], "b": [2]}, reserved={"b"})
    assert r.expand(("*",)) == ("a",)
    assert r.expand(("b",)) == ("b",)


def test_missing_columns_all_at_once():
    r = reader({"species": [1], "Sex": [2]})
    assert r.expand(("spezies", "sex", "x*", "species")) == ("species",)
    found = [(d.code, d.message, d.help) for d in r.problems]
    assert found == [
        ("missing-column", "the data has no column `spezies`", "did you mean `species`?"),
        ("missing-column", "the data has no column `sex`", "the data has `Sex`: upper and lower case count"),
        ("missing-column", "no column matches `x*`", "known: Sex, species"),
    ]
    with pytest.raises(DataError) as error:
        r.raise_problems()
    assert len(error.value.diagnostics) == 3


def test_numbers_of_chosen_rows():
    r = reader({"a": [1.0, None, 3.0], "b": [4, 5, 6]}, np.array([2, 1]))
    assert np.array_equal(r.numbers(("b", "a")), [[6, 3], [5, np.nan]], equal_nan=True)


def test_a_bad_cell_in_a_large_file(tmp_path):
    lines = ["1"] * 1_000_000
    lines[198] = "abc"
    r = csv(tmp_path, "n\n" + "\n".join(lines) + "\n")
    values = r.numbers(("n",))
    [problem] = r.problems
    assert problem.code == "bad-cell"
    assert problem.message == "column `n`: `abc` is not a number"
    assert problem.place.endswith("t.csv:200")
    assert values.sum() == 999_999


def test_bad_cells_are_counted_and_a_few_shown(tmp_path):
    r = csv(tmp_path, "a,b\n1,NA\nx,2\ny,nan\nz,1e39\nw,1\n")
    r.numbers(("a", "b"))
    assert [d.message for d in r.problems] == [
        "column `a` has 4 cells that are not numbers: `x`, `y`, `z`, ...",
        "column `b` has 3 cells that are not numbers: `NA`, `nan`, `1e39`",
    ]
    assert [d.place.rsplit(":", 1)[1] for d in r.problems] == ["3", "2"]
    assert '`missing: ["", "NA"]`' in r.problems[1].help


@pytest.mark.parametrize("value", ["inf", "1e400", "1e39", "-1e39"])
def test_numbers_beyond_float32(tmp_path, value):
    r = csv(tmp_path, f"a\n1\n{value}\n")
    r.numbers(("a",))
    assert r.problems[0].message == f"column `a`: `{value}` is not a number"
    assert "finite and at most 3.4e38" in r.problems[0].help
    r = reader({"a": [1.0, float(value)]})
    r.numbers(("a",))
    assert len(r.problems) == 1


def test_the_largest_float32_is_fine():
    r = reader({"a": [3.4028234663852886e38]})
    assert r.numbers(("a",)).tolist() == [[3.4028234663852886e38]]
    assert not r.problems


def test_columns_of_a_wrong_kind():
    frame = pl.DataFrame({"day": [date(2020, 1, 1)], "list": [[1, 2]], "number": [1.5], "span": [timedelta(1)]})
    r = reader(frame)
    r.numbers(("day", "list", "span"))
    r.categories(("day", "list", "number", "span"), text=False)
    r.integers(("day", "number"))
    r.seconds(("list", "number", "span"))
    assert [d.message for d in r.problems] == [
        "column `day` cannot be read as numbers: it holds dates or times",
        "column `list` cannot be read as numbers: it holds several numbers in each row",
        "column `span` cannot be read as numbers: it holds neither numbers nor text",
        "column `day` cannot be read as categories: it holds dates or times",
        "column `list` cannot be read as categories: it holds several numbers in each row",
        "column `number` cannot be read as categories: it holds numbers with fractions",
        "column `span` cannot be read as categories: it holds neither whole numbers nor text",
        "column `day` cannot be read as whole numbers: it holds dates or times",
        "column `number` cannot be read as whole numbers: it holds numbers with fractions",
        "column `list` cannot be read as times: it holds several numbers in each row",
        "column `number` cannot be read as times: it holds numbers with fractions",
        "column `span` cannot be read as times: it holds neither times nor text",
    ]
    assert "`datetime`" in r.problems[0].help
    assert "`numeric`" in r.problems[5].help


def test_times():
    r = reader({"text": ["1970-01-02", " 60 ", ""], "whole": [1, -1, 0], "time": [date(1970, 1, 1), None, datetime(1970, 1, 1, 1)]})
    assert r.seconds(("text", "whole", "time")).tolist() == [[86400, 1, 0], [60, -1, NO_TIME], [NO_TIME, 0, 3600]]
    assert not r.problems
    r.refuse_missing(("text", "whole", "time"), "seconds")
    assert [d.message for d in r.problems] == ["column `text` has 1 missing value", "column `time` has 1 missing value"]


def test_what_is_no_time():
    r = reader({"when": ["2024-02-29", "29.02.2024", "soon"]})
    assert r.seconds(("when",))[1:].tolist() == [[0], [0]]
    [problem] = r.problems
    assert problem.message == "column `when` has 2 cells that are not times: `29.02.2024`, `soon`"
    assert problem.place == "row 2"
    assert "2026-05-17" in problem.help


def test_categories():
    r = reader({"whole": [3, 1, 2], "text": ["b", None, "a"], "flag": [True, False, True], "gap": pl.Series([1, None, 2]).to_list()})
    values, type_ = r.categories(("whole",), text=False)
    assert (values.tolist(), values.dtype, type_) == ([[3], [1], [2]], np.int64, "int64")
    values, type_ = r.categories(("whole",), text=True)
    assert (values.tolist(), type_) == ([["3"], ["1"], ["2"]], "string")
    values, type_ = r.categories(("whole", "text", "flag"), text=False)
    assert (values.tolist(), type_) == ([["3", "b", "true"], ["1", "", "false"], ["2", "a", "true"]], "string")
    assert not r.problems


def test_whole_numbers_with_gaps_are_read_as_texts():
    r = reader(pl.DataFrame({"a": [1, None, 2]}))
    values, type_ = r.categories(("a",), text=False)
    assert (values.tolist(), type_) == ([["1"], [""], ["2"]], "string")


def test_missing_values_are_counted_in_all_rows(tmp_path):
    r = csv(tmp_path, "a,b\n1,\n,x\n,y\n")
    r.rows = np.array([0])
    r.refuse_missing(("a",), "float32")
    r.refuse_missing(("b",), "string")
    assert [(d.code, d.message) for d in r.problems] == [
        ("missing-value", "column `a` has 2 missing values"),
        ("missing-value", "column `b` has 1 missing value"),
    ]
    assert [d.place.rsplit(":", 1)[1] for d in r.problems] == ["3", "2"]


def test_bad_cells_are_not_missing_too(tmp_path):
    r = csv(tmp_path, "a\n1\nx\n")
    r.numbers(("a",))
    r.refuse_missing(("a",), "float32")
    assert len(r.problems) == 1


def test_arrays():
    r = reader({"x": np.arange(12, dtype=np.uint8).reshape(3, 2, 2), "n": [1, 2, 3]}, np.array([2, 0]))
    assert r.array("x", (2, 2)).tolist() == [[[8, 9], [10, 11]], [[0, 1], [2, 3]]]
    assert r.array("x").dtype == np.uint8
    assert not r.problems
    assert r.array("x", (4,)) is None
    assert r.array("n") is None
    assert r.array("y") is None
    assert [d.message for d in r.problems] == [
        "a row of the array `x` has the shape (2, 2), not (4,)",
        "`n` is no array of numbers with several of them in each row",
        "the data has no array `y`",
    ]


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e39])
def test_arrays_are_finite(value):
    x = np.ones((3, 2))
    x[1, 1] = value
    r = reader({"x": x})
    assert r.array("x") is None
    assert r.problems[0].message == "the array `x` has NaN, infinite or too large numbers in 1 row"
    assert r.problems[0].place == "row 2"


def test_raw_inputs_are_what_the_model_takes():
    table = open_frame({"n": [1.5, None], "m": [1, 2], "c": ["a", None], "i": [7, 8], "x": np.ones((2, 3), np.uint8)})
    preprocessing = fit(
        {
            "numbers": Numeric(columns=("n", "m"), missing=_mean()),
            "c": Category(missing="own"),
            "i": Category(),
            "x": Tensor(),
        },
        {},
        table,
        np.arange(2),
    )
    raw = raw_inputs(preprocessing, table)
    assert np.array_equal(raw["numbers"], np.array([[1.5, 1], [np.nan, 2]], np.float32), equal_nan=True)
    assert raw["c"].tolist() == [["a"], [""]]
    assert raw["i"].tolist() == [[7], [8]]
    assert {name: (array.dtype, array.shape) for name, array in raw.items()} == {
        "numbers": (np.float32, (2, 2)),
        "c": (object, (2, 1)),
        "i": (np.int64, (2, 1)),
        "x": (np.float32, (2, 3)),
    }
    assert raw_inputs(preprocessing, table, np.array([1]))["i"].tolist() == [[8]]


def test_raw_inputs_refuse_what_cannot_be_read():
    table = open_frame({"n": [1.5], "i": [7]})
    preprocessing = fit({"n": Numeric(), "i": Category()}, {}, table, np.arange(1))
    with pytest.raises(DataError) as error:
        raw_inputs(preprocessing, open_frame({"n": ["x"], "i": ["a"]}))
    assert [d.message for d in error.value.diagnostics] == ["column `n`: `x` is not a number", "column `i`: `a` is not a whole number"]
    with pytest.raises(DataError) as error:
        raw_inputs(preprocessing, open_frame({"I": [1]}))
    assert [d.code for d in error.value.diagnostics] == ["missing-column", "missing-column"]
    with pytest.raises(DataError, match="has 1 missing value"):
        raw_inputs(preprocessing, open_frame({"n": [1.0], "i": [""]}))


def test_whole_numbers_written_as_text_fit_a_model_of_whole_numbers():
    preprocessing = fit({"i": Category()}, {}, open_frame({"i": [7, 8]}), np.arange(2))
    assert raw_inputs(preprocessing, open_frame({"i": ["8", " 9"]}))["i"].tolist() == [[8], [9]]


def _mean():
    from mlpspec.catalog.imputers import MeanImputer

    return MeanImputer()
