from __future__ import annotations

import io
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from mlpspec.diagnostics import DataError, MachineError, UsageError
from mlpspec.runtime.predict_file import predict_file
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
    monkeypatch.setattr("mlpspec.runtime.csv_rows._LEAST_READ", 64)
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
