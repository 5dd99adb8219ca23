from __future__ import annotations

import json
import os
import subprocess
import sys

import onnxruntime
import pytest

from mlpspec.diagnostics import MachineError
from mlpspec.runtime import doctor
from mlpspec.runtime.cuda import Driver, Gpu
from mlpspec.runtime.doctor import examine, usable_cpus


def test_this_machine():
    report = examine()
    assert report.python == sys.version.split()[0]
    assert report.onnxruntime == f"{onnxruntime.package_name} {onnxruntime.__version__}"
    assert "CPUExecutionProvider" in report.providers
    assert report.packages["numpy"]
    assert 1 <= report.cpus == usable_cpus() <= (os.cpu_count() or 1)
    assert report.memory > 1 << 28
    assert bool(report.cuda_problem) or report.gpus
    assert report.folder_problem == ""
    assert json.loads(json.dumps(report.to_json()))["folder"] == os.getcwd()  # noqa: PTH109


def test_gpus_are_listed(monkeypatch):
    monkeypatch.setattr(doctor, "read_driver", lambda: Driver(0, 13010, (Gpu("NVIDIA H200", 1 << 37, (9, 0)),)))
    monkeypatch.setattr(doctor, "cuda_problem", lambda: "")
    report = examine()
    assert report.cuda == "13.1"
    assert report.gpus == (doctor.GpuReport("NVIDIA H200", 1 << 37, "9.0"),)
    assert report.cuda_problem == ""


def test_broken_onnxruntime_is_reported_not_raised(monkeypatch):
    def broken():
        raise MachineError("onnxruntime is installed in part only", code="missing-package", help="install it again")

    monkeypatch.setattr(doctor, "load_onnxruntime", broken)
    monkeypatch.setattr(doctor, "onnxruntime_packages", lambda: {"onnxruntime": "1", "onnxruntime-gpu": "1"})
    report = examine()
    assert report.onnxruntime == ""
    assert report.cuda_problem == "onnxruntime cannot be imported"
    assert "install it again" in report.problems[0]
    assert "both installed" in report.problems[1]


def test_folder_that_cannot_be_written(monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    assert examine().folder_problem == "Permission denied"


def test_imports_no_torch():
    code = "import sys; from mlpspec.runtime.doctor import examine; examine(); print('torch' in sys.modules, 'polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("value", ["", "x"])
def test_strange_limits_are_ignored(monkeypatch, value):
    monkeypatch.setattr(doctor.Path, "read_text", lambda self: value)
    assert usable_cpus() >= 1
