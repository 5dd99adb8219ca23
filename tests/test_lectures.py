"""The experiments of the lectures: their specs are valid, the runner measures what it says, and the claims are as the README tells."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import mlpspec

LECTURES = Path(__file__).resolve().parents[1] / "examples" / "lectures"
SPECS = sorted(LECTURES.glob("*/*.yaml"))

DID_NOT_HOLD = {
    "at half the steps triangular2 is more accurate than the decay by more than two standard errors",
    "512 are enough: the error is below a twentieth of the curve's own deviation",
    "and do better than one wide layer with as many weights, by more than two standard errors",
}


@pytest.fixture(scope="module")
def lectures():
    """The runner, imported as its command does it."""
    sys.path.insert(0, str(LECTURES))
    try:
        import run

        yield run
    finally:
        sys.path.remove(str(LECTURES))
        for name in [name for name in sys.modules if name == "run" or name.split(".")[0] == "runner"]:
            del sys.modules[name]


def topic_names():
    return re.findall(r"^## `(\w+)`", (LECTURES / "README.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_spec_is_valid(spec):
    assert mlpspec.load(spec, allow_outside=True).spec.name == spec.stem
    [schema] = re.findall(r"^# yaml-language-server: \$schema=(.*)$", spec.read_text(), re.MULTILINE)
    assert (spec.parent / schema).is_file()


def test_every_variant_is_valid(lectures):
    for topic in lectures.TOPICS.values():
        for settings in topic.variants.values():
            mlpspec.load(LECTURES / topic.spec, settings=settings, allow_outside=True)


def test_readme_tells_every_topic(lectures):
    text = (LECTURES / "README.md").read_text()
    assert topic_names() == list(lectures.TOPICS)
    for name in lectures.TOPICS:
        assert f"](plots/{name}.svg)" in text
        assert (LECTURES / "plots" / f"{name}.svg").is_file()


def test_every_spec_belongs_to_a_topic(lectures):
    used = {(LECTURES / topic.spec).resolve() for topic in lectures.TOPICS.values()}
    assert set(SPECS) <= used


def test_signals_without_activation_are_matrix_products(lectures):
    """Root mean squares after each matrix, by NumPy."""
    import torch
    from runner.measure import ROWS, signals, training_rows

    document = mlpspec.load(LECTURES / "product" / "product.yaml", allow_outside=True)
    found = signals(document)
    torch.manual_seed(0)
    weights = [part.weight.detach().double().numpy() for part in mlpspec.compile(document).modules() if isinstance(part, torch.nn.Linear)]
    [rows], _ = training_rows(document)
    assert len(rows) == ROWS
    signal = rows.reshape(len(rows), -1).double().numpy()
    expected = []
    for weight in weights[:-1]:
        signal = signal @ weight.T
        expected.append(np.sqrt((signal**2).mean()))
    assert found["activation"] == pytest.approx(expected, rel=1e-3)


def test_a_topic_runs_and_its_table_is_right(lectures, tmp_path, capsys, monkeypatch):
    topic = lectures.TOPICS["affine"]
    findings = lectures.experiment(topic, seeds=2, settings=["training.epochs=2"])
    bends = findings.values("ReLU", "bend")
    assert bends.shape == (2,)
    line = next(line for line in lectures.table(topic, findings).splitlines() if line.startswith("ReLU"))
    assert line.split()[1:4] == [f"{bends.mean():.4g}", "±", f"{bends.std(ddof=1):.2g}"]
    held = lectures.verdicts(topic, findings)
    assert next(iter(held.values())) is True  # a stack without activation is a line, trained or not
    assert not list(held.values())[-1]  # and two epochs are too few for a parabola
    (tmp_path / "affine.svg").write_text(topic.chart(findings))
    assert "no activation" in (tmp_path / "affine.svg").read_text()


def test_runs_that_diverge_count_as_such(lectures):
    findings = lectures.experiment(lectures.TOPICS["batchnorm"], seeds=1, settings=["training.epochs=2"])
    assert findings.mean("plain, rate 3.0", "diverged") == 1
    assert findings.mean("batch norm, rate 0.1", "diverged") == 0


def test_unknown_topic(lectures, capsys):
    with pytest.raises(SystemExit) as stop:
        lectures.main(["dropuot"])
    assert stop.value.code == 2
    assert "dropuot" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", topic_names())
def test_claims(name, lectures):
    topic = lectures.TOPICS[name]
    held = lectures.verdicts(topic, lectures.experiment(topic))
    assert {words for words, ok in held.items() if not ok} == DID_NOT_HOLD & set(held)
