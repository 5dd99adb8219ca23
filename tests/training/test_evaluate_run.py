import csv

import numpy as np
import pytest

from mlpspec.diagnostics import DataError
from mlpspec.training.evaluate_run import evaluate_run
from mlpspec.training.run_folder import RunFolder


@pytest.fixture
def run(finished):
    return RunFolder.open(finished)


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_the_parts_give_the_figures_of_the_training_run(run, part):
    found = evaluate_run(run, part=part)
    assert found.rows == run.info()["rows"][part]
    assert found.figures == pytest.approx(run.info()["figures"][part], rel=1e-6)


def write(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["size", "colour", "kind"], *rows])


def test_another_file(run, tmp_path):
    rows = [[1.5, "red", "small"], [7.5, "blue", "big"], [2.0, "never", "small"]]
    write(tmp_path / "other.csv", rows)
    found = evaluate_run(run, data=tmp_path / "other.csv")
    assert found.rows == 3
    assert set(found.figures) == {"loss", "accuracy", "f1"}
    assert [warning.code for warning in found.warnings] == ["unseen-category"]
    frame = {"size": np.array([1.5, 7.5, 2.0]), "colour": ["red", "blue", "never"], "kind": ["small", "big", "small"]}
    assert evaluate_run(run, data=frame).figures == found.figures


def test_undefined_figures_come_with_the_reason(train_in, spec_text, tmp_path):
    run = train_in(spec_text, "training.metrics=[auroc]").folder
    write(tmp_path / "other.csv", [[1.5, "red", "small"]] * 3)
    found = evaluate_run(run, data=tmp_path / "other.csv")
    assert found.figures["auroc"] is None
    assert found.undefined == {"auroc": "all rows have the same class"}


def test_changed_data_has_other_parts(train_in, spec_text, tmp_path):
    """Row D18."""
    run = train_in(spec_text).folder
    (tmp_path / "table.csv").write_text((tmp_path / "table.csv").read_text() + "1.5,red,small,3\n")
    with pytest.raises(DataError, match="changed since the run was trained"):
        evaluate_run(run)


def test_a_part_without_rows(train_in, spec_text):
    run = train_in(spec_text, "data.split={train: 0.8, validation: 0.2, test: 0}").folder
    with pytest.raises(DataError, match="no test rows"):
        evaluate_run(run)


def test_a_run_from_memory_needs_a_file(train_in, spec_text, tmp_path):
    frame = {"size": np.arange(20.0), "colour": ["red", "green"] * 10, "kind": ["small"] * 10 + ["big"] * 10}
    run = train_in(spec_text.replace("  path: table.csv\n", ""), frame=frame).folder
    with pytest.raises(DataError):
        evaluate_run(run)
    write(tmp_path / "other.csv", [[1.5, "red", "small"]])
    assert evaluate_run(run, data=tmp_path / "other.csv").rows == 1


def test_labels_that_the_model_does_not_know(run, tmp_path):
    """Row D13."""
    write(tmp_path / "other.csv", [[1.5, "red", "huge"]])
    with pytest.raises(DataError, match="huge"):
        evaluate_run(run, data=tmp_path / "other.csv")


def test_a_column_of_weights_is_no_input_here_either(train_in, spec_text):
    """The pattern of the input passes over the column that the sampler reads, in training and when it is measured again."""
    text = spec_text.replace("  size: numeric", '  size: {numeric: "*i*"}')
    result = train_in(text, "training.sampling={weighted: weight}")
    assert result.folder.preprocessing().inputs["size"].columns == ("size",)
    figures = evaluate_run(result.folder, part="validation").figures
    assert figures == pytest.approx(result.figures["validation"])
