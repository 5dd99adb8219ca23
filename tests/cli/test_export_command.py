import hashlib
import json

import numpy as np
import onnxruntime as ort
import pytest


@pytest.fixture
def run(cli, small):
    return json.loads(cli("train", "spec.yaml", "--json").out)["result"]["run"]


def test_the_newest_run_into_its_folder(cli, run, small):
    outcome = cli("export")
    assert outcome.code == 0
    first, second = outcome.out.splitlines()
    assert first.startswith(f"{run}/model.onnx: ")
    assert "proved on 12 rows and " in second
    assert "batch sizes 1, 2, 7, 257" in second
    assert outcome.err == ""
    session = ort.InferenceSession(str(small / run / "model.onnx"), providers=["CPUExecutionProvider"])
    rows = {"size": np.array([[9.5], [0.5]], np.float32), "colour": np.array([["red"], ["pink"]], object)}
    labels, probability = session.run(["kind", "kind_probability"], rows)
    assert set(np.asarray(labels)) <= {"big", "small"}
    np.testing.assert_allclose(np.asarray(probability).sum(1), 1, rtol=1e-6)


def test_json(cli, run, small):
    outcome = cli("export", run, "-o", "named.onnx", "--json")
    assert outcome.code == 0
    assert outcome.err == ""
    found = json.loads(outcome.out)["result"]
    data = (small / "named.onnx").read_bytes()
    assert (found["path"], found["bytes"], found["sha256"]) == ("named.onnx", len(data), hashlib.sha256(data).hexdigest())
    assert found["proof"]["flips"] == 0
    assert not (small / run / "model.onnx").exists()


def test_a_file_that_is_there_is_replaced(cli, run, small):
    (small / "model.onnx").write_bytes(b"older")
    assert cli("export", "-o", "model.onnx").code == 0
    assert (small / "model.onnx").read_bytes() != b"older"


def test_a_model_that_differs_is_refused(cli, run, small, monkeypatch):
    """An operator that is written wrongly: exit 7, no file, the older one untouched."""
    from mlpspec.exporting import operators

    def wrong(writer, inputs, output, constants):
        writer.node("Add", [*inputs, writer.constant(constants["values"], np.float32, output)], output)

    monkeypatch.setitem(operators.OPERATORS, "subtract", wrong)
    (small / "older.onnx").write_bytes(b"older")
    for target in ("new.onnx", "older.onnx"):
        outcome = cli("export", "-o", target)
        assert outcome.code == 7
        assert "[parity]" in outcome.err
        assert "times the tolerance" in outcome.err
        assert outcome.out == ""
    assert not (small / "new.onnx").exists()
    assert (small / "older.onnx").read_bytes() == b"older"
    assert not list(small.glob(".*.tmp"))


def test_a_run_from_another_folder(cli, run, small, monkeypatch, tmp_path_factory):
    """The data is not read: the run is enough."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (small / "table.csv").unlink()
    monkeypatch.chdir(elsewhere)
    assert cli("export", small / run, "-o", "model.onnx").code == 0
    assert (elsewhere / "model.onnx").is_file()


def test_a_run_with_data_outside(cli, small, tmp_path_factory):
    """What was allowed to train can be exported."""
    outside = tmp_path_factory.mktemp("outside") / "table.csv"
    outside.write_text((small / "table.csv").read_text())
    assert cli("train", "spec.yaml", "--set", f"data.path={outside}").code == 3
    assert cli("train", "spec.yaml", "--set", f"data.path={outside}", "--allow-outside").code == 0
    assert cli("export").code == 0


def test_a_run_split_by_a_column(cli, small):
    rows = [f"{row % 9}.5,red,{'big' if row % 9 > 4 else 'small'},{('train', 'test', 'validation')[row % 3]}" for row in range(60)]
    (small / "table.csv").write_text("\n".join(["size,colour,kind,part", *rows]) + "\n")
    assert cli("train", "spec.yaml", "--set", "data.split={column: part}").code == 0
    assert cli("evaluate").code == 0
    assert cli("export").code == 0


def test_a_run_with_a_file_for_each_part(cli, small):
    text = (small / "table.csv").read_text()
    (small / "test.csv").write_text(text)
    assert cli("train", "spec.yaml", "--set", "data={train: table.csv, test: test.csv}").code == 0
    assert cli("evaluate").code == 0
    assert cli("export").code == 0
