import json
from xml.etree import ElementTree


def test_a_model_is_timed_and_drawn(cli, small):
    assert cli("train", "spec.yaml", "-q").code == 0
    assert cli("export", "-o", "model.onnx").code == 0
    setting = ("--device", "cpu", "--batch", 8, "--batch", 1, "--threads", 1, "--seconds", 0)
    found = cli("benchmark", "model.onnx", *setting, "--plot", "speed.svg", "--json")
    assert found.code == 0, found.err
    timings = json.loads(found.out)["result"]["timings"]
    assert [(t["what"], t["device"], t["threads"], t["rows"]) for t in timings] == [
        (what, "cpu", 1, rows) for rows in (1, 8) for what in ("onnxruntime", "Predictor.run")
    ]
    assert all(t["p99_seconds"] >= t["p50_seconds"] > 0 for t in timings)
    assert ElementTree.parse(small / "speed.svg").getroot().tag.endswith("svg")


def test_the_torch_module_is_timed_beside_it(cli, small):
    cli("train", "spec.yaml", "-q")
    cli("export", "-o", "model.onnx")
    found = cli("benchmark", "model.onnx", "--device", "cpu", "--batch", 4, "--seconds", 0, "--run", "runs/small/latest")
    assert found.code == 0, found.err
    assert [line.split()[2] for line in found.out.splitlines()[1:]] == ["onnxruntime", "Predictor.run", "torch"]
    assert "3 measurements" in found.err


def test_a_picture_is_svg(cli, small):
    (small / "model.onnx").write_text("")
    found = cli("benchmark", "model.onnx", "--plot", "speed.png")
    assert (found.code, "--plot writes SVG, not .png" in found.err) == (2, True)


def test_a_file_that_is_no_model(cli, small):
    (small / "model.onnx").write_text("hello")
    assert cli("benchmark", "model.onnx").code == 5
    assert cli("benchmark", "nothing.onnx").code == 2
