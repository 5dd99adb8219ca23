import numpy as np
import pytest

from mlpspec.compiler import loads
from mlpspec.diagnostics import DataError
from mlpspec.training.run_document import load_run_document
from mlpspec.training.run_folder import RunFolder
from mlpspec.training.run_parts import run_parts
from mlpspec.training.train import train


def test_the_parts_have_the_rows_of_the_training(finished):
    run = RunFolder.open(finished)
    parts = run_parts(run, load_run_document(run))
    assert {name: part.rows for name, part in parts.items()} == run.info()["rows"]


def test_changed_data_is_refused_with_what_else_can_be_done(train_in, spec_text, tmp_path):
    run = train_in(spec_text).folder
    (tmp_path / "table.csv").write_text((tmp_path / "table.csv").read_text() + "1.5,red,small,3\n")
    with pytest.raises(DataError, match="changed since the run was trained") as error:
        run_parts(run, load_run_document(run), otherwise="do without")
    assert error.value.diagnostics[0].help == "restore the data, or do without"


def test_rows_from_memory_are_told_by_what_they_teach(tmp_path, spec_text):
    document = loads(spec_text.replace("  path: table.csv\n", ""))
    rows = np.arange(60)
    frame = {
        "size": rows % 10 + 0.5,
        "colour": np.array(["red", "green", "blue"])[rows % 3],
        "kind": np.where(rows % 10 > 4, "big", "small"),
    }
    run = train(document, frame=frame, runs=tmp_path).folder
    document = load_run_document(run)
    assert {name: part.rows for name, part in run_parts(run, document, frame=frame).items()} == run.info()["rows"]
    with pytest.raises(DataError, match="changed"):
        run_parts(run, document, frame={**frame, "size": frame["size"] + 1})
    with pytest.raises(DataError, match="names no training data"):
        run_parts(run, document)
