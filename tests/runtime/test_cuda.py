from __future__ import annotations

import ctypes

import pytest

from mlpspec.runtime import cuda
from mlpspec.runtime.cuda import Driver, Gpu, ask_driver, cuda_problem, driver_problem, library_problem, wheel_problem

H200 = Gpu("NVIDIA H200", 140 << 30, (9, 0))
WORKING = Driver(0, 13000, (H200,))


class DriverStandIn:
    """The functions of libcuda that are called, with given answers."""

    def __init__(self, init: int = 0, version: int = 13000, count: int = 1):
        self._init, self._version, self._count = init, version, count

    def cuInit(self, flags):
        return self._init

    def cuDriverGetVersion(self, version):
        version._obj.value = self._version
        return 0

    def cuDeviceGetCount(self, count):
        count._obj.value = self._count
        return 0

    def cuDeviceGet(self, device, index):
        device._obj.value = index
        return 0

    def cuDeviceGetName(self, name, length, device):
        name.value = b"GPU %d" % device.value
        return 0

    def cuDeviceTotalMem_v2(self, memory, device):
        memory._obj.value = 1 << 33
        return 0

    def cuDeviceGetAttribute(self, value, attribute, device):
        value._obj.value = {75: 9, 76: 0}[attribute]
        return 0


def test_driver_is_asked():
    assert ask_driver(DriverStandIn(count=2)) == Driver(0, 13000, (Gpu("GPU 0", 1 << 33, (9, 0)), Gpu("GPU 1", 1 << 33, (9, 0))))
    assert ask_driver(DriverStandIn(init=100)) == Driver(100)
    assert ask_driver(DriverStandIn(count=0)) == Driver(0, 13000)


def test_working_machine_has_no_problem():
    assert wheel_problem(["CUDAExecutionProvider", "CPUExecutionProvider"], ["onnxruntime-gpu"], "linux") == ""
    assert driver_problem(WORKING, "13.0", 0, None) == ""
    assert library_problem("") == ""


@pytest.mark.parametrize(
    ("packages", "platform", "words"),
    [
        (["onnxruntime"], "linux", ["built without CUDA", "pip install onnxruntime-gpu"]),
        (["onnxruntime", "onnxruntime-gpu"], "linux", ["both installed", "pip uninstall -y onnxruntime onnxruntime-gpu"]),
        (["onnxruntime"], "darwin", ["no CUDA on macOS"]),
    ],
)
def test_wheels(packages, platform, words):
    problem = wheel_problem(["AzureExecutionProvider", "CPUExecutionProvider"], packages, platform)
    assert all(word in problem for word in words)


@pytest.mark.parametrize(
    ("driver", "index", "visible", "words"),
    [
        (None, 0, None, "no NVIDIA driver"),
        (Driver(100), 0, "", "no GPU is visible (CUDA_VISIBLE_DEVICES is '')"),
        (Driver(100), 0, None, "no GPU is visible"),
        (Driver(803), 0, "0", "the driver and its library differ in version; a restart after an update mends it"),
        (Driver(12345), 0, None, "the NVIDIA driver reports error 12345"),
        (Driver(0, 13000), 0, "-1", "no GPU is visible (CUDA_VISIBLE_DEVICES is '-1')"),
        (WORKING, 1, None, "there is only one GPU, counted from 0"),
        (Driver(0, 13000, (H200, H200)), 2, None, "there are only 2 GPUs, counted from 0"),
        (Driver(0, 12040, (H200,)), 0, None, "it runs CUDA up to 12.4, and this onnxruntime needs 13"),
    ],
)
def test_drivers(driver, index, visible, words):
    assert words in driver_problem(driver, "13.0", index, visible)


def test_missing_libraries_are_named_with_their_packages():
    # printed by onnxruntime 1.31's preload_dlls without the nvidia packages
    output = (
        "Failed to load libcublasLt.so.13: libcublasLt.so.13: cannot open shared object file: No such file or directory\n"
        "Failed to load /site/nvidia/curand/lib/libcurand.so.10: some reason\n"
        "Please follow https://onnxruntime.ai/docs/install/#cuda-and-cudnn to install CUDA.\n"
    )
    problem = library_problem(output)
    assert "libcublasLt.so.13, libcurand.so.10 are missing" in problem
    assert "pip install nvidia-cublas nvidia-curand" in problem
    assert 'pip install "mlpspec[cuda]"' in problem


def test_conditions_are_looked_at_in_order(monkeypatch):
    """The first that fails is the reason; with all well there is none."""
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    monkeypatch.setattr(cuda, "read_driver", lambda: pytest.fail("the driver is not asked when the wheel has no CUDA"))
    assert "without CUDA" in cuda_problem()
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr(cuda, "read_driver", lambda: None)
    assert "no NVIDIA driver" in cuda_problem()
    monkeypatch.setattr(cuda, "read_driver", lambda: WORKING)
    monkeypatch.setattr(onnxruntime, "cuda_version", "13.0", raising=False)
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: print("Failed to load libcudart.so.13: not there"))  # noqa: T201
    assert "libcudart.so.13 is missing (mend it with: pip install nvidia-cuda-runtime" in cuda_problem()
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None)
    assert cuda_problem() == ""


def test_provider_that_does_not_load_names_the_library(monkeypatch):
    def refuse(path):
        raise OSError("libcublasLt.so.13: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    problem = cuda.provider_problem()
    assert problem == "" or "libcublasLt.so.13 is missing" in problem


def test_this_machine_gives_an_answer():
    problem = cuda_problem()
    assert problem == "" or not problem.endswith(".")
