from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from mlpspec.compiler import load, loads
from mlpspec.diagnostics import CheckError, DataError, SpecError, UsageError
from mlpspec.training.run_folder import RunFolder
from mlpspec.training.train import train
from mlpspec.tuning.tune import tune


@pytest.fixture
def search(tuned, document):
    return lambda *settings, **options: tune(document(*settings), runs=tuned / "runs", **options)


def test_the_best_spec_trains_to_the_best_figure(search, tuned):
    told = []
    result = search(tell=lambda trial, best: told.append((trial.number, best.number if best else None)))
    assert [trial.state for trial in result.trials] == ["finished"] * 6
    assert result.best.objective == max(trial.objective or 0 for trial in result.trials)
    assert [number for number, _ in told] == [1, 2, 3, 4, 5, 6]
    assert told[-1][1] == result.best.number
    again = train(load(result.spec, allow_outside=True), runs=tuned / "again")
    assert again.figures["validation"]["accuracy"] == result.best.objective
    info = json.loads((result.folder.path / "run.json").read_text())
    assert (info["kind"], info["status"], info["trials"]["finished"]) == ("tuning", "finished", 6)
    assert (result.folder.path / "report.html").is_file()
    assert result.folder.path.parent == tuned / "runs" / "small" / "tuning"


def test_the_same_seed_gives_the_same_study(search):
    first, second = search(), search()
    assert [(trial.values, trial.objective) for trial in first.trials] == [(trial.values, trial.objective) for trial in second.trials]
    assert first.folder.path != second.folder.path


def test_workers_share_one_study(search):
    """Random search does not depend on who asks; only the order in which trials are numbered may differ."""

    def found(result):
        return sorted((sorted(trial.values.items()), trial.objective) for trial in result.trials)

    assert found(search("tuning.sampler=random", workers=2)) == found(search("tuning.sampler=random"))


def test_time_ends_a_study(search):
    result = search("tuning.seconds=1e-9", "tuning.trials=5")
    assert (result.ended, len(result.trials)) == ("the time of 1e-09 s was over", 1)
    assert len(search("tuning.seconds=1e9", "tuning.trials=2", resume=result.folder).trials) == 2


def test_going_on(search):
    first = search("tuning.trials=3")
    with pytest.raises(UsageError, match="already complete: 3 trials"):
        search("tuning.trials=3", resume=first.folder)
    second = search("tuning.trials=5", resume=RunFolder.open(first.folder.path))
    assert len(second.trials) == 5
    assert [trial.values for trial in second.trials[:3]] == [trial.values for trial in first.trials]
    whole = search("tuning.trials=5")
    assert [trial.values for trial in whole.trials] == [trial.values for trial in second.trials]  # as if it had never stopped


def test_a_grid_ends_when_it_is_worked_off(search):
    result = search("tuning.parameters={model.0.dense.units: {choices: [2, 4, 6]}}", "tuning.sampler=grid", "tuning.trials=50")
    assert sorted(trial.values["model.0.dense.units"] for trial in result.trials) == ["2", "4", "6"]


def test_going_on_with_something_else_is_refused(search, tuned):
    study = search("tuning.trials=2").folder
    for setting, words in (
        ("training.epochs=4", "`training.epochs` was 3"),
        ("tuning.sampler=random", "`tuning.sampler` was tpe"),
        ('tuning.parameters."model.0.dense.units".range=[2, 32]', "range.1` was 16"),
    ):
        with pytest.raises(SpecError, match=words):
            search("tuning.trials=9", setting, resume=study)
    (tuned / "table.csv").write_text((tuned / "table.csv").read_text() + "3.5,red,small\n")
    with pytest.raises(DataError, match="the data has changed"):
        search("tuning.trials=9", resume=study)
    run = train(load(tuned / "spec.yaml"), runs=tuned / "runs").folder
    with pytest.raises(UsageError, match="is no study"):
        search(resume=run)


def test_a_study_that_is_being_worked_at(search):
    study = search("tuning.trials=2").folder
    info = json.loads((study.path / "run.json").read_text())
    study.write_json("run.json", {**info, "status": "running", "process": os.getppid()})
    with pytest.raises(UsageError, match="is at work on"):
        search("tuning.trials=3", resume=study)


def test_no_trial_comes_to_a_figure(search):
    tuning = "tuning={trials: 2, parameters: {training.optimizer.sgd.learning_rate: {range: [900, 1000]}}}"
    targets = "targets={size2: {numeric: {columns: size}}}"
    with pytest.raises(CheckError, match="none of 2 trials came to a figure") as error:
        search("training.optimizer=sgd", "training.epochs=60", targets, "model.1.head=size2", tuning)
    assert "became NaN or infinite" in error.value.diagnostics[0].help


def test_what_cannot_be_tuned(small):
    with pytest.raises(UsageError, match="no `tuning:` section"):
        tune(load(small / "spec.yaml"), runs=small / "runs")


def test_bad_data_is_found_before_the_first_trial(search, tuned):
    (tuned / "table.csv").write_text("size,colour,kind\n1,red,\n2,red,a\n")
    with pytest.raises(DataError):
        search()
    assert not (tuned / "runs").exists()


def test_rows_from_memory(document, tuned):
    (tuned / "table.csv").unlink()
    frame = {"size": [1.0, 9.0] * 20, "colour": ["red", "blue"] * 20, "kind": ["small", "big"] * 20}
    result = tune(document("tuning.trials=2"), frame=frame, runs=tuned / "runs", output=tuned / "best.yaml")
    assert result.spec == tuned / "best.yaml"
    assert loads((tuned / "best.yaml").read_text(), folder=tuned).spec.name == "small"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_signal_leaves_a_study_that_goes_on(tuned, workers):
    command = [sys.executable, "-m", "mlpspec", "tune", "spec.yaml", "--workers", workers, "--set", "training.epochs=200"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([*command, "--trials", "500"], cwd=tuned, env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 90
    journals = []
    while time.monotonic() < deadline and not any('"op_code":6' in path.read_text() for path in journals):
        journals = list(tuned.glob("runs/small/tuning/2*/study.journal"))
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=90)
    assert process.returncode == 130, message
    assert "go on with `mlpspec tune spec.yaml --resume" in message
    journal = journals[0].read_text()
    done = subprocess.run([*command, "--trials", "2", "--resume"], cwd=tuned, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 2), done.stderr  # 2: it had its two trials already
    assert journals[0].read_text().startswith(journal)
