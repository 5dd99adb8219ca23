"""Every spec that is shipped, through the command line as its first lines say; the README's Python; the data's sources."""

import csv
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

import mlpspec
from mlpspec.cli.main import run
from mlpspec.language.reader import read

ROOT = Path(__file__).resolve().parents[1]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
DATA = ROOT / "examples" / "data"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The parts of the project that a person uses, in a folder of their own."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("specs", "examples", "schemas"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture
def command_line(clone, monkeypatch):
    """The command line, run in the clone within this process."""
    monkeypatch.chdir(clone)

    def call(*arguments):
        with pytest.raises(SystemExit) as stop:
            run(list(arguments))
        assert stop.value.code == 0

    return call


def header_command(spec):
    """The command in the comment lines that a spec begins with."""
    [command] = re.findall(r"^#   mlpspec (.*)$", spec.read_text(), re.MULTILINE)
    return command.split()


def table(path):
    """The rows of a CSV file."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def truth(name, column):
    return [row[column] for row in table(DATA / name)]


def share_right(rows, column, expected):
    return np.mean([row[column] == str(label) for row, label in zip(rows, expected, strict=True)])


def r2(rows, column, expected):
    """1 - squared error / squared deviation from the mean."""
    found, expected = np.array([float(row[column]) for row in rows]), np.array(expected, float)
    return 1 - ((found - expected) ** 2).sum() / ((expected - expected.mean()) ** 2).sum()


CHECKS = {
    "penguins": ("penguins.csv", lambda rows: share_right(rows, "species", truth("penguins.csv", "species")) > 0.97),
    "breast_cancer": ("breast_cancer.csv", lambda rows: share_right(rows, "diagnosis", truth("breast_cancer.csv", "diagnosis")) > 0.95),
    "digits": ("digits.npz", lambda rows: share_right(rows, "digit", np.load(DATA / "digits.npz")["y"]) > 0.96),
    "diabetes": ("diabetes.csv", lambda rows: r2(rows, "progression", truth("diabetes.csv", "progression")) > 0.4),
    "course": ("course.npz", lambda rows: r2(rows, "y_0", np.load(DATA / "course.npz")["y_0"]) > 0.999),
}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_spec(spec, clone, command_line):
    command = header_command(spec)
    assert command == ["train", f"specs/{spec.name}"]
    data, is_good = CHECKS[spec.stem]
    model, answers = f"runs/{spec.stem}/latest/model.onnx", f"{spec.stem}.answers.csv"
    command_line(*command)
    command_line("export", f"runs/{spec.stem}/latest")
    command_line("predict", model, f"examples/data/{data}", "-o", answers, "--device", "cpu")
    assert is_good(table(clone / answers))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_spec_names_the_schema_that_is_there(spec):
    [schema] = re.findall(r"^# yaml-language-server: \$schema=(.*)$", spec.read_text(), re.MULTILINE)
    assert (spec.parent / schema).is_file()


def test_readme_python_and_new_penguins(clone, command_line):
    snippets = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert snippets
    done = subprocess.run([sys.executable, "-c", "\n".join(snippets)], cwd=clone, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    command_line("predict", "penguins.onnx", "examples/data/penguins_new.csv", "-o", "new.csv", "--device", "cpu")
    rows = table(clone / "new.csv")
    assert [row["species"] for row in rows[:3]] == ["Adelie", "Gentoo", "Chinstrap"]
    assert len(rows) == 5  # also with missing values and an island that no training row has
    for row in rows:
        assert sum(float(value) for name, value in row.items() if name != "species") == pytest.approx(1, abs=1e-5)


def test_readme_errors_are_real(clone):
    done = subprocess.run([sys.executable, "-m", "mlpspec", "validate", "examples/bad.yaml"], cwd=clone, capture_output=True, text=True)
    assert done.returncode == 3
    assert textwrap.indent(done.stderr.strip(), "    ") in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("page", ["README.md", "docs/specs.md"])
def test_yaml_in_the_documentation(page):
    """Each snippet, completed to a whole spec, is valid."""
    snippets = re.findall(r"^```yaml\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    assert snippets
    for text in snippets:
        snippet = read(f"model:\n{text}" if text.startswith("- ") else text, page).data
        inputs = {"measurements": "numeric", "island": "category"}
        spec = {
            "mlpspec": 1,
            "vars": {"width": 64},
            "inputs": inputs,
            "targets": {"species": "category"},
            "model": [{"dense": 8}],
            **snippet,
        }
        answered = [layer["head"] for layer in spec["model"] if "head" in layer]
        heads = [{"head": target} for target in spec["targets"] if target not in answered]
        mlpspec.load({**spec, "model": [*spec["model"], *heads]}, allow_outside=True)


def test_data_is_scikit_learn_s():
    cancer, diabetes, digits = load_breast_cancer(), load_diabetes(scaled=False), load_digits()
    rows = np.genfromtxt(DATA / "breast_cancer.csv", delimiter=",", skip_header=1, usecols=range(30))
    assert np.array_equal(rows, cancer.data)
    assert truth("breast_cancer.csv", "diagnosis") == list(cancer.target_names[cancer.target])
    table = np.genfromtxt(DATA / "diabetes.csv", delimiter=",", skip_header=1)
    assert np.array_equal(table, np.column_stack([diabetes.data, diabetes.target]))
    arrays = np.load(DATA / "digits.npz")
    assert np.array_equal(arrays["x"], digits.images)
    assert np.array_equal(arrays["y"], digits.target)
