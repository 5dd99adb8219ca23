from __future__ import annotations

import sys

import pytest

from mlpspec.diagnostics import MachineError
from mlpspec.tuning.extra import require_tuning


@pytest.mark.parametrize(("package", "sampler"), [("optuna", "tpe"), ("cmaes", "cmaes")])
def test_a_missing_package_says_how_to_get_it(monkeypatch, package, sampler):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MachineError) as error:
        require_tuning(sampler)
    [found] = error.value.diagnostics
    assert (found.code, found.help) == ("missing-package", "pip install 'mlpspec[tune]'")
    assert package in found.message


def test_cmaes_is_needed_for_cmaes_only(monkeypatch):
    monkeypatch.setitem(sys.modules, "cmaes", None)
    require_tuning("tpe")
