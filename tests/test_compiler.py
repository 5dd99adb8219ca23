import subprocess
import sys

import pytest

import mlpspec
from mlpspec.compiler import load, loads
from mlpspec.diagnostics import SpecError

VALID = "mlpspec: 1\ninputs: {x: {numeric: [a]}}\ntargets: {y: category}\nmodel: [{dense: 8}, {head: y}]\n"


def test_a_mapping_is_a_spec_too():
    data = {"mlpspec": 1, "inputs": {"x": {"numeric": ["a"]}}, "targets": {"y": "category"}, "model": [{"dense": 8}, {"head": "y"}]}
    assert mlpspec.load(data).spec.model[0].units == 8


def test_a_spec_is_called_by_its_file_unless_it_has_a_name(tmp_path):
    (tmp_path / "my-net.yaml").write_text(VALID)
    assert load(tmp_path / "my-net.yaml").spec.name == "my-net"
    assert loads(VALID + "name: other\n").spec.name == "other"


def test_settings_and_variables_reach_the_spec():
    document = loads(VALID.replace("dense: 8", "dense: $width") + "vars: {width: 3}\n", settings=["vars.width=5", "training.epochs=2"])
    assert document.spec.model[0].units == 5
    assert document.spec.training.epochs == 2


def test_phases_stop_between_each_other():
    """A name error hides no follow-on shape errors: only the first phase's findings are shown."""
    with pytest.raises(SpecError) as error:
        loads(VALID.replace("dense: 8", "dense: {units: 8, from: nowhere}"))
    assert {d.code for d in error.value.diagnostics} == {"unknown-source"}


@pytest.mark.parametrize(
    "statement",
    ["import mlpspec", "from mlpspec.cli.main import run; run(['--help'])", "from mlpspec.cli.main import run; run(['schema'])"],
)
def test_cheap_things_import_nothing_heavy(statement):
    heavy = ["torch", "onnx", "onnxruntime", "polars", "pandas", "pyarrow"]
    code = f"import sys, atexit\natexit.register(lambda: sys.stderr.write(','.join(m for m in {heavy} if m in sys.modules)))\n{statement}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_validate_in_a_fresh_interpreter_needs_no_torch(tmp_path):
    (tmp_path / "spec.yaml").write_text(VALID.replace("dense", "densse"))
    code = (
        "import sys\nfrom mlpspec.cli.main import run\n"
        "try: run(['validate', 'spec.yaml'])\n"
        "except SystemExit as stop:\n"
        " print(stop.code, sorted(m for m in ('torch', 'onnx', 'onnxruntime', 'polars', 'numpy') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout == "3 []\n"
    assert "Traceback" not in done.stderr
