import json

import pytest


def result(outcome):
    document = json.loads(outcome.out)
    assert (document["ok"], document["command"]) == (outcome.code == 0, "train")
    return document["result"]


def test_a_run_ends_with_its_figures_and_its_folder(cli, small):
    outcome = cli("train", "spec.yaml")
    assert outcome.code == 0
    head, train, validation, test, empty, ended, weights, folder = outcome.out.splitlines()
    assert head.split() == ["loss", "accuracy", "f1"]
    assert [line.split()[0] for line in (train, validation, test)] == ["train", "validation", "test"]
    assert empty == ""
    assert ended.startswith("finished after ")
    assert "best epoch" in ended
    found = json.loads((small / folder.removeprefix("run folder: ") / "run.json").read_text())
    assert weights == f"weights: the best, sha256 {found['weights_sha256']}"
    path = folder.removeprefix("run folder: ")
    assert (small / path / "run.json").is_file()
    lines = outcome.err.splitlines()
    assert lines[0].startswith("training on cpu")
    assert [line.split()[1] for line in lines[1:]] == ["1/3", "2/3", "3/3"]


def test_json_is_one_document_and_nothing_else(cli, small):
    outcome = cli("train", "spec.yaml", "--json")
    assert outcome.code == 0
    assert outcome.err == ""
    found = result(outcome)
    assert set(found) == {"run", "ended", "best_epoch", "weights", "weights_sha256", "parameters", "seconds", "figures"}
    assert found["figures"]["test"].keys() == {"loss", "accuracy", "f1"}
    assert json.loads((small / found["run"] / "run.json").read_text())["figures"] == found["figures"]


def test_quiet_says_the_result_only(cli, small):
    outcome = cli("train", "spec.yaml", "--quiet")
    assert outcome.code == 0
    assert outcome.err == ""
    assert "run folder: " in outcome.out


def test_settings_and_another_place(cli, small):
    outcome = cli("train", "spec.yaml", "--json", "--runs", "elsewhere", "--set", "training.epochs=1", "--set", "name=other")
    found = result(outcome)
    assert found["run"].startswith("elsewhere/other/2")
    assert len((small / found["run"] / "metrics.jsonl").read_text().splitlines()) == 1
    assert not (small / "runs").exists()


def test_the_same_command_gives_the_same_weights_and_another_seed_others(cli, small):
    def weights(*settings):
        run = small / result(cli("train", "spec.yaml", "--json", *settings))["run"]
        return (run / "checkpoints" / (run / "checkpoints" / "best").read_text().strip() / "model.safetensors").read_bytes()

    assert weights() == weights()
    assert weights() != weights("--set", "seed=2")


def test_an_exploding_loss(cli, small):
    """Row R8."""
    outcome = cli(
        *("train", "spec.yaml", "--set", "targets={size2: {numeric: {columns: size}}}", "--set", "model.1.head=size2"),
        *("--set", "training.optimizer={sgd: 1000}", "--set", "training.epochs=60"),
    )
    assert outcome.code == 7
    assert "[non-finite-loss]" in outcome.err
    assert "epoch" in outcome.err
    assert "1e+03" in outcome.err
    assert outcome.out == ""


def test_a_learning_rate_beyond_reason_is_refused_before_training(cli, small):
    outcome = cli("train", "spec.yaml", "--set", "training.optimizer.adam.learning_rate=1e30")
    assert outcome.code == 3
    assert "out-of-range" in outcome.err


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda folder: (folder / "table.csv").unlink(), 4),
        (lambda folder: (folder / "table.csv").write_text(""), 4),
        (lambda folder: (folder / "table.csv").write_text("size,colour,kind\n"), 4),
        (lambda folder: (folder / "spec.yaml").write_text("mlpspec: 1\n"), 3),
        (lambda folder: (folder / "spec.yaml").unlink(), 2),
    ],
    ids=["no table", "an empty table", "a header only", "half a spec", "no spec"],
)
def test_bad_beginnings_leave_no_run(cli, small, change, code):
    change(small)
    outcome = cli("train", "spec.yaml")
    assert outcome.code == code
    assert not (small / "runs").exists()


def test_a_figure_that_is_never_defined_is_a_warning(cli, small):
    rows = [f"{row % 9},red,{'big' if row % 2 and row < 30 else 'small'},{'train' if row < 30 else 'validation'}" for row in range(40)]
    (small / "table.csv").write_text("\n".join(["size,colour,kind,part", *rows]) + "\n")
    settings = ["data.split={column: part}", "targets={kind: binary}", "training.early_stopping={monitor: validation.auroc}"]
    outcome = cli("train", "spec.yaml", *(part for setting in settings for part in ("--set", setting)))
    assert outcome.code == 0, outcome.err
    assert "warning[undefined-figure]" in outcome.err
    assert cli("export").code == 0


def test_folds(cli, small):
    outcome = cli("train", "spec.yaml", "--folds", "3")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["fold", "held", "out", "loss", "accuracy", "f1"]
    assert [line.split()[0] for line in lines[1:6]] == ["1", "2", "3", "mean", "sd"]
    assert [line for line in outcome.err.splitlines() if line.startswith("fold 2 of 3")] != []
    assert not any(line.startswith("epoch") for line in outcome.err.splitlines())


def test_folds_as_json_and_going_on(cli, small):
    found = result(cli("train", "spec.yaml", "--folds", "3", "--json"))
    assert set(found) == {"run", "folds", "figures", "predictions", "seconds"}
    assert [fold["fold"] for fold in found["folds"]] == [1, 2, 3]
    assert set(found["figures"]["test"]["accuracy"]) == {"values", "mean", "sd"}
    assert len((small / found["predictions"]).read_text().splitlines()) == 61
    again = result(cli("train", "spec.yaml", "--resume", "--json"))  # --folds is known from the run
    assert again["figures"] == found["figures"]


def test_folds_of_the_spec(cli, small):
    (small / "spec.yaml").write_text((small / "spec.yaml").read_text().replace("test: 0.2}", "test: 0.2, folds: 2}"))
    assert len(result(cli("train", "spec.yaml", "--json"))["folds"]) == 2
    assert "finished" in cli("train", "spec.yaml", "--set", "data.split.fold=1").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--folds", "1"], 3, "`folds` must be at least 2"),
        (["--folds", "99"], 4, "99 folds need at least 99 rows"),
        (["--folds", "many"], 2, "not a valid integer"),
        (["--workers", "2"], 2, "are for folds"),
        (["--folds", "3", "--predictions", "p.json"], 2, "not written as `p.json`"),
        (["--folds", "3", "--predictions", "nowhere/p.csv"], 6, "the folder does not exist"),
        (["--folds", "3", "--set", "data.split={column: kind}"], 3, "`folds` has no meaning"),
    ],
)
def test_folds_that_cannot_be(cli, small, arguments, code, words):
    outcome = cli("train", "spec.yaml", *arguments)
    assert outcome.code == code
    assert words in outcome.err


def test_a_cross_validation_is_not_one_run(cli, small):
    run = result(cli("train", "spec.yaml", "--folds", "2", "--json"))["run"]
    for command in ("evaluate", "export"):
        outcome = cli(command, run)
        assert outcome.code == 2
        assert f"name one of its folds, e.g. {run}/folds/1" in outcome.err
        assert cli(command, f"{run}/folds/1").code == 0
