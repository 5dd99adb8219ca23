from __future__ import annotations

import csv
import io
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from mlpspec.diagnostics import DataError, MachineError, UsageError
from mlpspec.runtime.predict_file import errors_path, predict_file
from mlpspec.runtime.predictor import Predictor

ROWS = 1000


@pytest.fixture(scope="module")
def predictor(mixed):
    return Predictor(mixed, "cpu")


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(3)
    island = np.array(["Dream", "Biscoe", "Mars", None], object)[random.integers(0, 4, ROWS)]
    width = np.where(random.random(ROWS) < 0.1, np.nan, random.normal(size=ROWS).round(3))
    frame = pl.DataFrame({"id": np.arange(ROWS), "width": width, "height": random.normal(size=ROWS).round(3), "island": island.tolist()})
    return frame.with_columns(pl.col("width").fill_nan(None))


@pytest.fixture(scope="module")
def expected(predictor, rows):
    return predictor.predict(rows)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def check(frame, expected):
    assert frame["species"].to_list() == expected["species"].tolist()
    for number, name in enumerate(("Adelie", "Chinstrap", "Gentoo")):
        np.testing.assert_allclose(frame[f"species_probability_{name}"], expected["species_probability"][:, number], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("batch_rows", [1, 300, 65_536])
@pytest.mark.parametrize(("source", "target"), [("csv", "csv"), ("csv", "parquet"), ("parquet", "csv"), ("parquet", "parquet")])
def test_files(predictor, rows, expected, tmp_path, source, target, batch_rows):
    data, out = tmp_path / f"data.{source}", tmp_path / f"out.{target}"
    getattr(rows, f"write_{source}")(data)
    told = []
    summary = predict_file(predictor, data, out, batch_rows=batch_rows, progress=lambda *report: told.append(report))
    assert summary.rows == ROWS
    assert summary.seconds > 0
    assert summary.unseen == {"island": rows["island"].to_list().count("Mars")}
    check(getattr(pl, f"read_{target}")(out), expected)
    assert names(tmp_path) == sorted([data.name, out.name])
    assert told[-1][0] == ROWS
    assert all(part is None or 0 <= part <= 1 for _, part in told)
    assert [count for count, _ in told] == sorted(count for count, _ in told)


def test_rows_that_are_answered_several_times_go_in_smaller_batches(mixed, rows, tmp_path, monkeypatch):
    """A model with 30 samples inside needs 30 times the memory a row."""
    predictor = Predictor(mixed, "cpu")
    predictor.card = replace(predictor.card, samples=30)
    sizes = []
    run = predictor.run
    monkeypatch.setattr(predictor, "run", lambda arrays: sizes.append(len(arrays["size"])) or run(arrays))
    rows.write_csv(tmp_path / "data.csv")
    predict_file(predictor, tmp_path / "data.csv", tmp_path / "out.csv", batch_rows=3000)
    assert sizes == [100] * 10


def test_keep(predictor, rows, expected, tmp_path):
    changed = rows.with_columns(species=pl.lit("old"), note=pl.lit('say "hi", you'))
    changed.write_csv(tmp_path / "data.csv")
    predict_file(predictor, tmp_path / "data.csv", tmp_path / "out.csv", keep=True)
    found = pl.read_csv(tmp_path / "out.csv")
    assert found.columns[:6] == changed.columns
    assert found.select(changed.columns).equals(changed)
    assert found["species_predicted"].to_list() == expected["species"].tolist()


def test_keep_leaves_the_cells_as_they_are(predictor, tmp_path):
    text = 'id,width,height,island\n007,1.50,"2",""\n1e3, 4,,Dream\n'
    (tmp_path / "data.csv").write_text(text)
    predict_file(predictor, tmp_path / "data.csv", tmp_path / "out.csv", keep=True)
    cells = [line.split(",")[:4] for line in (tmp_path / "out.csv").read_text().splitlines()]
    assert cells == [["id", "width", "height", "island"], ["007", "1.50", "2", '""'], ["1e3", " 4", "", "Dream"]]


def test_no_rows_give_a_header(predictor, tmp_path):
    (tmp_path / "data.csv").write_text("width,height,island\n")
    for target in ("csv", "parquet", "npz"):
        assert predict_file(predictor, tmp_path / "data.csv", tmp_path / f"out.{target}").rows == 0
    assert (tmp_path / "out.csv").read_text().startswith("species,species_probability_Adelie")
    assert pl.read_parquet(tmp_path / "out.parquet").shape == (0, 4)


def test_arrays(predictor, rows, expected, tmp_path):
    np.savez(
        tmp_path / "data.npz", size=rows.select("width", "height").to_numpy(), island=rows["island"].fill_null("").to_numpy().astype("U")
    )
    predict_file(predictor, tmp_path / "data.npz", tmp_path / "out.npz", batch_rows=64)
    with np.load(tmp_path / "out.npz") as arrays:
        assert arrays["species"].tolist() == expected["species"].tolist()
        np.testing.assert_allclose(arrays["species_probability"], expected["species_probability"], rtol=1e-5)
    predict_file(predictor, tmp_path / "data.npz", tmp_path / "out.csv")
    check(pl.read_csv(tmp_path / "out.csv"), expected)


def test_arrays_need_no_polars(mixed, tmp_path):
    (tmp_path / "m.onnx").write_bytes(mixed)
    np.savez(tmp_path / "data.npz", size=np.ones((5, 2), np.float32), island=np.array([["Dream"]] * 5))
    code = (
        "import sys; sys.modules['polars'] = None\n"
        "from mlpspec.runtime.predictor import Predictor\n"
        "from mlpspec.runtime.predict_file import predict_file\n"
        "print(predict_file(Predictor('m.onnx', 'cpu'), 'data.npz', 'out.npz').rows)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "5\n"


def test_all_that_is_wrong_is_said_and_nothing_is_left(predictor, tmp_path):
    lines = ["width,height,island", *["1,2,Dream"] * 500]
    lines[10], lines[20], lines[300], lines[400] = "x,2,Dream", "1,2", "1,inf,Dream", "y,2,Dream"
    (tmp_path / "data.csv").write_text("\n".join(lines))
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(DataError) as caught:
        predict_file(predictor, tmp_path / "data.csv", tmp_path / "out.csv", batch_rows=100)
    found = {diagnostic.message: diagnostic.place for diagnostic in caught.value.diagnostics}
    assert found["line 21 has 2 cells, the header has 3"] == f"{tmp_path}/data.csv:21"
    assert (tmp_path / "out.csv").read_text() == "old"
    assert names(tmp_path) == ["data.csv", "out.csv"]


def test_faults_of_all_batches_are_gathered(predictor, tmp_path, monkeypatch):
    monkeypatch.setattr("mlpspec.files.csv_reader._LEAST_READ", 64)
    lines = ["width,height,island", *["1,2,Dream"] * 500]
    lines[10], lines[20], lines[300], lines[400] = "x,2,Dream", "1,2", "1,inf,Dream", "y,2,Dream"
    (tmp_path / "data.csv").write_text("\n".join(lines))
    with pytest.raises(DataError) as caught:
        predict_file(predictor, tmp_path / "data.csv", tmp_path / "out.parquet", batch_rows=5)
    found = {diagnostic.message: diagnostic.place for diagnostic in caught.value.diagnostics}
    assert found == {
        "`width` has 'x', which is not a number (the first of 2 such cells)": f"{tmp_path}/data.csv:11",
        "line 21 has 2 cells, the header has 3": f"{tmp_path}/data.csv:21",
        "`height` has 'inf', which is infinite, or beyond the range of float32": f"{tmp_path}/data.csv:301",
    }
    assert names(tmp_path) == ["data.csv"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("width;height;island\n1;2;Dream\n", "separated by ';'"),
        ("Width,height,island\n1,2,Dream\n", "no column `width`"),
        ("width,width,height,island\n1,1,2,Dream\n", "'width' 2 times"),
        ("width,height,island\n1,2,Dream\n\n1,2,Dream\n", "line 3 is blank"),
        ("width,height,island\n1e400,2,Dream\n", "infinite"),
        ("width,height,island\nnan,2,Dream\n", "'nan', which is not a number"),
        ("", "is empty"),
    ],
)
def test_data_that_is_refused(predictor, tmp_path, data, message):
    (tmp_path / "data.csv").write_text(data)
    with pytest.raises(DataError, match=message):
        predict_file(predictor, tmp_path / "data.csv", tmp_path / "out.csv")
    assert names(tmp_path) == ["data.csv"]


def test_the_data_is_not_written_over(predictor, tmp_path):
    (tmp_path / "data.csv").write_text("width,height,island\n1,2,Dream\n")
    (tmp_path / "link.csv").symlink_to("data.csv")
    for out in ("data.csv", "link.csv"):
        with pytest.raises(UsageError, match="would replace the data"):
            predict_file(predictor, tmp_path / "data.csv", tmp_path / out)


def test_places_that_cannot_be_written(predictor, tmp_path):
    (tmp_path / "data.csv").write_text("width,height,island\n1,2,Dream\n")
    with pytest.raises(UsageError, match="suffix of"):
        predict_file(predictor, tmp_path / "data.csv", tmp_path / "out.onnx")
    with pytest.raises(MachineError, match="folder does not exist"):
        predict_file(predictor, tmp_path / "data.csv", tmp_path / "none" / "out.csv")


def test_standard_streams(predictor, expected, rows, monkeypatch):
    stdout = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(rows.write_csv().encode())))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=stdout))
    summary = predict_file(predictor, "-", "-", batch_rows=100)
    assert summary.rows == ROWS
    check(pl.read_csv(stdout.getvalue()), expected)


class Broken(io.RawIOBase):
    def __init__(self, error):
        self._error = error

    def write(self, data):
        raise self._error

    def writable(self):
        return True


def test_standard_output_that_fails(predictor, tmp_path, monkeypatch):
    (tmp_path / "data.csv").write_text("width,height,island\n1,2,Dream\n")
    for error, raised in ((BrokenPipeError(32, "Broken pipe"), BrokenPipeError), (OSError(28, "No space left on device"), MachineError)):
        monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=Broken(error)))
        with pytest.raises(raised):
            predict_file(predictor, tmp_path / "data.csv", "-")


def test_disk_that_fills_up_leaves_nothing(predictor, mixed, rows, tmp_path):
    (tmp_path / "m.onnx").write_bytes(mixed)
    rows.write_csv(tmp_path / "data.csv")
    code = (
        "import resource, signal, sys\n"
        "from mlpspec.diagnostics import MachineError\n"
        "from mlpspec.runtime.predictor import Predictor\n"
        "from mlpspec.runtime.predict_file import predict_file\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "for out in ('out.csv', 'out.parquet', 'out.npz'):\n"
        "    try:\n"
        "        predict_file(Predictor('m.onnx', 'cpu'), 'data.csv', out)\n"
        "    except MachineError as error:\n"
        "        print(error.diagnostics[0].code, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["cannot-write"] * 3
    assert names(tmp_path) == ["data.csv", "m.onnx"]


def test_memory_does_not_grow_with_the_file(mixed, tmp_path):
    """Ten times the rows, at most a fifth more memory."""
    (tmp_path / "m.onnx").write_bytes(mixed)
    code = (
        "import resource, sys\n"
        "from mlpspec.runtime.predictor import Predictor\n"
        "from mlpspec.runtime.predict_file import predict_file\n"
        "predict_file(Predictor('m.onnx', 'cpu', threads=1), sys.argv[1], 'out.csv', batch_rows=4096)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    peak = []
    for count in (40_000, 400_000):
        (tmp_path / "data.csv").write_text("width,height,island,further\n" + "1.25,2.5,Dream,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n" * count)
        done = subprocess.run([sys.executable, "-c", code, "data.csv"], cwd=tmp_path, capture_output=True, text=True, check=True)
        peak.append(int(done.stdout))
    assert peak[1] < 1.2 * peak[0]


BAD = """\
id,width,height,island
1,1,2,Dream
2,x,2,Dream
3,1,2
4,1,inf,Mars
5,1,"2",Biscoe
6,1,,Dream
7,"a"b,2,Dream
8,y,z,Dream
9,3,4,Dream
"""
LISTED = [
    ["3", "width", "x", "bad-cell", "is not a number"],
    ["4", "", "3,1,2", "ragged-row", "has 3 cells, the header has 4"],
    ["5", "height", "inf", "bad-cell", "is infinite, or beyond the range of float32"],
    ["5", "island", "Mars", "unseen-category", "a category that the training rows do not have"],
    ["7", "height", "", "missing-value", "has no value, and the model takes no missing values here"],
    ["8", "", '7,"a"b,2,Dream', "ragged-row", "has text behind a closing quote"],
    ["9", "width", "y", "bad-cell", "is not a number"],
    ["9", "height", "z", "bad-cell", "is not a number"],
]
GOOD = [0, 4, 8]
"""The rows of BAD that the strict model takes."""


@pytest.fixture(scope="module")
def strict_predictor(strict):
    return Predictor(strict, "cpu")


@pytest.fixture(scope="module")
def good(strict_predictor):
    """The answers to the rows that are good, by their place in BAD."""
    answers = strict_predictor.predict({"width": [1, 1, 3], "height": [2, 2, 4], "island": ["Dream", "Biscoe", "Dream"]})
    return {row: (answers["species"][number], answers["species_probability"][number, 0]) for number, row in enumerate(GOOD)}


def listed(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def pairs(frame):
    return [
        (species, None if p is None else pytest.approx(p, rel=1e-6))
        for species, p in frame.select("species", "species_probability_Adelie").rows()
    ]


@pytest.mark.parametrize("least", [1, 40, 1 << 16])
@pytest.mark.parametrize("batch_rows", [1, 2, 100])
@pytest.mark.parametrize("target", ["csv", "parquet"])
@pytest.mark.parametrize("on_error", ["skip", "null"])
def test_bad_rows_are_set_aside(strict_predictor, good, tmp_path, monkeypatch, on_error, target, batch_rows, least):
    monkeypatch.setattr("mlpspec.files.csv_reader._LEAST_READ", least)
    (tmp_path / "data.csv").write_text(BAD)
    out = tmp_path / f"out.{target}"
    summary = predict_file(strict_predictor, tmp_path / "data.csv", out, on_error=on_error, keep=["id"], batch_rows=batch_rows)
    frame = pl.read_csv(out, infer_schema_length=None) if target == "csv" else pl.read_parquet(out)
    if on_error == "skip":
        assert pairs(frame) == [good[row] for row in GOOD]
        assert frame["id"].cast(pl.Int64).to_list() == [row + 1 for row in GOOD]
    else:
        assert pairs(frame) == [good.get(row, (None, None)) for row in range(9)]
        assert frame["id"].cast(pl.Int64).to_list() == [1, 2, None, 4, 5, 6, None, 8, 9]  # a malformed row has no cells to keep
    assert listed(tmp_path / "out.errors.csv") == [["line", "column", "cell", "code", "reason"], *LISTED]
    assert (summary.rows, summary.bad_rows, summary.errors) == (9, 6, str(tmp_path / "out.errors.csv"))
    assert summary.reasons == {
        "is not a number": 3,
        "has too few cells": 1,
        "is infinite, or beyond the range of float32": 1,
        "a category that the training rows do not have": 1,
        "has no value, and the model takes no missing values here": 1,
        "has text behind a closing quote": 1,
    }
    first = next(d for d in summary.warnings if d.code == "bad-cell")
    assert (first.severity, first.place) == ("warning", f"{tmp_path}/data.csv:3")
    assert names(tmp_path) == sorted(["data.csv", "out.errors.csv", out.name])


def test_bad_rows_stop_by_default_and_all_are_named(strict_predictor, tmp_path):
    (tmp_path / "data.csv").write_text(BAD)
    with pytest.raises(DataError) as caught:
        predict_file(strict_predictor, tmp_path / "data.csv", tmp_path / "out.csv")
    assert [d.place.rpartition(":")[2] for d in caught.value.diagnostics] == ["4", "8", "3", "5", "9", "7", "5"]
    assert names(tmp_path) == ["data.csv"]


@pytest.mark.parametrize("on_error", ["skip", "null"])
@pytest.mark.parametrize("batch_rows", [1, 100])
def test_bad_rows_of_parquet(strict_predictor, tmp_path, on_error, batch_rows):
    frame = pl.DataFrame({"width": ["1", "x", "1"], "height": [2.0, 2.0, np.inf], "island": ["Dream", None, "Mars"], "id": [7, 8, 9]})
    frame.write_parquet(tmp_path / "data.parquet")
    summary = predict_file(
        strict_predictor, tmp_path / "data.parquet", tmp_path / "out.parquet", on_error=on_error, batch_rows=batch_rows, keep=True
    )
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found["species"].is_null().to_list() == ([False] if on_error == "skip" else [False, True, True])
    assert found.select(frame.columns).equals(frame[:1] if on_error == "skip" else frame)
    assert listed(tmp_path / "out.errors.csv")[1:] == [
        ["2", "width", "x", "bad-cell", "is not a number"],
        ["2", "island", "", "missing-value", "has no value, and the model takes no missing values here"],
        ["3", "height", "inf", "bad-cell", "is infinite, or beyond the range of float32"],
        ["3", "island", "Mars", "unseen-category", "a category that the training rows do not have"],
    ]
    assert summary.bad_rows == 2


@pytest.mark.parametrize("batch_rows", [1, 2, 100])
def test_bad_rows_of_arrays(strict_predictor, tmp_path, batch_rows):
    width, height = np.array(["1", "x", "3", "4"]), np.array([1, 2, np.nan, 4])
    np.savez(tmp_path / "data.npz", width=width, height=height, island=np.array(["Dream", "Dream", "Mars", "Dream"]))
    for on_error, species in (("skip", 2), ("null", 4)):
        predict_file(
            strict_predictor,
            tmp_path / "data.npz",
            tmp_path / f"{on_error}.npz",
            on_error=on_error,
            batch_rows=batch_rows,
            errors=tmp_path / "e.csv",
        )
        with np.load(tmp_path / f"{on_error}.npz") as arrays:
            assert len(arrays["species"]) == species
            assert (arrays["species"] == "").sum() == np.isnan(arrays["species_probability"][:, 0]).sum() == species - 2
        assert [line[:3] for line in listed(tmp_path / "e.csv")] == [
            ["row", "column", "cell"],
            ["2", "width", "x"],
            ["3", "height", ""],
            ["3", "island", "Mars"],
        ]


def test_no_bad_rows_leave_an_empty_list(predictor, rows, expected, tmp_path):
    """An old list beside new answers would mislead."""
    rows.write_parquet(tmp_path / "data.parquet")
    (tmp_path / "out.errors.csv").write_text("old")
    summary = predict_file(predictor, tmp_path / "data.parquet", tmp_path / "out.csv", on_error="skip")
    check(pl.read_csv(tmp_path / "out.csv"), expected)
    assert (tmp_path / "out.errors.csv").read_text() == "line,column,cell,code,reason\n".replace("line", "row")
    assert (summary.bad_rows, summary.reasons, summary.warnings) == (0, {}, ())


def test_only_bad_rows(strict_predictor, tmp_path):
    (tmp_path / "data.csv").write_text("width,height,island\nx,1,Dream\n\n")
    summary = predict_file(strict_predictor, tmp_path / "data.csv", tmp_path / "out.csv", on_error="skip")
    assert (summary.rows, summary.bad_rows) == (1, 1)
    assert pl.read_csv(tmp_path / "out.csv").shape == (0, 4)


@pytest.mark.parametrize("on_error", ["skip", "null"])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pl.DataFrame({"width": [[1.0], [2.0]], "height": [1, 2], "island": ["Dream", "Dream"]}), "`width` has"),
        (pl.DataFrame({"height": [1], "island": ["Dream"]}), "no column `width`"),
    ],
)
def test_what_is_wrong_with_the_whole_always_stops(strict_predictor, tmp_path, on_error, data, message):
    data.write_parquet(tmp_path / "data.parquet")
    with pytest.raises(DataError, match=message):
        predict_file(strict_predictor, tmp_path / "data.parquet", tmp_path / "out.csv", on_error=on_error)
    assert names(tmp_path) == ["data.parquet"]


def test_unknown_categories_of_bad_rows_are_not_counted(predictor, tmp_path):
    (tmp_path / "data.csv").write_text("width,height,island\n1,1,Mars\nx,1,Mars\n1,1,Venus\n")
    assert predict_file(predictor, tmp_path / "data.csv", tmp_path / "out.csv", on_error="skip").unseen == {"island": 2}


def test_arguments_that_contradict_each_other(predictor, codes, tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("width,height,island,code\n1,2,Dream,3\n")
    for message, out, options in (
        ("`on_error` is 'ignore'", "out.csv", {"on_error": "ignore"}),
        ("bad rows stop everything", "out.csv", {"errors": tmp_path / "e.csv"}),
        ("cannot be listed in", "out.csv", {"on_error": "skip", "errors": "e.parquet"}),
        ("cannot be listed in -", "out.csv", {"on_error": "skip", "errors": "-"}),
        ("would replace the data or the answers", "out.csv", {"on_error": "skip", "errors": tmp_path / "out.csv"}),
        ("would replace the data or the answers", "out.csv", {"on_error": "skip", "errors": data}),
        ("the data has no column `widht`", "out.csv", {"keep": ["widht"]}),
        ("the answers have no column `specis`", "out.csv", {"columns": ["specis"]}),
        ("an NPZ file of answers keeps no columns", "out.npz", {"keep": True}),
    ):
        with pytest.raises(UsageError, match=message):
            predict_file(predictor, data, tmp_path / out, **options)
    with pytest.raises(UsageError, match="no empty whole numbers"):
        predict_file(Predictor(codes, "cpu"), data, tmp_path / "out.npz", on_error="null")
    pl.DataFrame({"width": [1], "height": [2], "island": ["Dream"]}).write_parquet(tmp_path / "data.parquet")
    with pytest.raises(UsageError, match="has no separator"):
        predict_file(predictor, tmp_path / "data.parquet", tmp_path / "out.csv", separator=";")
    assert names(tmp_path) == ["data.csv", "data.parquet"]


def test_chosen_columns(predictor, rows, expected, tmp_path):
    rows.write_csv(tmp_path / "data.csv")
    for target in ("csv", "parquet"):
        out = tmp_path / f"out.{target}"
        predict_file(predictor, tmp_path / "data.csv", out, keep=["isl*", "id"], columns=["*_Gentoo", "species"])
        frame = getattr(pl, f"read_{target}")(out)
        assert frame.columns == ["island", "id", "species_probability_Gentoo", "species"]
        assert frame["species"].to_list() == expected["species"].tolist()
    predict_file(predictor, tmp_path / "data.csv", tmp_path / "out.npz", columns=["species_probability"])
    with np.load(tmp_path / "out.npz") as arrays:
        assert arrays.files == ["species_probability"]


def test_other_separators(predictor, rows, expected, tmp_path):
    rows.write_csv(tmp_path / "data.csv", separator=";")
    with pytest.raises(DataError) as caught:
        predict_file(predictor, tmp_path / "data.csv", tmp_path / "out.csv")
    assert "--separator ';'" in caught.value.diagnostics[0].help
    summary = predict_file(predictor, tmp_path / "data.csv", tmp_path / "out.csv", separator=";")
    check(pl.read_csv(tmp_path / "out.csv"), expected)
    assert summary.ignored == ("id",)


def test_nothing_is_said_about_rows_that_are_refused(predictor, monkeypatch):
    stdout = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"width,height,island\nx,1,Dream\n")))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=stdout))
    with pytest.raises(DataError):
        predict_file(predictor, "-", "-")
    assert stdout.getvalue() == b""


def test_bad_rows_from_standard_input(predictor, tmp_path, monkeypatch):
    for errors in (None, tmp_path / "bad.csv"):
        stdout = io.BytesIO()
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"width,height,island\nx,1,Dream\n1,1,Dream\n")))
        monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=stdout))
        summary = predict_file(predictor, "-", "-", on_error="null", errors=errors, columns=["species"])
        assert stdout.getvalue().splitlines()[:2] == [b"species", b'""']
        assert (summary.rows, summary.bad_rows, summary.errors) == (2, 1, None if errors is None else str(errors))
    assert listed(tmp_path / "bad.csv")[1] == ["2", "width", "x", "bad-cell", "is not a number"]


def test_the_list_and_the_answers_come_together(strict_predictor, tmp_path, monkeypatch):
    (tmp_path / "data.csv").write_text(BAD)
    (tmp_path / "out.csv").write_text("old")
    (tmp_path / "out.errors.csv").write_text("old")

    def fail(arrays):
        raise MachineError("no memory")

    monkeypatch.setattr(strict_predictor, "run", fail)
    with pytest.raises(MachineError):
        predict_file(strict_predictor, tmp_path / "data.csv", tmp_path / "out.csv", on_error="skip")
    assert (tmp_path / "out.csv").read_text() == (tmp_path / "out.errors.csv").read_text() == "old"
    assert names(tmp_path) == ["data.csv", "out.csv", "out.errors.csv"]


def test_the_default_list_lies_beside_the_answers(tmp_path):
    assert errors_path(tmp_path / "a.b.parquet", "null", None) == str(tmp_path / "a.b.errors.csv")
    assert errors_path("-", "skip", None) is None
    assert errors_path("a.csv", "stop", None) is None
    assert errors_path("-", "skip", "bad.tsv") == "bad.tsv"
