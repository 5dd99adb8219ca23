"""Faults of model files, of the machine and of data for predictions, through the real command line."""

import pickle
import shutil

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with model.onnx, exported from the small spec."""
    import mlpspec

    folder = tmp_path_factory.mktemp("trained")
    size = np.arange(80, dtype=float) % 10
    colour = np.array(["red", "green", "blue", "red"] * 20, object)
    kind = np.where(size > 4, "big", "small").astype(object)
    spec = mlpspec.load(
        {
            "mlpspec": 1,
            "name": "small",
            "inputs": {"size": "numeric", "colour": "category"},
            "targets": {"kind": "category"},
            "model": [{"dense": 8}, {"head": "kind"}],
            "training": {"epochs": 2},
        }
    )
    run = mlpspec.train(spec, frame={"size": size, "colour": colour, "kind": kind}, runs=folder / "runs")
    mlpspec.export(run, folder / "model.onnx")
    mlpspec.export(run, folder / "again.onnx")  # the name means the function also after its package is imported
    return folder


@pytest.fixture
def here(trained, tmp_path):
    """A folder of the test's own with model.onnx and rows.csv."""
    shutil.copy(trained / "model.onnx", tmp_path)
    (tmp_path / "rows.csv").write_text("size,colour\n1,red\n8,blue\n")
    return tmp_path


def test_answers_equal_those_of_plain_onnxruntime(cli, here):
    """The file alone takes raw columns, empty texts and NaN among them."""
    import onnxruntime

    (here / "rows.csv").write_text("size,colour\n1,red\n8,blue\n3,mauve\n")
    assert cli("predict", "model.onnx", "rows.csv", "-o", "answers.csv").code == 0
    lines = [line.split(",") for line in (here / "answers.csv").read_text().splitlines()]
    session = onnxruntime.InferenceSession(here / "model.onnx", providers=["CPUExecutionProvider"])
    size, colour = np.array([[1], [8], [3]], np.float32), np.array([["red"], ["blue"], ["mauve"]], object)
    labels, probability = session.run(["kind", "kind_probability"], {"size": size, "colour": colour})
    assert lines[0] == ["kind", "kind_probability_big", "kind_probability_small"]
    assert [line[0] for line in lines[1:]] == labels.tolist()
    np.testing.assert_allclose(np.array([line[1:] for line in lines[1:]], float), probability, rtol=1e-6)
    labels, _ = session.run(None, {"size": np.array([[np.nan]], np.float32), "colour": np.array([[""]], object)})
    assert labels[0] in ("big", "small")


def _foreign(name):
    node = helper.make_node("Relu" if name != "unknown operator" else "Reluu", ["x"], ["y"])
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", 2]) for n in "xy"]
    graph = helper.make_graph([node], "g", value[:1], value[1:])
    opset = 99 if name == "opset 99" else 20
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=99 if name == "IR 99" else 10)
    return model.SerializeToString()


DAMAGES = {
    "truncated": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "garbage": lambda data: b"\x07garbage" * 99,
    "a pickle": lambda data: pickle.dumps({"a": 1}),
    "a zip": lambda data: b"PK\x03\x04" + data,
    "HDF5": lambda data: b"\x89HDF\r\n\x1a\n" + data,
    "text": lambda data: b"hello\n" * 9,
    "IR 99": lambda data: _foreign("IR 99"),
    "opset 99": lambda data: _foreign("opset 99"),
    "unknown operator": lambda data: _foreign("unknown operator"),
    "not ours": lambda data: _foreign("plain"),
    "external data": lambda data: _external(data),
}


def _external(data):
    model = onnx.load_from_string(data)
    tensor = next(t for t in model.graph.initializer if t.data_type == TensorProto.FLOAT)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../../etc/passwd"
    return model.SerializeToString()


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_and_foreign_models_are_refused(damage, cli, here):
    """Rows M5 and M6."""
    (here / "model.onnx").write_bytes(DAMAGES[damage]((here / "model.onnx").read_bytes()))
    before = set(here.iterdir())
    outcome = cli("predict", "model.onnx", "rows.csv", "-o", "answers.csv")
    assert outcome.code == 5, outcome.err
    assert "model.onnx" in outcome.err
    assert set(here.iterdir()) == before


FAULTS = {
    "column missing": ("size\n1\n", "colour"),
    "column in other case": ("Size,colour\n1,red\n", "Size"),
    "text among numbers": ("size,colour\n1,red\ntall,red\n", "tall"),
    "missing number": ("size,colour\n,red\n", "size"),
    "missing category": ("size,colour\n1,\n", "colour"),
    "ragged": ("size,colour\n1,red\n2\n", ":3"),
    "wrong separator": ("size;colour\n1;red\n", "separat"),
    "infinite": ("size,colour\ninf,red\n", "inf"),
    "no header": ("", "empty"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_rows_that_do_not_fit_are_refused(fault, cli, here):
    content, words = FAULTS[fault]
    (here / "rows.csv").write_text(content)
    outcome = cli("predict", "model.onnx", "rows.csv", "-o", "answers.csv")
    assert outcome.code == 4, outcome.err
    assert words in outcome.err
    assert not (here / "answers.csv").exists()


def test_no_rows_give_a_header(cli, here):
    """Row D20."""
    (here / "rows.csv").write_text("size,colour\n")
    assert cli("predict", "model.onnx", "rows.csv", "-o", "answers.csv").code == 0
    assert (here / "answers.csv").read_text() == "kind,kind_probability_big,kind_probability_small\n"


def test_a_gpu_asked_for_by_name_is_never_the_cpu(cli, here):
    """Row R6, on a machine without one."""
    from mlpspec.runtime.cuda import cuda_problem

    if not cuda_problem():
        pytest.skip("this machine has a GPU that works")
    outcome = cli("predict", "model.onnx", "rows.csv", "--device", "cuda", "-o", "answers.csv")
    assert outcome.code == 6
    assert "[no-gpu]" in outcome.err
    assert "help: " in outcome.err
    assert not (here / "answers.csv").exists()


def test_auto_says_which_device_it_took_and_why(cli, here):
    outcome = cli("predict", "model.onnx", "rows.csv", "-o", "answers.csv")
    assert "running on " in outcome.err


@pytest.mark.parametrize("target", ["nowhere/answers.csv", "rows.csv/answers.csv", "folder"])
def test_places_that_cannot_be_written_are_said(target, cli, here):
    """Row R4."""
    (here / "folder").mkdir()
    outcome = cli("predict", "model.onnx", "rows.csv", "-o", target, "--force")
    assert outcome.code in (2, 6), outcome.err
    assert target.split("/")[-1] in outcome.err


def test_answers_are_not_overwritten_without_force(cli, here):
    (here / "answers.csv").write_text("mine\n")
    assert cli("predict", "model.onnx", "rows.csv", "-o", "answers.csv").code == 2
    assert (here / "answers.csv").read_text() == "mine\n"
    assert cli("predict", "model.onnx", "rows.csv", "-o", "answers.csv", "--force").code == 0


def test_inspect_tells_what_a_file_is(cli, here):
    outcome = cli("inspect", "model.onnx")
    assert outcome.code == 0
    assert "answers kind: category of big, small" in outcome.out
    assert cli("inspect", "model.onnx", "--spec").out.startswith("mlpspec: 1")


def test_doctor_examines_the_machine(cli):
    outcome = cli("doctor")
    assert outcome.code in (0, 6)
    assert "ONNX Runtime" in outcome.out
