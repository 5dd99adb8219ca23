from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TUNING = """\
tuning:
  minimize: validation.loss
  trials: 3
  parameters:
    model.0.dense.units: {range: [2, 16]}
    training.batch_size: {choices: [8, 16]}
"""


@pytest.fixture
def tuned(small):
    path = small / "spec.yaml"
    path.write_text(path.read_text() + TUNING)
    return small


def result(outcome):
    document = json.loads(outcome.out)
    assert (document["ok"], document["command"]) == (outcome.code == 0, "tune")
    return document["result"]


def test_a_table_of_the_best_and_where_they_lie(cli, tuned):
    outcome = cli("tune", "spec.yaml")
    assert outcome.code == 0
    head, *rows = outcome.out.splitlines()
    assert head.split() == ["trial", "validation.loss", "units", "batch_size"]
    figures = [float(row.split()[1]) for row in rows[:3] if row and row[0].isdigit()]
    assert figures == sorted(figures)
    [best] = [line.removeprefix("best spec: ") for line in rows if line.startswith("best spec: ")]
    [report] = [line.removeprefix("report: ") for line in rows if line.startswith("report: ")]
    assert (tuned / report).is_file()
    assert len([line for line in outcome.err.splitlines() if line.startswith("trial ")]) == 3
    assert "the best so far" in outcome.err
    assert cli("train", best).code == 0


def test_json_is_one_document_and_nothing_else(cli, tuned):
    outcome = cli("tune", "spec.yaml", "--json", "--trials", "2", "--seconds", "100", "-o", "best.yaml")
    assert outcome.err == ""
    found = result(outcome)
    assert (found["objective"], found["goal"], found["spec"], len(found["trials"])) == ("validation.loss", "min", "best.yaml", 2)
    assert found["best"]["objective"] == min(trial["objective"] for trial in found["trials"])
    assert (tuned / "best.yaml").is_file()
    assert len(result(cli("tune", "spec.yaml", "--json", "--trials", "3", "--resume"))["trials"]) == 3


def test_a_study_is_not_one_run(cli, tuned):
    study = result(cli("tune", "spec.yaml", "--json", "--trials", "1"))["study"]
    outcome = cli("evaluate", study)
    assert outcome.code == 2
    assert f"mlpspec train {study}/best.yaml" in outcome.err
    assert "there is no run" in cli("export").err  # the newest run is none of a study


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--trials", "0"], 3, "`trials` must be at least 1"),
        (["--resume"], 2, "there is no run folder"),
        (["-o", "nowhere/best.yaml"], 2, "there is no folder nowhere"),
        (["--set", "tuning.parameters={model.0.dense.unts: {range: [2, 3]}}"], 3, "did you mean `units`?"),
        (["--set", "tuning=null"], 2, "no `tuning:` section"),
        (["--set", "data.path=none.csv"], 4, "there is no file"),
    ],
)
def test_mistakes(cli, tuned, arguments, code, words):
    outcome = cli("tune", "spec.yaml", *arguments)
    assert outcome.code == code
    assert words in outcome.err


def test_without_optuna(cli, tuned, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    outcome = cli("tune", "spec.yaml")
    assert outcome.code == 6
    assert "pip install 'mlpspec[tune]'" in outcome.err
    assert cli("validate", "spec.yaml").code == 0


def test_the_example(cli, tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    assert "#   mlpspec tune examples/tuning.yaml" in (ROOT / "examples" / "tuning.yaml").read_text()
    found = result(cli("tune", "examples/tuning.yaml", "--json", "--trials", "2", "--set", "training.epochs=3"))
    assert found["is_own_text"]
    assert "# Which width" in (tmp_path / found["spec"]).read_text()
    assert cli("validate", found["spec"]).code == 0
