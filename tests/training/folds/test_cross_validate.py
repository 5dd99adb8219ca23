from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pytest

from mlpspec.compiler import load
from mlpspec.diagnostics import DataError, SpecError, UsageError
from mlpspec.training.evaluate_run import evaluate_run
from mlpspec.training.folds.cross_validate import cross_validate
from mlpspec.training.run_folder import RunFolder
from mlpspec.training.train import train


def run(folder, *settings, **options):
    document = load(folder / "spec.yaml", settings=["data.split.folds=3", *settings])
    return cross_validate(document, runs=folder / "runs", **options)


def weights(run_folder):
    pointer = run_folder / "checkpoints" / "best"
    return hashlib.sha256((pointer.parent / pointer.read_text().strip() / "model.safetensors").read_bytes()).hexdigest()


def test_every_fold_is_a_normal_run(small):
    result = run(small)
    assert [fold.number for fold in result.folds] == [1, 2, 3]
    for fold in result.folds:
        assert evaluate_run(RunFolder.open(fold.folder.path)).figures == fold.figures["test"]
        alone = load(small / "spec.yaml", settings=["data.split.folds=3", f"data.split.fold={fold.number}"])
        assert weights(train(alone, runs=small / "alone").folder.path) == weights(fold.folder.path)
        assert (fold.folder.path / "report.html").is_file()
    assert len({json.dumps(fold.folder.preprocessing().to_json()) for fold in result.folds}) == 3
    values = [fold.figures["test"]["accuracy"] for fold in result.folds]
    assert result.figures["test"]["accuracy"].mean == pytest.approx(np.mean(values))
    info = json.loads((result.folder.path / "run.json").read_text())
    assert (info["kind"], info["status"], info["figures"]["test"]["accuracy"]["values"]) == ("folds", "finished", values)
    assert (small / "runs/small/latest").resolve() == result.folder.path.resolve()


def test_predictions_are_of_rows_that_the_fold_had_not_seen(small):
    """Each answer is what the fold's own weights say: the accuracy of a fold's rows in the file is its figure."""
    result = run(small)
    table = pl.read_csv(result.predictions)
    source = pl.read_csv(small / "table.csv")
    assert table.columns == ["row", "fold", "kind_true", "kind", "kind_probability_big", "kind_probability_small"]
    assert table["row"].to_list() == list(range(60))
    assert table["kind_true"].to_list() == source["kind"].to_list()
    for fold in result.folds:
        mine = table.filter(pl.col("fold") == fold.number)
        assert (mine["kind"] == mine["kind_true"]).mean() == pytest.approx(fold.figures["test"]["accuracy"])


def test_a_pandas_frame_keeps_its_index(small):
    import pandas as pd

    frame = pd.read_csv(small / "table.csv").set_index(pd.Index([f"r{number}" for number in range(60)]))
    result = run(small, frame=frame, predictions=small / "out.parquet")
    table = pl.read_parquet(small / "out.parquet")
    assert table.columns[:3] == ["row", "index", "fold"]
    assert table["index"].to_list() == list(frame.index)
    assert result.predictions == small / "out.parquet"


def test_workers_train_the_same(small):
    one, two = run(small), run(small, workers=2)
    assert [weights(fold.folder.path) for fold in one.folds] == [weights(fold.folder.path) for fold in two.folds]
    assert one.predictions.read_bytes() == two.predictions.read_bytes()


def test_going_on_keeps_what_is_done(small):
    result = run(small)
    before = {fold.number: (fold.folder.path / "run.json").stat().st_mtime_ns for fold in result.folds}
    (result.folds[1].folder.path / "run.json").unlink()
    again = run(small, resume=result.folder)
    after = {fold.number: (fold.folder.path / "run.json").stat().st_mtime_ns for fold in again.folds}
    assert [number for number in after if after[number] != before[number]] == [2]
    assert again.figures == result.figures


def test_going_on_with_something_else_is_refused(small):
    result = run(small)
    with pytest.raises(SpecError, match="`training.batch_size` was 16"):
        run(small, "training.batch_size=8", resume=result.folder)
    with pytest.raises(SpecError, match=r"`data.split.folds` was 3"):
        run(small, "data.split.folds=4", resume=result.folder)
    (small / "table.csv").write_text((small / "table.csv").read_text() + "3.5,red,small\n")
    with pytest.raises(DataError, match="the data has changed"):
        run(small, resume=result.folder)


def test_the_data_of_every_fold_is_looked_at_first(small):
    """A label that one fold alone has to learn from the others' rows."""
    (small / "table.csv").write_text((small / "table.csv").read_text() + "3.5,red,tiny\n")
    with pytest.raises(DataError, match="labels that the training rows lack.*`tiny`"):
        run(small)
    assert not (small / "runs").exists()


def test_what_has_no_folds(small):
    with pytest.raises(UsageError, match="no folds"):
        cross_validate(load(small / "spec.yaml"), runs=small / "runs")
    with pytest.raises(UsageError, match="chooses fold 1"):
        run(small, "data.split.fold=1")
    with pytest.raises(UsageError, match="asks for 3 folds"):
        train(load(small / "spec.yaml", settings=["data.split.folds=3"]), runs=small / "runs")
    with pytest.raises(UsageError, match=r"not written as `x.xlsx`"):
        run(small, predictions=small / "x.xlsx")


def test_a_signal_stops_all_folds_and_resuming_ends_with_the_same_weights(small):
    settings = [part for setting in ("training.epochs=300", "training.checkpoint={seconds: 0.05}") for part in ("--set", setting)]
    command = [sys.executable, "-m", "mlpspec", "train", "spec.yaml", "-q", "--folds", "3", "--workers", "2", *settings]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    assert subprocess.run([*command, "--runs", "whole"], cwd=small, env=environment, capture_output=True, check=False).returncode == 0
    process = subprocess.Popen([*command, "--runs", "parts"], cwd=small, env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(small.glob("parts/small/2*/folds/*/checkpoints/last")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 75, message
    assert "--resume" in message
    done = subprocess.run(
        [*command, "--runs", "parts", "--resume"], cwd=small, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

    def found(place):
        return [weights(folder) for folder in sorted((small / place / "small/latest/folds").iterdir())]

    assert found("parts") == found("whole")
