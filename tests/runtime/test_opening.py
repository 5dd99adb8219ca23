from __future__ import annotations

import pytest

from mlpspec.diagnostics import MachineError
from mlpspec.runtime import cuda, opening
from mlpspec.runtime.device import CudaOptions, Device, DeviceChoice
from mlpspec.runtime.model_file import model_from_bytes


@pytest.fixture
def model(mixed):
    return model_from_bytes(mixed)


def test_cpu(model):
    engine = opening.open_engine(model, Device("cpu"), CudaOptions(), threads=1)
    assert engine.device == DeviceChoice("cpu", "as asked")
    assert [value.name for value in engine.facts.outputs] == ["species", "species_probability"]


def test_cuda_by_name_fails_with_the_reason_and_auto_says_it(model, monkeypatch):
    monkeypatch.setattr(cuda, "cuda_problem", lambda index: f"GPU {index} has gone")
    with pytest.raises(MachineError, match="cuda:1 was asked for and cannot be used: GPU 1 has gone") as caught:
        opening.open_engine(model, Device("cuda", 1), CudaOptions())
    assert caught.value.exit_code == 6
    assert caught.value.diagnostics[0].code == "no-gpu"
    assert caught.value.diagnostics[0].help
    engine = opening.open_engine(model, Device("auto"), CudaOptions())
    assert engine.device == DeviceChoice("cpu", "because GPU 0 has gone")


def test_nothing_is_printed(model, capfd):
    opening.open_engine(model, Device("auto"), CudaOptions())
    assert capfd.readouterr() == ("", "")
