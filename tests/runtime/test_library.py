from __future__ import annotations

import sys
from types import ModuleType

import onnxruntime
import pytest

from mlpspec.diagnostics import MachineError
from mlpspec.runtime.library import load_onnxruntime


def test_it_is_onnxruntime():
    assert load_onnxruntime() is onnxruntime


@pytest.mark.parametrize(("module", "message"), [(None, "cannot be imported"), (ModuleType("onnxruntime"), "in part only")])
def test_missing_or_half_removed(monkeypatch, module, message):
    monkeypatch.setitem(sys.modules, "onnxruntime", module)
    with pytest.raises(MachineError, match=message) as caught:
        load_onnxruntime()
    assert caught.value.diagnostics[0].code == "missing-package"
    assert "pip install" in caught.value.diagnostics[0].help
