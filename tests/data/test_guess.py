"""What the columns of a table are taken for."""

import pandas as pd
import pytest

from mlpspec.data.guess import Column, guess_input, guess_target, has_days_only, is_number, is_whole, missing_tokens, rarest, read_columns
from mlpspec.data.opening import open_table


def column(*values, name="x"):
    return Column(name, tuple(map(str, values)))


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (column(1.5, 2, 2, 3e4), "numeric"),
        (column(*[1, 2] * 10), "numeric"),
        (column("a", "b", "a", "b"), "category"),
        (column("true", "false", "true"), "category"),
        (column("01", "02", "01", "02"), "category"),
        (column("1", "2", "x", "1", "2"), "category"),
        (column(*range(7, 60)), "skipped"),
        (column(*range(0, 500, 5), name="customer_id"), "skipped"),
        (column(*(f"person {n}" for n in range(40))), "skipped"),
        (column(*(f"{n:05}" for n in range(0, 900, 7))), "skipped"),
        (column("2024-01-02", "2024-02-03", "2024-02-03"), "datetime"),
        (column("2024-01-02T08:30:00+02:00", "2024-02-03T00:00"), "datetime"),
        (Column("x", ("2024-01-02", "2024-02-03"), missing=1), "skipped"),
        (column("2.1.2024", "3.2.2024"), "skipped"),
        (column("17:30", "08:15:01"), "skipped"),
        (column("same", "same"), "skipped"),
        (column(), "skipped"),
    ],
)
def test_inputs(made, kind):
    guess = guess_input(made)
    assert guess.kind == kind, guess.reason
    assert guess.reason


def test_whole_numbers_that_differ_in_every_row_are_numbers_unless_named_or_counted_as_an_identifier():
    assert guess_input(column(*range(0, 500, 5), name="price")).kind == "numeric"


@pytest.mark.parametrize("name", ["id", "ID", "customer_id", "customerID", "row", "Unnamed: 0", "index"])
def test_names_of_identifiers(name):
    assert guess_input(column(3, 90, 17, name=name)).kind == "skipped"


@pytest.mark.parametrize("name", ["width", "humid", "piano", "grid"])
def test_names_that_only_end_like_identifiers(name):
    assert guess_input(column(3, 90, 17, name=name)).kind == "numeric"


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (column(*["yes", "no"] * 5), "binary"),
        (column(*[0, 1] * 5), "binary"),
        (column(*["a", "b", "c"] * 5), "category"),
        (column(*[1, 2, 3] * 5), "category"),
        (column(*range(30)), "numeric"),
        (column(*range(12)), "numeric"),
        (column(*[0.5, 1.5, 2.5] * 9), "numeric"),
        (column(*["007", "008", "009"] * 5), "category"),
        (column(*(f"text {n}" for n in range(50))), "skipped"),
        (column("one", "one"), "skipped"),
        (column("2020-01-02", "2020-01-03"), "skipped"),
        (column(), "skipped"),
    ],
)
def test_targets(made, kind):
    guess = guess_target(made)
    assert guess.kind == kind, guess.reason


def test_reasons_name_what_is_odd():
    assert "'x'" in guess_input(column(*[1, 2, 3] * 5, "x")).reason
    assert "nearly numbers, but for 'Ancient'" in guess_input(column(*range(1700, 1760), "Ancient")).reason
    assert "1.5 to 1e3" in guess_input(column("1e3", "1.5", "20.0")).reason
    assert "'same'" in guess_target(column("same")).reason


def test_dates_without_times():
    assert has_days_only(column("2024-01-02", "2024-02-03T00:00"))
    assert not has_days_only(column("2024-01-02", "2024-02-03T00:01"))
    assert guess_input(column("2024-12-02", "2023-02-03")).reason == "from 2023-02-03 to 2024-12-02"


def test_missing_tokens_that_are_words_count_only_among_numbers():
    assert missing_tokens([["1", "unknown"], ["red", "None", "NA"]]) == ("", "NA", "unknown")
    assert missing_tokens([["red", "unknown"]]) == ("",)
    assert missing_tokens([["-", "-"]]) == ("",)


def test_columns_of_a_csv_file_count_missing_cells_and_strip_spaces(tmp_path):
    (tmp_path / "a.csv").write_text('size,colour\n 1,red\nNA,\n2 ,"blue "\n')
    made, tokens = read_columns(open_table(tmp_path / "a.csv"))
    assert tokens == ("", "NA")
    assert made == [Column("size", ("1", "2"), 1), Column("colour", ("red", "blue"), 1)]


def test_columns_of_a_typed_file(tmp_path):
    dates = pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-03"])
    frame = pd.DataFrame(
        {"x": [0.5, None, 2.0], "n": [1, 2, 3], "yes": [True, False, True], "day": dates, "image": [[1, 2], [3, 4], [5, 6]]}
    )
    frame.to_parquet(tmp_path / "a.parquet")
    made, tokens = read_columns(open_table(tmp_path / "a.parquet"))
    assert tokens == ("",)
    assert made[0] == Column("x", ("0.5", "2.0"), 1, floats=True)
    assert [column.values for column in made[1:3]] == [("1", "2", "3"), ("true", "false", "true")]
    assert [guess_input(column).kind for column in made[2:]] == ["category", "datetime", "tensor"]
    assert [guess_target(column).kind for column in made[2:]] == ["binary", "skipped", "skipped"]


def test_floats_of_a_typed_file_are_no_classes():
    assert guess_target(Column("y", ("0.0", "1.0") * 9, floats=True)).kind == "numeric"


def test_rarest():
    assert rarest(column("a", "b", "b", "a", "c")) == 1


def test_numbers():
    assert [is_number(text) for text in ("1", "-1.", ".5", "1e-3", "1e400", "nan", "1_000", "", "٣")] == [True] * 4 + [False] * 5
    assert is_whole("3.0")
    assert not is_whole("3.1")
