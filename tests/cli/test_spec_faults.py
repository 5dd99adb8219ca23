"""Every fault of a spec, through the real command line: exit code 3, the place, the remedy, no traceback, nothing written."""

import os

import pytest

from mlpspec.diagnostics.codes import CODES  # noqa: F401  # codes are part of what is tested

HEAD = "mlpspec: 1\n"
INPUTS = "inputs: {x: {numeric: [a, b]}}\n"
TARGETS = "targets: {y: category}\n"
MODEL = "model: [{dense: 8}, {head: y}]\n"
VALID = HEAD + INPUTS + TARGETS + MODEL


def spec(**changes: str) -> str:
    parts = {"head": HEAD, "inputs": INPUTS, "targets": TARGETS, "model": MODEL, "rest": "", **changes}
    return "".join(parts.values())


FAULTS = {
    # S1
    "empty": ("", "empty-spec", "mlpspec init"),
    "only comments": ("# nothing\n", "empty-spec", "mlpspec init"),
    "a list": ("- 1\n", "wrong-type", "a spec is a mapping of sections, this is a list"),
    "a text": ("hello\n", "wrong-type", "a spec is a mapping"),
    # S2
    "layer misspelt": (spec(model="model:\n  - linaer: 8\n  - head: y\n"), "unknown-name", "did you mean `linear`"),
    "option misspelt": (spec(model="model:\n  - dense: {unit: 8}\n  - head: y\n"), "unknown-option", "did you mean `units`"),
    "activation misspelt": (spec(model="model: [{dense: {units: 8, activation: rellu}}, {head: y}]\n"), "unknown-name", "`relu`"),
    "section misspelt": (spec(rest="trainig: {epochs: 3}\n"), "unknown-option", "did you mean `training`"),
    "an activation as a layer": (spec(model="model: [relu, {head: y}]\n"), "unknown-name", "write `- activation: relu`"),
    # S3
    "units quoted": (spec(model='model: [{dense: "64"}, {head: y}]\n'), "wrong-type", "remove the quotes: 64"),
    "units true": (spec(model="model: [{dense: true}, {head: y}]\n"), "wrong-type", "got true"),
    "units 0": (spec(model="model: [{dense: {units: 0}}, {head: y}]\n"), "out-of-range", "`units` must be at least 1, got 0"),
    "units -1": (spec(model="model: [{dense: {units: -1}}, {head: y}]\n"), "out-of-range", "at least 1, got -1"),
    "units 1e9": (spec(model="model: [{dense: {units: 1e9}}, {head: y}]\n"), "out-of-range", "at most"),
    "too many parameters": (
        spec(model="model: [{dense: 1000000}, {dense: 1000000}, {head: y}]\n"),
        "too-many-parameters",
        "parameters",
    ),
    # S4
    "duplicate key": (VALID + "name: a\nname: b\n", "duplicate-key", "name"),
    "two keys in one layer": (spec(model="model:\n  - dense: 8\n    dropout: 0.5\n  - head: y\n"), "one-entry", "indent it below `dense:`"),
    "two layers in one item": (spec(model="model:\n  - dense: 8\n    flatten: {}\n  - head: y\n"), "one-entry", "`- `"),
    # S5
    "rate NaN": (spec(rest="training: {optimizer: {adam: {learning_rate: .nan}}}\n"), "ambiguous-scalar", ""),
    "rate infinite": (spec(rest="training: {optimizer: {adam: .inf}}\n"), "ambiguous-scalar", ""),
    "rate -1": (spec(rest="training: {optimizer: {adam: {learning_rate: -1}}}\n"), "out-of-range", "more than 0"),
    "rate 0": (spec(rest="training: {optimizer: {adam: 0}}\n"), "out-of-range", "more than 0"),
    "rate 1e400": (spec(rest="training: {optimizer: {adam: 1e400}}\n"), "ambiguous-scalar", ""),
    # S6
    "dropout 1": (spec(model="model: [{dropout: 1.0}, {head: y}]\n"), "out-of-range", "less than 1"),
    "dropout -0.1": (spec(model="model: [{dense: {units: 8, dropout: -0.1}}, {head: y}]\n"), "out-of-range", "at least 0"),
    "split over 1": (spec(rest="data: {path: t.csv, split: {train: 0.8, validation: 0.2, test: 0.1}}\n"), "bad-split", "sum to 1.1"),
    "a fold of none": (spec(rest="data: {path: t.csv, split: {fold: 2}}\n"), "bad-split", "of which there are none"),
    "a fold too many": (spec(rest="data: {path: t.csv, split: {folds: 3, fold: 4}}\n"), "bad-split", "no fold 4 of 3"),
    "time and classes": (spec(rest="data: {path: t.csv, split: {time: t, stratify: y}}\n"), "invalid-spec", "`stratify` has no meaning"),
    "folds by column": (spec(rest="data: {path: t.csv, split: {column: part, folds: 3}}\n"), "invalid-spec", "`folds` has no meaning"),
    "one column for both": (
        spec(rest="data: {path: t.csv, split: {group: g, stratify: g}}\n"),
        "invalid-spec",
        "both `group` and `stratify`",
    ),
    "split without training": (
        spec(rest="data: {path: t.csv, split: {train: 0, validation: 0.5, test: 0.5}}\n"),
        "bad-split",
        "no rows to train",
    ),
    # S7
    "shapes do not meet": (
        spec(model="model: [{dense: {units: 8, name: a}}, {dense: {units: 4, name: b}}, {add: {from: [a, b]}}, {head: y}]\n"),
        "shape-mismatch",
        "(batch, 4)",
    ),
    "dangling input": (spec(model="model: [{dense: {units: 8, from: z}}, {head: y}]\n"), "unknown-source", "no input or layer `z`"),
    "a cycle": (
        spec(model="model: [{dense: {units: 8, from: late}}, {dense: {units: 8, name: late}}, {head: y}]\n"),
        "unknown-source",
        "stands below",
    ),
    "same name twice": (
        spec(model="model: [{dense: {units: 8, name: a}}, {dense: {units: 8, name: a}}, {head: y}]\n"),
        "duplicate-name",
        "by this one",
    ),
    "unreachable layer": (
        spec(model="model: [{dense: {units: 8, name: a}}, {dense: {units: 9, from: x}}, {head: {target: y, from: a}}]\n"),
        "unused-layer",
        "reaches no head",
    ),
    "several inputs into a plain layer": (
        spec(model="model: [{dense: {units: 8, name: a}}, {dense: {units: 8, from: [a, x]}}, {head: y}]\n"),
        "shape-mismatch",
        "concat",
    ),
    "an input nobody reads": (
        spec(inputs="inputs: {x: {numeric: [a, b]}, z: numeric}\n", model="model: [{dense: {units: 8, from: x}}, {head: y}]\n"),
        "unused-input",
        "`z`",
    ),
    # S8
    "loss against the target": (spec(targets="targets: {y: {category: {loss: mse}}}\n"), "loss-mismatch", "cross_entropy"),
    "metric against the target": (spec(rest="training: {metrics: [rmse]}\n"), "loss-mismatch", "accuracy"),
    "no head": (spec(model="model: [{dense: 8}]\n"), "missing-head", "- head: y"),
    "a head without target": (spec(model="model: [{dense: 8}, {head: z}]\n"), "missing-head", "no target `z`"),
    "monitor unknown": (spec(rest="training: {early_stopping: {monitor: validation.acuracy}}\n"), "unknown-name", "`validation.accuracy`"),
    # S11
    "version 2": (VALID.replace("mlpspec: 1", "mlpspec: 2"), "unsupported-version", "reads version 1"),
    "no version": (VALID.replace("mlpspec: 1\n", ""), "missing-option", "mlpspec"),
    # S13
    "name ../x": (VALID + "name: ../x\n", "wrong-form", "a name begins with"),
    "name of 300 letters": (VALID + f"name: {'a' * 300}\n", "wrong-form", "at most 64"),
    "name with an emoji": (VALID + "name: a😀\n", "wrong-form", "letters"),
    "name with a slash": (VALID + "name: a/b\n", "wrong-form", "letters"),
    "name with a dash in front": (VALID + "name: -a\n", "wrong-form", "begins with"),
    "layer named ../../x": (spec(model="model: [{dense: {units: 8, name: ../../x}}, {head: y}]\n"), "wrong-form", "letters"),
    "layer named forward": (spec(model="model: [{dense: {units: 8, name: forward}}, {head: y}]\n"), "wrong-form", "forward_layer"),
    "input named a/b": (spec(inputs="inputs: {a/b: {numeric: [a]}}\n"), "wrong-form", "`a/b` cannot be a name"),
    # S14
    "data at an absolute path": (VALID + "data: {path: /etc/passwd}\n", "unsafe-path", "--allow-outside"),
    "data above": (VALID + "data: {path: ../../../../../../etc/passwd}\n", "unsafe-path", "--allow-outside"),
    "data at home": (VALID + "data: {path: ~/t.csv}\n", "unsafe-path", "`~`"),
    "data through a variable of the shell": (VALID + "data: {path: 'x${HOME}/t.csv'}\n", "unsafe-path", "`$`"),
    "data on the network": (VALID + "data: {path: 'http://example.org/t.csv'}\n", "unsafe-path", "download the file first"),
    # what belongs to none of the rows
    "a variable not defined": (
        spec(model="model: [{dense: $widht}, {head: y}]\n", rest="vars: {width: 3}\n"),
        "undefined-variable",
        "`width`",
    ),
    "a fan-in for a bias": (
        spec(model="model: [{dense: {units: 8, bias_initializer: he_normal}}, {head: y}]\n"),
        "wrong-form",
        "zeros",
    ),
    "nothing after a layer": (spec(model="model:\n  - dense:\n  - head: y\n"), "missing-option", "write `dense: 64`"),
    "a layer without its options": (spec(model="model: [dense, {head: y}]\n"), "missing-option", "write `dense: 64`"),
    "yes for true": (spec(model="model: [{dense: {units: 8, batchnorm: yes}}, {head: y}]\n"), "wrong-type", "write true"),
    "nesterov without momentum": (spec(rest="training: {optimizer: {sgd: {nesterov: true}}}\n"), "invalid-spec", "momentum"),
    "a metric twice": (spec(rest="training: {metrics: [f1, f1]}\n"), "duplicate-name", "twice"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda name: name.replace(" ", "_"))
def test_a_fault_is_named_with_its_place_and_remedy(fault, cli, tmp_path):
    text, code, words = FAULTS[fault]
    (tmp_path / "spec.yaml").write_text(text)
    before = set(tmp_path.iterdir())
    outcome = cli("validate", "spec.yaml")
    assert outcome.code == 3, outcome.err
    assert f"[{code}]" in outcome.err
    assert words in outcome.err
    assert "--> spec.yaml" in outcome.err
    assert outcome.out == ""
    assert set(tmp_path.iterdir()) == before


def test_a_valid_spec_passes(cli, tmp_path):
    (tmp_path / "spec.yaml").write_text(VALID)
    outcome = cli("validate", "spec.yaml")
    assert (outcome.code, outcome.out) == (0, "spec.yaml: valid\n")


def test_units_written_as_a_whole_float_are_taken(cli, tmp_path):
    (tmp_path / "spec.yaml").write_text(spec(model="model: [{dense: 64.0}, {head: y}]\n"))
    assert cli("validate", "spec.yaml").code == 0


def test_softmax_before_a_head_is_a_warning(cli, tmp_path):
    (tmp_path / "spec.yaml").write_text(spec(model="model: [{dense: {units: 8, activation: softmax}}, {head: y}]\n"))
    outcome = cli("validate", "spec.yaml")
    assert outcome.code == 0
    assert "warning[double-activation]" in outcome.err


def test_allow_outside_lets_a_path_out(cli, tmp_path):
    (tmp_path / "spec.yaml").write_text(VALID + "data: {path: /tmp/t.csv}\n")
    assert cli("validate", "spec.yaml", "--allow-outside").code == 0


@pytest.mark.parametrize(
    "text",
    ["\ufeff" + VALID, VALID.replace("\n", "\r\n"), VALID.replace("\n", "\r"), VALID + "...\n", VALID.rstrip("\n")],
    ids=["bom", "crlf", "cr", "end mark", "no final newline"],
)
def test_harmless_forms_of_text_are_read(text, cli, tmp_path):
    """Row S10, the accepted half."""
    (tmp_path / "spec.yaml").write_bytes(text.encode())
    assert cli("validate", "spec.yaml").code == 0


@pytest.mark.parametrize(
    "data",
    [VALID.encode("utf-16"), (VALID + "name: é\n").encode("latin-1"), VALID.encode() + b"\0", VALID.encode() + b"\tname: x\n"],
    ids=["utf-16", "latin-1", "nul", "tab"],
)
def test_harmful_forms_of_text_are_refused(data, cli, tmp_path):
    """Row S10, the refused half."""
    (tmp_path / "spec.yaml").write_bytes(data)
    assert cli("validate", "spec.yaml").code == 3


@pytest.mark.parametrize(
    "text",
    [
        "a: &a ["
        + ",".join(["x"] * 9)
        + "]\n"
        + "".join(f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
        "[" * 1_000_000,
        "x: " + "y" * 10_000_000,
        "\n".join(f"k{i}: 1" for i in range(100_001)),
    ],
    ids=["aliases", "depth", "bytes", "keys"],
)
def test_bombs_are_stopped(text, cli, tmp_path):
    """Row S9."""
    (tmp_path / "spec.yaml").write_text(text)
    outcome = cli("validate", "spec.yaml")
    assert outcome.code == 3
    assert "[too-large]" in outcome.err


def test_a_path_that_is_no_file_is_said(cli, tmp_path):
    """Row S12."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("nothing.yaml", "folder", "pipe"):
        outcome = cli("validate", name)
        assert outcome.code in (2, 6)
        assert name in outcome.err


def test_standard_input_is_a_spec(cli, monkeypatch):
    """Row S12: `-` reads standard input; an empty one is a wrong call (2) rather than an empty spec: nothing was sent."""
    import io
    import sys

    for content, code in ((VALID, 0), ("", 2), ("# nothing\n", 3)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
        assert cli("validate", "-").code == code


def test_five_mistakes_are_five_diagnostics(cli, tmp_path):
    text = """\
mlpspec: 1
inputs: {x: {numeric: {columns: [a, b], scale: standardise}}}
targets: {y: category}
model:
  - dense: {units: "64", activation: rellu}
  - dropout: 1.5
  - head: y
trainig: {epochs: 3}
"""
    (tmp_path / "spec.yaml").write_text(text)
    outcome = cli("validate", "spec.yaml")
    assert outcome.code == 3
    for place in ("spec.yaml:2:48", "spec.yaml:5:20", "spec.yaml:5:38", "spec.yaml:6:14", "spec.yaml:8:1"):
        assert place in outcome.err
    assert outcome.err.count("help: ") == 5
    assert "5 errors" in outcome.err


def test_json_carries_the_same_diagnostics(cli, tmp_path):
    import json

    (tmp_path / "spec.yaml").write_text(spec(model="model: [{dense: {unit: 8}}, {head: y}]\n"))
    outcome = cli("validate", "spec.yaml", "--json")
    assert outcome.code == 3
    assert outcome.err == ""
    document = json.loads(outcome.out)
    assert document["ok"] is False
    [missing, unknown] = sorted(document["diagnostics"], key=lambda d: d["code"])
    assert (unknown["code"], unknown["primary"]["line"], unknown["primary"]["column"]) == ("unknown-option", 4, 18)
    assert missing["code"] == "missing-option"


def test_settings_are_checked_like_the_text(cli, tmp_path):
    (tmp_path / "spec.yaml").write_text(VALID)
    outcome = cli("validate", "spec.yaml", "--set", "training.epochs=ten")
    assert outcome.code == 3
    assert "training.epochs=ten" in outcome.err
    assert "--set" in outcome.err
