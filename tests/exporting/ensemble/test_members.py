from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mlpspec.diagnostics import UsageError
from mlpspec.exporting import answering
from mlpspec.exporting.ensemble import members as module
from mlpspec.exporting.ensemble.members import load_ensemble


def test_each_fold_has_its_own_preprocessing(crossed):
    ensemble = load_ensemble(crossed, ())
    assert len(ensemble.members) == 3
    assert len({repr(member.preprocessing.inputs["size"].program) for member in ensemble.members}) == 3


def test_each_fold_is_calibrated_on_its_own_validation_rows(crossed, monkeypatch):
    truths = []

    def calibrate(target, _logits, truth):
        truths.append((target.name, truth.reshape(-1).tolist()))
        return target, None

    monkeypatch.setattr(answering, "calibrate", calibrate)
    load_ensemble(crossed, ["export.calibrate=temperature"], allow_outside=True)
    found = [truth for name, truth in truths if name == "kind"]
    assert [len(truth) for truth in found] == [crossed_rows["validation"] for crossed_rows in _rows(crossed)]
    assert len({tuple(truth) for truth in found}) > 1


def _rows(run):
    return [json.loads((run.path / "folds" / str(number) / "run.json").read_text())["rows"] for number in (1, 2, 3)]


def test_folds_that_know_other_classes(crossed, monkeypatch):
    before = module._member

    def other(run, *arguments):
        member = before(run, *arguments)
        if run.path.name != "2":
            return member
        kind = replace(member.whole.targets["kind"], classes=("a", "b", "d"))
        return replace(member, whole=replace(member.whole, targets={**member.whole.targets, "kind": kind}))

    monkeypatch.setattr(module, "_member", other)
    with pytest.raises(UsageError, match="folds 1 and 2 know different classes of `kind`: `c`, `d`"):
        load_ensemble(crossed, ())
