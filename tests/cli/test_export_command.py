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


def test_an_operator_set_and_a_setting(cli, run, small):
    assert cli("export", "-o", "older.onnx", "--opset", "17", "--set", "export.outputs=[label]").code == 0
    session = ort.InferenceSession(str(small / "older.onnx"), providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == ["kind"]
    assert "ONNX IR 10, ai.onnx.ml 4, ai.onnx 17" in cli("inspect", "older.onnx").out


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


LENIENT = ("--max-metric-drop", "1")


@pytest.mark.parametrize(
    ("flags", "method"), [(["fp16"], "fp16"), (["int8"], "int8 static"), (["int8", "--quantization", "dynamic"], "int8 dynamic")]
)
def test_another_precision(cli, run, small, flags, method):
    outcome = cli("export", "-o", "small.onnx", "--precision", *flags, *LENIENT)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].startswith("small.onnx: ")
    assert "proved on 12 rows" in lines[1]
    assert lines[1].endswith(" in fp32")
    assert "12 validation rows" in lines[3]
    assert lines[3].endswith(method)
    table = "\n".join(lines)
    for word in (
        "accuracy",
        "file, bytes",
        "network alone, bytes",
        "1 row, microseconds",
        "4,096 rows, rows/s",
        "weights converted",
        "other labels",
    ):
        assert word in table
    assert f"precision of the network: {method}" in cli("inspect", "small.onnx").out
    assert cli("predict", "small.onnx", "table.csv", "--device", "cpu").code == 0


def test_another_precision_as_json(cli, run):
    outcome = cli("export", "--precision", "int8", *LENIENT, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    found = json.loads(outcome.out)["result"]["proof"]["precision"]
    assert found["method"] == "int8 static"
    assert set(found) >= {"figures", "agreement", "edge_agreement", "bytes", "network_bytes", "speed", "weights", "converted_weights"}
    inspected = json.loads(cli("inspect", f"{run}/model.onnx", "--json").out)["result"]["card"]
    assert (inspected["precision"], inspected["quantization"]) == ("int8", "static")


def test_a_file_that_did_not_become_smaller_is_remarked(cli, run):
    outcome = cli("export", "--precision", "int8", *LENIENT)
    assert "the file is not smaller than in fp32" in outcome.err
    assert cli("export", "--precision", "int8", *LENIENT, "--quiet").err == ""


def test_the_precision_of_the_spec_and_the_flag_above_it(cli, small):
    (small / "spec.yaml").write_text((small / "spec.yaml").read_text() + "export: {precision: fp16, max_metric_drop: 1}\n")
    assert cli("train", "spec.yaml").code == 0
    assert cli("export", "-o", "model.onnx").code == 0
    assert "precision of the network: fp16\n" in cli("inspect", "model.onnx").out
    assert cli("export", "-o", "model.onnx", "--precision", "fp32").code == 0
    assert "precision of the network: fp32\n" in cli("inspect", "model.onnx").out


def test_a_drop_that_is_too_large(cli, run, small, monkeypatch):
    """Exit 7, every metric with its values and what to do, no file."""
    from mlpspec.exporting.precision import convert

    def zeroed(network, rows):
        for tensor in network.graph.initializer:
            if len(tensor.dims) == 2:
                tensor.raw_data = bytes(len(tensor.raw_data))
        return convert.to_float16(network)

    monkeypatch.setitem(convert.CONVERSIONS, "fp16", zeroed)
    outcome = cli("export", "-o", "new.onnx", "--precision", "fp16")
    assert (outcome.code, outcome.out) == (7, "")
    assert "error[metric-drop]: `accuracy` on the validation rows is " in outcome.err
    assert "and 0.01 is allowed" in outcome.err
    assert "`--max-metric-drop " in outcome.err
    assert not (small / "new.onnx").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--opset", "16"], 2, "16 is not in the range 17<=x<=21"),
        (["--precision", "int4"], 2, "is not one of 'fp32', 'fp16', 'bf16', 'int8'"),
        (["--quantization", "dynamic"], 2, "quantization is a choice at int8, and the precision is fp32"),
        (["--precision", "fp16", "--quantization", "static"], 2, "quantization is a choice at int8"),
        (["--precision", "fp16", "--max-metric-drop", "-0.1"], 2, "--max-metric-drop"),
        (["--precision", "fp16", "--max-metric-drop", "nan"], 3, "`max_metric_drop` must be a number"),
        (["--precision", "fp16", "--max-metric-drop", "much"], 2, "--max-metric-drop"),
    ],
)
def test_flags_that_are_wrong(cli, run, small, arguments, code, words):
    outcome = cli("export", "-o", "new.onnx", *arguments)
    assert outcome.code == code
    assert words in outcome.err
    assert not (small / "new.onnx").exists()


def test_another_precision_needs_the_data(cli, run, small):
    (small / "table.csv").write_text((small / "table.csv").read_text() + "1.5,red,small\n")
    outcome = cli("export", "--precision", "fp16")
    assert outcome.code == 4
    assert "the data has changed since the run was trained" in outcome.err
    (small / "table.csv").unlink()
    assert cli("export", "--precision", "fp16").code == 4
    assert cli("export").code == 0


def test_data_outside_needs_permission_again(cli, small, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "table.csv"
    outside.write_text((small / "table.csv").read_text())
    assert cli("train", "spec.yaml", "--set", f"data.path={outside}", "--allow-outside").code == 0
    assert cli("export", "--precision", "fp16", *LENIENT).code == 5
    assert cli("export", "--precision", "fp16", *LENIENT, "--allow-outside").code == 0


DROPPING = "model.0.dense.dropout=0.3"


@pytest.fixture
def dropping(cli, small):
    """A run with dropout, of a table that nobody can learn by heart."""
    random = np.random.default_rng(5)
    size = random.normal(0, 1, 400)
    kind = np.where(size + random.normal(0, 1, 400) > 0, "big", "small")
    rows = [f"{number:.4f},{('red', 'green')[row % 2]},{kind[row]}" for row, number in enumerate(size)]
    (small / "table.csv").write_text("\n".join(["size,colour,kind", *rows]) + "\n")
    return json.loads(cli("train", "spec.yaml", "--set", DROPPING, "--set", "training.epochs=12", "--json").out)["result"]["run"]


def header(cli, small, model):
    (small / "new.csv").write_text("size,colour\n1.5,red\n-0.5,green\n")
    assert cli("predict", model, "new.csv", "-o", "answers.csv", "--force").code == 0
    first, *rows = [line.split(",") for line in (small / "answers.csv").read_text().splitlines()]
    return first, [dict(zip(first, row, strict=True)) for row in rows]


def test_uncertainty(cli, dropping, small):
    outcome = cli("export", "--uncertainty", "mc_dropout", "--samples", "12", "-o", "unsure.onnx")
    assert outcome.code == 0, outcome.err
    assert "kind_deviation" in outcome.out
    columns, rows = header(cli, small, "unsure.onnx")
    assert columns == [
        *("kind", "kind_probability_big", "kind_probability_small", "kind_deviation_big", "kind_deviation_small"),
        *("kind_entropy_total", "kind_entropy_model"),
    ]
    for row in rows:
        assert 0 < float(row["kind_deviation_big"]) < 0.5
        assert 0 <= float(row["kind_entropy_model"]) < float(row["kind_entropy_total"]) <= np.log(2) + 1e-6
    assert "every answer is the mean of 12 samples" in cli("inspect", "unsure.onnx").out
    spec = cli("inspect", "unsure.onnx", "--spec").out
    assert "samples: 12" in spec, "the file's spec says how the file was made"


def test_the_same_bytes_again(cli, dropping, small):
    for name in ("one.onnx", "two.onnx"):
        assert cli("export", "--samples", "5", "--calibrate", "temperature", "-o", name).code == 0
    assert (small / "one.onnx").read_bytes() == (small / "two.onnx").read_bytes()


def test_temperature(cli, dropping, small):
    plain = cli("export", "-o", "plain.onnx")
    outcome = cli("export", "--calibrate", "temperature", "-o", "fitted.onnx")
    assert (plain.code, outcome.code) == (0, 0), outcome.err
    [line] = [line for line in outcome.out.splitlines() if line.startswith("kind: temperature ")]
    assert "fitted on 80 validation rows: log loss " in line
    found = json.loads(cli("export", "--calibrate", "temperature", "-o", "fitted.onnx", "--json").out)["result"]["proof"]["calibration"]
    assert found["kind"]["log_loss"]["after"] <= found["kind"]["log_loss"]["before"]
    assert found["kind"]["labels_changed"] == 0
    assert json.loads((small / dropping / "proof.json").read_text())["calibration"] == found
    card = json.loads(cli("inspect", "fitted.onnx", "--json").out)["result"]["card"]
    assert card["run"]["proof"]["calibration"] == found
    before, after = (header(cli, small, name)[1] for name in ("plain.onnx", "fitted.onnx"))
    for one, other in zip(before, after, strict=True):
        assert one["kind"] == other["kind"]
        logits = [np.log(float(row["kind_probability_big"]) / float(row["kind_probability_small"])) for row in (one, other)]
        assert logits[0] / logits[1] == pytest.approx(found["kind"]["temperature"], rel=1e-3)


def test_what_the_spec_asks_for_can_be_left_out(cli, dropping, small):
    asked = ["export.uncertainty=mc_dropout", "export.calibrate=temperature"]
    assert cli("train", "spec.yaml", "--set", DROPPING, "--set", asked[0], "--set", asked[1]).code == 0
    assert cli("export", "-o", "asked.onnx").code == 0
    assert "kind_deviation_big" in header(cli, small, "asked.onnx")[0]
    assert cli("export", "-o", "plain.onnx", "--uncertainty", "none", "--calibrate", "none").code == 0
    assert "kind_deviation_big" not in header(cli, small, "plain.onnx")[0]
    assert cli("evaluate").code == 0, "which measures the plain network"


def test_a_network_without_dropout(cli, run, small):
    outcome = cli("export", "--uncertainty", "mc_dropout")
    assert outcome.code == 3
    assert "[no-dropout]" in outcome.err
    assert "add `dropout: 0.1`" in outcome.err
    assert not (small / run / "model.onnx").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--uncertainty", "none", "--samples", "4"], 2, "`--samples`"),
        (["--samples", "1"], 2, "2<=x<=1000"),
        (["--set", "model.0.dense.units=3"], 2, "not a setting of the export"),
        (["--uncertainty", "ensemble"], 2, "mc_dropout"),
    ],
)
def test_what_cannot_be_asked_for(cli, run, small, arguments, code, words):
    outcome = cli("export", *arguments)
    assert outcome.code == code
    assert words in outcome.err
    assert not (small / run / "model.onnx").exists()


def test_calibrating_needs_the_data_as_it_was(cli, dropping, small):
    with (small / "table.csv").open("a") as file:
        file.write("0.5,red,big\n")
    outcome = cli("export", "--calibrate", "temperature")
    assert outcome.code == 4
    assert "the data has changed" in outcome.err
    assert cli("export").code == 0


def test_calibrating_rows_that_are_all_answered_rightly(cli, small):
    rows = [f"{row % 10},red,{'big' if row % 10 > 4 else 'small'}" for row in range(100)]
    (small / "table.csv").write_text("\n".join(["size,colour,kind", *rows]) + "\n")
    settings = ["--set", "training.epochs=60", "--set", "training.optimizer={adam: 0.05}"]
    assert cli("train", "spec.yaml", *settings).code == 0
    outcome = cli("export", "--calibrate", "temperature")
    assert outcome.code == 4
    assert "[no-temperature]" in outcome.err
    assert "more confidence is always better" in outcome.err


@pytest.mark.parametrize("precision", ["fp16", "bf16", "int8"])
def test_uncertainty_at_another_precision(cli, dropping, small, precision):
    """The converted network answers as often, and its figures are those of the means."""
    flags = ("--samples", "6", "--calibrate", "temperature", "--precision", precision, *LENIENT)
    outcome = cli("export", "-o", "both.onnx", *flags, "--json")
    assert outcome.code == 0, outcome.err
    proof = json.loads(outcome.out)["result"]["proof"]
    assert set(proof["precision"]["figures"]) >= {"accuracy"}
    assert proof["precision"]["agreement"]["max_absolute"]["kind_deviation"] < 0.1
    assert proof["calibration"]["kind"]["rows"] == 80
    columns, rows = header(cli, small, "both.onnx")
    assert "kind_deviation_big" in columns
    assert all(0 < float(row["kind_deviation_big"]) < 0.5 for row in rows)
    cli("export", "-o", "plain.onnx", "--samples", "6", "--calibrate", "temperature")
    for one, other in zip(rows, header(cli, small, "plain.onnx")[1], strict=True):
        assert float(one["kind_probability_big"]) == pytest.approx(float(other["kind_probability_big"]), abs=0.05)
        assert float(one["kind_deviation_big"]) == pytest.approx(float(other["kind_deviation_big"]), abs=0.05)


def test_an_ensemble_of_folds(cli, small):
    run = json.loads(cli("train", "spec.yaml", "--folds", "2", "--json").out)["result"]["run"]
    refused = cli("export", run)
    assert refused.code == 2
    assert "name one of its folds" in refused.err
    assert "mlpspec export --ensemble" in refused.err
    found = json.loads(cli("export", run, "--ensemble", "--json", "-o", "all.onnx").out)["result"]
    assert found["path"] == "all.onnx"
    assert found["proof"]["worst"]["kind_probability"] <= 1
    assert cli("predict", "all.onnx", "table.csv").out.splitlines()[0] == "kind,kind_probability_big,kind_probability_small"
    assert cli("inspect", "all.onnx").code == 0
    assert cli("export", f"{run}/folds/1", "--ensemble").code == 2
