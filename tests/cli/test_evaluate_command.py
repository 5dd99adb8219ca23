import json

import pytest


@pytest.fixture
def run(cli, small):
    return json.loads(cli("train", "spec.yaml", "--json").out)["result"]


def test_the_newest_run_on_its_test_rows(cli, run):
    outcome = cli("evaluate")
    assert outcome.code == 0
    head, line = outcome.out.splitlines()
    assert head.split() == ["rows", "loss", "accuracy", "f1"]
    assert line.split()[:2] == ["test", "12"]
    assert outcome.err == ""


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_the_figures_are_those_of_the_training(cli, run, part):
    document = json.loads(cli("evaluate", run["run"], "--part", part, "--json").out)
    assert document["ok"]
    assert document["result"]["figures"] == pytest.approx(run["figures"][part])
    assert document["result"]["undefined"] == {}


def test_latest_names_the_newest(cli, run, small):
    newest = json.loads(cli("train", "spec.yaml", "--json").out)["result"]["run"]
    for arguments in ((), ("runs/small/latest",)):
        found = json.loads(cli("evaluate", *arguments, "--json").out)["result"]["run"]
        assert (small / found).resolve() == (small / newest).resolve()


def test_other_rows(cli, run, small):
    (small / "other.csv").write_text("kind,colour,size,more\nbig,red,7.5,1\nsmall,pink,1.5,2\n")
    outcome = cli("evaluate", "--data", "other.csv")
    assert outcome.code == 0
    assert outcome.out.splitlines()[1].split()[:2] == ["other.csv", "2"]
    assert "pink" in outcome.err
    assert "`more`" in outcome.err


def test_an_undefined_figure_is_a_dash_with_its_reason(cli, small):
    assert cli("train", "spec.yaml", "--set", "training.metrics=[auroc, accuracy]").code == 0
    (small / "other.csv").write_text("size,colour,kind\n7.5,red,big\n8.5,red,big\n")
    outcome = cli("evaluate", "--data", "other.csv")
    assert outcome.code == 0
    assert outcome.out.splitlines()[1].split()[3] == "-"
    assert "auroc is undefined: all rows have the same class" in outcome.err
    document = json.loads(cli("evaluate", "--data", "other.csv", "--json").out)
    assert document["result"]["figures"]["auroc"] is None
    assert document["result"]["undefined"] == {"auroc": "all rows have the same class"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--data", "nowhere.csv"), 4),
        (("--data", "columns.csv"), 4),
        (("--data", "labels.csv"), 4),
        (("--part", "tests"), 2),
        (("nowhere",), 2),
    ],
)
def test_what_cannot_be_measured(cli, run, small, arguments, code):
    (small / "columns.csv").write_text("size,kind\n1,big\n")
    (small / "labels.csv").write_text("size,colour,kind\n1,red,huge\n")
    outcome = cli("evaluate", *arguments)
    assert outcome.code == code
    assert outcome.out == ""


def test_changed_data(cli, run, small):
    (small / "table.csv").write_text((small / "table.csv").read_text() + "1.5,red,small\n")
    outcome = cli("evaluate")
    assert outcome.code == 4
    assert "changed since the run was trained" in outcome.err
