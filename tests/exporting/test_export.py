"""From a run folder to a file, and that file without mlpspec."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from mlpspec.diagnostics import CheckError, MachineError
from mlpspec.exporting.export import export

TEXT = """\
mlpspec: 1
name: small
seed: 5
data: {path: table.csv}
inputs:
  size: {numeric: {missing: mean}}
  colour: {category: {missing: unknown}}
targets: {kind: category}
model:
  - dense: {units: 5, activation: relu, batchnorm: true, dropout: 0.2}
  - head: kind
training: {epochs: 4, batch_size: 16, optimizer: {adam: 0.05}}
"""


@pytest.fixture(scope="module", autouse=True)
def speed_measured_briefly():
    """What is looked at here is not how fast a model is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlpspec.exporting.precision.speed.SECONDS", 0.01)
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from mlpspec.compiler import loads
    from mlpspec.training.train import train

    folder = tmp_path_factory.mktemp("export")
    rows = [
        f"{'' if row % 9 == 0 else f'{row % 10}.5'},{('red', 'green', '')[row % 3]},{'big' if row % 10 > 4 else 'small'}"
        for row in range(90)
    ]
    (folder / "table.csv").write_text("\n".join(["size,colour,kind", *rows]) + "\n")
    return train(loads(TEXT, folder=folder), runs=folder / "runs").folder


@pytest.fixture(scope="module")
def exported(run):
    return export(run)


def test_the_result_describes_the_file(run, exported):
    import hashlib

    data = exported.path.read_bytes()
    assert exported.path == run.path / "model.onnx"
    assert (exported.bytes, exported.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert exported.nodes == len(onnx.load_from_string(data).graph.node)
    assert exported.proof["rows"] == 14
    assert json.loads((run.path / "proof.json").read_text()) == exported.proof


def test_exporting_twice_gives_the_same_bytes(run, exported, tmp_path):
    again = export(run, tmp_path / "again.onnx")
    assert again.path.read_bytes() == exported.path.read_bytes()


def test_the_file_says_where_it_comes_from(run, exported):
    props = {prop.key: prop.value for prop in onnx.load(exported.path).metadata_props}
    assert props["mlpspec.spec"] == run.resolved_spec()
    card = json.loads(props["mlpspec.run"])
    info = run.info()
    assert card["figures"] == info["figures"]
    assert card["data"] == info["data"]
    assert card["versions"] == info["versions"]
    assert card["proof"]["rows"] == 14


def test_no_path_of_this_machine_is_in_the_file(run, exported):
    data = exported.path.read_bytes()
    places = [str(run.path.parents[2]), str(Path.home()), sys.prefix, str(Path(__file__).parents[2])]
    for place in (*places, "stack_trace", "site-packages", "/tmp"):
        assert place.encode() not in data, place


BARE = """
import sys
for name in ("mlpspec", "torch", "onnx", "onnxscript"):
    sys.modules[name] = None
import json
import numpy as np
import onnxruntime as ort
session = ort.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
size = np.array([[1.5], [8.5], [np.nan], [-1e4], [2.5], [7.0]], np.float32)
colour = np.array([["red"], ["green"], [""], ["never seen"], ["\\u2060"], ["green"]], object)
labels, probability = session.run(["kind", "kind_probability"], {"size": size, "colour": colour})
print(json.dumps([labels.tolist(), probability.tolist()]))
"""


def test_the_file_alone_is_the_whole_model(run, exported):
    """Loaded by ONNX Runtime in a process that has neither mlpspec nor torch, and compared with the formulas in float64."""
    done = subprocess.run([sys.executable, "-c", BARE, str(exported.path)], capture_output=True, text=True, check=True)
    labels, probability = json.loads(done.stdout)

    table = [line.split(",") for line in (run.path.parents[2] / "table.csv").read_text().splitlines()[1:]]
    from mlpspec.compiler import loads
    from mlpspec.data.load import load_dataset

    spec = loads(TEXT).spec
    training = load_dataset(spec.data, spec.inputs, spec.targets, folder=run.path.parents[2], seed=spec.seed).parts["train"].index
    sizes = np.array([float(table[row][0] or "nan") for row in training])
    mean = np.nanmean(sizes)
    filled = np.where(np.isnan(sizes), mean, sizes)

    from safetensors.numpy import load_file

    weights = {
        name: tensor.astype(np.float64)
        for name, tensor in load_file(
            run.path / "checkpoints" / (run.path / "checkpoints" / "best").read_text().strip() / "model.safetensors"
        ).items()
    }
    size = np.array([1.5, 8.5, mean, -1e4, 2.5, 7.0])
    colours = ["red", "green", "", "never seen", "\u2060", "green"]
    one_hot = np.array([[colour == "green", colour == "red"] for colour in colours], float)
    features = np.column_stack([(size - filled.mean()) / filled.std(), one_hot])
    prefix = "dense_1"
    hidden = features @ weights[f"{prefix}.linear.weight"].T + weights.get(f"{prefix}.linear.bias", 0.0)
    normed = (hidden - weights[f"{prefix}.batchnorm.running_mean"]) / np.sqrt(weights[f"{prefix}.batchnorm.running_var"] + 1e-5)
    hidden = np.maximum(0, normed * weights[f"{prefix}.batchnorm.weight"] + weights[f"{prefix}.batchnorm.bias"])
    logits = hidden @ weights["head_kind.weight"].T + weights["head_kind.bias"]
    powers = np.exp(logits - logits.max(1, keepdims=True))
    expected = powers / powers.sum(1, keepdims=True)
    np.testing.assert_allclose(probability, expected, rtol=1e-4, atol=1e-5)
    assert labels == [["big", "small"][number] for number in expected.argmax(1)]


def poisoned(model, *_, **__):
    """An assembled model with one weight changed."""
    [tensor] = [tensor for tensor in model.graph.initializer if tensor.name == "head_kind.bias"]
    values = numpy_helper.to_array(tensor).copy()
    values[0] += 0.01
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    return model


@pytest.fixture
def differing(monkeypatch):
    from mlpspec.exporting import assemble as module

    real = module.assemble
    monkeypatch.setattr(module, "assemble", lambda *arguments: poisoned(real(*arguments)))


def test_a_model_that_differs_leaves_no_file(run, differing, tmp_path):
    """Design, section 5: refuse to leave a file that differs."""
    with pytest.raises(CheckError) as error:
        export(run, tmp_path / "model.onnx")
    assert error.value.exit_code == 7
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_differs_leaves_the_older_file(run, differing, tmp_path, exported):
    proof = (run.path / "proof.json").read_bytes()
    (tmp_path / "model.onnx").write_bytes(b"older")
    with pytest.raises(CheckError):
        export(run, tmp_path / "model.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    assert (tmp_path / "model.onnx").read_bytes() == b"older"
    assert (run.path / "proof.json").read_bytes() == proof


def test_the_place_is_looked_at_before_the_work_begins(run, tmp_path, monkeypatch):
    from mlpspec.exporting import verify

    monkeypatch.setattr(verify, "prove", lambda *_: pytest.fail("proved a model that cannot be written"))
    with pytest.raises(MachineError):
        export(run, tmp_path / "nowhere" / "model.onnx")
    with pytest.raises(MachineError):
        export(run, tmp_path)


def test_at_fp32_the_proof_says_nothing_of_precision(exported):
    assert "precision" not in exported.proof
    assert json.loads(props_of(exported)["mlpspec.model"])["precision"] == "fp32"


def props_of(exported):
    return {prop.key: prop.value for prop in onnx.load(exported.path).metadata_props}


METHODS = {
    "fp16": ["export.precision=fp16"],
    "bf16": ["export.precision=bf16"],
    "int8 static": ["export.precision=int8"],
    "int8 dynamic": ["export.precision=int8", "export.quantization=dynamic"],
}
LENIENT = "export.max_metric_drop=1"


@pytest.fixture(scope="module", params=METHODS)
def lowered(request, run, tmp_path_factory):
    """The method and the export by it."""
    path = tmp_path_factory.mktemp("lowered") / "model.onnx"
    return request.param, export(run, path, settings=[*METHODS[request.param], LENIENT])


def test_another_precision_says_what_it_costs(run, lowered):
    method, exported = lowered
    found = exported.proof["precision"]
    assert found["method"] == method
    assert found["part"] == "validation"
    assert found["rows"] == run.info()["rows"]["validation"]
    figures = run.info()["figures"]["validation"]
    assert {name: change["before"] for name, change in found["figures"].items()} == pytest.approx(
        {name: figures[name] for name in ("accuracy", "f1")}, rel=1e-6
    )
    assert found["bytes"][method.split()[0]] == exported.bytes == exported.path.stat().st_size
    assert json.loads((run.path / "proof.json").read_text())["rows"] == 14

    props = props_of(exported)
    card, said = json.loads(props["mlpspec.model"]), json.loads(props["mlpspec.run"])["proof"]["precision"]
    assert (card["precision"], card["quantization"]) == (method.split()[0], method.split()[1] if " " in method else None)
    assert said == {name: value for name, value in found.items() if name not in ("bytes", "speed")}


def test_another_precision_is_legal_clean_and_runs(run, lowered):
    import onnxruntime as ort

    _, exported = lowered
    model = onnx.load(exported.path)
    onnx.checker.check_model(model, full_check=True)
    assert sorted(entry.domain for entry in model.opset_import) == ["", "ai.onnx.ml"]
    data = exported.path.read_bytes()
    places = [str(run.path.parents[2]), str(Path.home()), sys.prefix, str(Path(__file__).parents[2])]
    for place in (*places, "/tmp", "ort.quant", "mlpspec-", "site-packages"):
        assert place.encode() not in data, place
    session = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    inputs = {value.name: value.type for value in session.get_inputs()}
    assert inputs == {"size": "tensor(float)", "colour": "tensor(string)"}
    assert {value.name: value.type for value in session.get_outputs()} == {"kind": "tensor(string)", "kind_probability": "tensor(float)"}
    for rows in (1, 2, 7, 257):
        size, colour = np.full((rows, 1), 8.5, np.float32), np.full((rows, 1), "red", object)
        labels, probability = session.run(["kind", "kind_probability"], {"size": size, "colour": colour})
        assert np.asarray(labels).shape == (rows,)
        np.testing.assert_allclose(np.asarray(probability).sum(1), 1, rtol=1e-5)


AGAIN = """
import sys
from pathlib import Path
from mlpspec.exporting.export import export
from mlpspec.exporting.precision import speed
from mlpspec.training.run_folder import RunFolder
speed.SECONDS = 0.01
run, folder = RunFolder.open(sys.argv[1]), Path(sys.argv[2])
for number, settings in enumerate(sys.argv[3:]):
    export(run, folder / f"{number}.onnx", settings=settings.split("|") if settings else [])
"""


@pytest.fixture(scope="module")
def again(run, tmp_path_factory):
    """The model at every precision, exported in another process, whose sets have another order."""
    folder = tmp_path_factory.mktemp("again")
    every = ["", *("|".join([*settings, LENIENT]) for settings in METHODS.values())]
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    command = [sys.executable, "-c", AGAIN, str(run.path), str(folder), *every]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert (done.stdout, done.stderr) == ("", "")
    return {method: folder / f"{number}.onnx" for number, method in enumerate(["fp32", *METHODS])}


def test_the_bytes_do_not_depend_on_the_process(exported, again):
    """Sets have another order in every process: nothing in the file follows it."""
    assert again["fp32"].read_bytes() == exported.path.read_bytes()


def test_exporting_twice_gives_the_same_bytes_at_every_precision(lowered, again):
    method, exported = lowered
    assert again[method].read_bytes() == exported.path.read_bytes()


def test_a_precision_that_loses_too_much_leaves_no_file(run, tmp_path, monkeypatch):
    from mlpspec.exporting.precision import convert

    def emptied(network, rows):
        for tensor in network.graph.initializer:
            if len(tensor.dims) == 2:
                tensor.CopyFrom(numpy_helper.from_array(np.zeros(tensor.dims, np.float16).astype(np.float32), tensor.name))
        return convert.to_bfloat16(network)

    monkeypatch.setitem(convert.CONVERSIONS, "bf16", emptied)
    (tmp_path / "model.onnx").write_bytes(b"older")
    proof = (run.path / "proof.json").read_bytes() if (run.path / "proof.json").exists() else None
    for name in ("model.onnx", "new.onnx"):
        with pytest.raises(CheckError) as error:
            export(run, tmp_path / name, settings=["export.precision=bf16"])
        assert error.value.exit_code == 7
        assert {diagnostic.code for diagnostic in error.value.diagnostics} == {"metric-drop"}
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    assert (tmp_path / "model.onnx").read_bytes() == b"older"
    assert ((run.path / "proof.json").read_bytes() if proof is not None else None) == proof


def test_a_float32_model_that_differs_is_never_converted(run, tmp_path, differing):
    with pytest.raises(CheckError) as error:
        export(run, tmp_path / "model.onnx", settings=["export.precision=int8"])
    assert {diagnostic.code for diagnostic in error.value.diagnostics} == {"parity"}


def test_a_run_on_rows_from_memory_needs_them_again(tmp_path):
    from mlpspec.compiler import loads
    from mlpspec.diagnostics import DataError
    from mlpspec.training.train import train

    number = np.arange(90)
    frame = {
        "size": number % 10 + 0.5,
        "colour": np.array(["red", "green", "blue"])[number % 3],
        "kind": np.where(number % 10 > 4, "big", "small"),
    }
    run = train(loads(TEXT.replace("data: {path: table.csv}\n", "")), frame=frame, runs=tmp_path / "runs").folder
    settings = ["export.precision=fp16", LENIENT]
    with pytest.raises(DataError, match="names no training data"):
        export(run, settings=settings)
    assert export(run, settings=settings, frame=frame).proof["precision"]["method"] == "fp16"


def test_names_of_inputs_that_a_library_would_use(tmp_path):
    """Valid names in a spec that the conversion gives to its own values."""
    from mlpspec.compiler import loads
    from mlpspec.training.train import train

    text = """\
mlpspec: 1
name: names
data: {path: table.csv}
inputs:
  graph_input_cast_0: {numeric: a}
  head_graph_output_cast_0.weight_quantized: {numeric: b}
  head_graph_output_cast_0.weight: {numeric: c}
targets: {graph_output_cast_0: {category: {column: kind}}}
model: [{head: graph_output_cast_0}]
training: {epochs: 2}
"""
    rows = [f"{row % 7},{row % 5},{row % 3},{'x' if row % 7 > 3 else 'y'}" for row in range(60)]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,c,kind", *rows]) + "\n")
    run = train(loads(text, folder=tmp_path), runs=tmp_path / "runs").folder
    for method, settings in METHODS.items():
        made = export(run, tmp_path / f"{method}.onnx", settings=[*settings, LENIENT])
        model = onnx.load(made.path)
        names = [value.name for value in model.graph.input] + [tensor.name for tensor in model.graph.initializer]
        names += [name for node in model.graph.node for name in node.output]
        assert len(set(names)) == len(names)


ABSOLUTE = TEXT.replace("data: {path: table.csv}", "vars: {rows: PLACE/table.csv}\ndata: {train: $rows, validation: PLACE/more/table.csv}")


def test_an_absolute_path_of_the_data_is_not_in_the_file(run, tmp_path):
    """Allowed with `--allow-outside`, it would tell where the data lies on this machine."""
    from mlpspec.compiler import loads
    from mlpspec.training.train import train

    table = (run.path.parents[2] / "table.csv").read_text()
    (tmp_path / "more").mkdir()
    for name in ("table.csv", "more/table.csv"):
        (tmp_path / name).write_text(table)
    document = loads(ABSOLUTE.replace("PLACE", str(tmp_path)), folder=tmp_path, allow_outside=True)
    path = export(train(document, runs=tmp_path / "runs").folder).path
    assert str(tmp_path).encode() not in path.read_bytes()
    props = {prop.key: prop.value for prop in onnx.load(path).metadata_props}
    spec = loads(props["mlpspec.spec"]).spec
    assert (spec.data.train, spec.data.validation) == (f"{tmp_path.name}/table.csv", "more/table.csv")
    assert list(json.loads(props["mlpspec.run"])["data"]) == [f"{tmp_path.name}/table.csv", "more/table.csv"]
