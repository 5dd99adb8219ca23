"""Every option of `mlpspec predict`, through the real command line."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pytest

ROWS = "id,size,colour\n1,1,red\n2,tall,blue\n3,9,red\n4,2\n5,8,mauve\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """model.onnx of `size` and `colour` to `kind`: `big` or `small`."""
    import mlpspec

    folder = tmp_path_factory.mktemp("model")
    size = np.arange(80, dtype=float) % 10
    colour = np.array(["red", "green", "blue", "red"] * 20, object)
    kind = np.where(size > 4, "big", "small").astype(object)
    spec = mlpspec.load(
        {
            "mlpspec": 1,
            "name": "small",
            "inputs": {"size": "numeric", "colour": "category"},
            "targets": {"kind": "category"},
            "model": [{"head": "kind"}],
            "training": {"epochs": 1},
        }
    )
    run = mlpspec.train(spec, frame={"size": size, "colour": colour, "kind": kind}, runs=folder)
    mlpspec.export(run, folder / "model.onnx")
    return folder / "model.onnx"


@pytest.fixture
def here(model, cli, tmp_path):
    """The folder that the command runs in, with the model and some rows."""
    shutil.copy(model, tmp_path)
    (tmp_path / "rows.csv").write_text(ROWS)
    return tmp_path


def cells(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def files(folder):
    return {path.name for path in folder.iterdir()} - {"model.onnx", "rows.csv"}


def test_bad_rows_stop_and_leave_nothing(cli, here):
    outcome = cli("predict", "model.onnx", "rows.csv", "-o", "answers.csv")
    assert outcome.code == 4
    assert "`size` has 'tall', which is not a number" in outcome.err
    assert "rows.csv:3" in outcome.err
    assert "line 5 has 2 cells, the header has 3" in outcome.err
    assert files(here) == set()
    outcome = cli("predict", "model.onnx", "rows.csv")
    assert (outcome.code, outcome.out) == (4, "")


@pytest.mark.parametrize(
    ("on_error", "done", "ids"), [("skip", "left out", ["1", "3", "5"]), ("null", "given empty answers", ["1", "2", "3", "", "5"])]
)
def test_bad_rows_are_left_out_or_empty(cli, here, on_error, done, ids):
    outcome = cli("predict", "model.onnx", "rows.csv", "-o", "answers.csv", "--on-error", on_error, "--keep")
    assert outcome.code == 0
    assert outcome.out == "wrote answers.csv\n"
    assert f"2 of 5 rows {done}; answers.errors.csv lists them" in outcome.err
    assert "warning[bad-cell]: `size` has 'tall', which is not a number" in outcome.err
    assert "1 cell of `colour` with a category that the training rows did not have" in outcome.err
    found = cells(here / "answers.csv")
    assert found[0] == ["id", "size", "colour", "kind", "kind_probability_big", "kind_probability_small"]
    assert [row[0] for row in found[1:]] == ids
    assert [row[0] for row in found[1:] if row[3]] == ["1", "3", "5"]
    assert cells(here / "answers.errors.csv") == [
        ["line", "column", "cell", "code", "reason"],
        ["3", "size", "tall", "bad-cell", "is not a number"],
        ["5", "", "4,2", "ragged-row", "has 2 cells, the header has 3"],
    ]


def test_a_summary_for_machines(cli, here):
    outcome = cli("predict", "model.onnx", "rows.csv", "-o", "answers.parquet", "--on-error", "null", "--errors", "bad.csv", "--json")
    document = json.loads(outcome.out)
    result = document["result"]
    assert (result["rows"], result["bad_rows"], result["errors"], result["ignored"]) == (5, 2, "bad.csv", ["id"])
    assert result["reasons"] == {"is not a number": 1, "has too few cells": 1}
    assert [(d["severity"], d["place"]) for d in document["diagnostics"]] == [("warning", "rows.csv:5"), ("warning", "rows.csv:3")]
    assert pl.read_parquet(here / "answers.parquet")["kind"].is_null().to_list() == [False, True, False, True, False]
    assert files(here) == {"answers.parquet", "bad.csv"}


def test_quiet_says_nothing(cli, here):
    outcome = cli("predict", "model.onnx", "rows.csv", "-o", "answers.csv", "--on-error", "skip", "-q")
    assert (outcome.code, outcome.err) == (0, "")


def test_streams(here):
    """The list of bad rows is only written where it is asked for."""
    for more, left in (([], set()), (["--errors", "bad.csv"], {"bad.csv"})):
        command = [sys.executable, "-m", "mlpspec", "predict", "model.onnx", "-", "--on-error", "skip", "--columns", "kind", *more]
        done = subprocess.run(command, input=ROWS, capture_output=True, text=True, cwd=here, check=True)
        assert done.stdout.splitlines()[0] == "kind"
        assert len(done.stdout.splitlines()) == 4
        assert "2 of 5 rows left out" in done.stderr
        assert files(here) == left


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--columns", "kind"), ["kind"]),
        (("--columns", "kind_probability"), ["kind_probability_big", "kind_probability_small"]),
        (("--columns", "*_small,kind"), ["kind_probability_small", "kind"]),
        (("--columns", "kind", "--columns", "*_big"), ["kind", "kind_probability_big"]),
        (("--columns", "kind", "--keep"), ["id", "size", "colour", "kind"]),
        (("--columns", "kind", "--keep-columns", "c*, id"), ["colour", "id", "kind"]),
        (("--keep-columns", "a,b"), None),
        (("--keep-columns", '"a,b"'), ["a,b", "kind", "kind_probability_big", "kind_probability_small"]),
    ],
)
def test_chosen_columns(cli, here, options, names):
    head = "id,size,colour" if "a,b" not in options[-1] else '"a,b",size,colour'
    (here / "good.csv").write_text(f"{head}\n1,1,red\n2,8,blue\n")
    for target in ("answers.csv", "answers.parquet"):
        outcome = cli("predict", "model.onnx", "good.csv", "-o", target, *options)
        if names is None:
            assert outcome.code == 2
            assert "the data has no column `a`" in outcome.err
        else:
            assert outcome.code == 0, outcome.err
            assert (pl.read_csv if target.endswith("csv") else pl.read_parquet)(here / target).columns == names


def test_names_that_are_not_there(cli, here):
    outcome = cli("predict", "model.onnx", "rows.csv", "--columns", "kind,knd_probability_big")
    assert outcome.code == 2
    assert "did you mean `kind_probability_big`" in outcome.err
    outcome = cli("predict", "model.onnx", "rows.csv", "--keep-columns", "colur")
    assert "did you mean `colour`" in outcome.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--keep", "--keep-columns", "id"), "pass one of the two"),
        (("--errors", "bad.csv"), "--on-error skip"),
        (("--on-error", "ignore"), "--on-error"),
        (("--on-error", "skip", "--errors", "bad.parquet"), "name a .csv file"),
        (("--columns", "kind,,"), "a name is empty"),
        (("--separator", ";;"), "one ASCII character"),
        (("--json",), "cannot both go to standard output"),
        (("-o", "answers.xml"), ".parquet"),
        (("-o", "answers.npz", "--keep"), "keeps no columns"),
    ],
)
def test_command_lines_that_are_wrong(cli, here, options, words):
    outcome = cli("predict", "model.onnx", "rows.csv", *options)
    assert outcome.code == 2
    assert words in outcome.err + outcome.out
    assert files(here) == set()


def test_files_that_are_there_stay_without_force(cli, here):
    for name in ("answers.csv", "answers.errors.csv"):
        (here / name).write_text("old")
        outcome = cli("predict", "model.onnx", "rows.csv", "-o", "answers.csv", "--on-error", "skip")
        assert outcome.code == 2
        assert f"{name} is there already" in outcome.err
        assert (here / name).read_text() == "old"
        (here / name).unlink()
    (here / "answers.csv").write_text("old")
    assert cli("predict", "model.onnx", "rows.csv", "-o", "answers.csv", "--on-error", "skip", "--force").code == 0
    assert (here / "answers.csv").read_text().startswith("kind,")


def test_another_separator(cli, here):
    (here / "rows.csv").write_text("size;colour\n1;red\n")
    outcome = cli("predict", "model.onnx", "rows.csv")
    assert outcome.code == 4
    assert "pass `--separator ';'`" in outcome.err
    outcome = cli("predict", "model.onnx", "rows.csv", "--separator", ";", "--columns", "kind")
    assert (outcome.code, len(outcome.out.splitlines())) == (0, 2)


@pytest.mark.parametrize(
    ("head", "row", "words"),
    [
        ("size,colour", "1,red", ""),
        ("colour,size", "red,1", ""),
        ("colour,more,size,kind", "red,?,1,big", "2 columns that the model does not read: more, kind"),
        (
            ",".join([*(f"x{n}" for n in range(20)), "size", "colour"]),
            "0," * 20 + "1,red",
            "20 columns that the model does not read: x0, x1, x2",
        ),
    ],
)
def test_columns_in_any_order_with_others_between(cli, here, head, row, words):
    (here / "rows.csv").write_text(f"{head}\n{row}\n")
    (here / "plain.csv").write_text("size,colour\n1,red\n")
    outcome = cli("predict", "model.onnx", "rows.csv")
    assert outcome.code == 0
    assert words in outcome.err
    assert ("does not read" in outcome.err) == bool(words)
    assert outcome.out == cli("predict", "model.onnx", "plain.csv").out


@pytest.mark.parametrize(
    ("name", "code", "words", "target"),
    [
        ("SIGINT", 130, "Ctrl-C", "answers.csv"),
        ("SIGINT", 130, "Ctrl-C", "answers.parquet"),
        ("SIGTERM", 143, "SIGTERM", "answers.parquet"),
        ("SIGHUP", 129, "SIGHUP", "answers.npz"),
    ],
)
def test_signals_leave_nothing(here, target, name, code, words):
    """While it waits for more rows; those that came are answered and on their way to the file."""
    command = [sys.executable, "-m", "mlpspec", "predict", "model.onnx", "-", "-o", target, "--on-error", "skip", "--batch-rows", "1000"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=here) as process:
        assert process.stdin is not None
        process.stdin.write(b"size,colour\n" + b"1.5,red\n" * 20_000)
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not files(here) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert files(here)
        time.sleep(0.3)
        process.send_signal(getattr(signal, name))
        code_found = process.wait(20)
        error = process.stderr.read().decode() if process.stderr else ""
    assert code_found == code, error
    assert f"stopped by {words}" in error
    assert "Traceback" not in error
    assert files(here) == set()


def test_a_signal_keeps_the_old_answers(here):
    (here / "answers.csv").write_text("old")
    (here / "rows.csv").write_text("size,colour\n" + "1.5,red\n" * 2_000_000)
    command = [sys.executable, "-m", "mlpspec", "predict", "model.onnx", "rows.csv", "-o", "answers.csv", "--force", "--batch-rows", "100"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=here) as process:
        while not any(name.endswith(".tmp") for name in files(here)) and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 143
    assert (here / "answers.csv").read_text() == "old"
    assert files(here) == {"answers.csv"}


def test_a_reader_that_leaves_early(here):
    """Row R10: a pipe into `head`; rows go on coming."""
    (here / "rows.csv").write_text("size,colour\n" + "1.5,red\n" * 200_000)
    command = f"{sys.executable} -m mlpspec predict model.onnx rows.csv -q | head -n 2"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=here, check=False, env=os.environ)
    assert done.returncode == 141
    assert done.stdout.startswith("kind,")
    assert done.stderr == ""


def test_answers_are_csv_that_others_read(cli, here):
    outcome = cli("predict", "model.onnx", "rows.csv", "--on-error", "null", "--columns", "kind")
    assert [row["kind"] == "" for row in csv.DictReader(io.StringIO(outcome.out))] == [False, True, False, True, False]
