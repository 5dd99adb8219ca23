"""Whether ONNX Runtime can use an NVIDIA GPU here, and if not, why, in words that say what to mend.

ONNX Runtime itself falls back to the CPU in silence, and what it lists as available is what its wheel was built with. So every condition
is looked at: the wheel, the driver, the GPUs it shows, its version, the CUDA libraries.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import re
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlpspec.runtime.library import load_onnxruntime

PROVIDER = "CUDAExecutionProvider"

_PACKAGES = {
    "cublas": "nvidia-cublas",
    "curand": "nvidia-curand",
    "cudart": "nvidia-cuda-runtime",
    "cufft": "nvidia-cufft",
    "nvrtc": "nvidia-cuda-nvrtc",
    "cudnn": "nvidia-cudnn-cu13",
}
"""The packages of the Python index that bring a library, by a part of its file's name."""

_DRIVER_ERRORS = {
    2: "the GPU is out of memory",
    3: "the driver is not initialised",
    34: "the driver library is a stub without a driver",
    46: "the GPU is in use by another process that wants it alone",
    100: "no GPU is visible",
    101: "there is no GPU of that number",
    802: "the system is not ready yet (the fabric manager does not run?)",
    803: "the driver and its library differ in version; a restart after an update mends it",
    804: "the driver's compatibility package does not fit this GPU",
    999: "the driver fails for an unknown reason; a restart may mend it",
}
"""CUresult of the CUDA driver API, https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html."""


@dataclass(frozen=True)
class Gpu:
    """A GPU as the driver shows it: its name, memory in bytes and compute capability, e.g. (9, 0)."""

    name: str
    memory: int
    capability: tuple[int, int]


@dataclass(frozen=True)
class Driver:
    """What the NVIDIA driver answers. `error` is the code of its initialisation (0: none), `version` the newest CUDA it can run: 13000."""

    error: int = 0
    version: int = 0
    gpus: tuple[Gpu, ...] = ()


def cuda_problem(index: int = 0) -> str:
    """Why CUDA cannot be used on GPU number `index`, as a clause; empty when it can be expected to work.

    Loads the CUDA libraries as a side effect, so that a session can find them.
    """
    onnxruntime = load_onnxruntime()
    return (
        wheel_problem(onnxruntime.get_available_providers(), onnxruntime_packages(), sys.platform)
        or driver_problem(read_driver(), onnxruntime.cuda_version, index, os.environ.get("CUDA_VISIBLE_DEVICES"))
        or library_problem(_preload(onnxruntime))
    )


def onnxruntime_packages() -> dict[str, str]:
    """The installed packages that bring ONNX Runtime, and their versions. There should be one."""
    from importlib import metadata  # which is slow to import

    found = {}
    for name in ("onnxruntime", "onnxruntime-gpu"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def wheel_problem(providers: Collection[str], packages: Collection[str], platform: str) -> str:
    """What is wrong with the installed onnxruntime, given its providers and the packages that bring it."""
    if PROVIDER in providers:
        return ""
    if len(packages) > 1:
        return (
            "onnxruntime and onnxruntime-gpu are both installed, and the one without CUDA came last"
            " (mend it with: pip uninstall -y onnxruntime onnxruntime-gpu; pip install onnxruntime-gpu)"
        )
    if platform == "darwin":
        return "there is no CUDA on macOS"
    return "this onnxruntime is built without CUDA (mend it with: pip uninstall -y onnxruntime; pip install onnxruntime-gpu)"


def driver_problem(driver: Driver | None, cuda_version: str, index: int, visible: str | None) -> str:
    """What is wrong with the NVIDIA driver for an onnxruntime built with `cuda_version`; `visible` is CUDA_VISIBLE_DEVICES."""
    if driver is None:
        return "there is no NVIDIA driver (its library libcuda is not found)"
    hidden = f" (CUDA_VISIBLE_DEVICES is {visible!r})" if visible is not None else ""
    if driver.error:
        reason = _DRIVER_ERRORS.get(driver.error, f"the NVIDIA driver reports error {driver.error}")
        return reason + hidden if driver.error in (100, 101) else reason
    if not driver.gpus:
        return f"no GPU is visible{hidden}"
    if index >= len(driver.gpus):
        count = "there is only one GPU" if len(driver.gpus) == 1 else f"there are only {len(driver.gpus)} GPUs"
        return f"{count}, counted from 0{hidden}"
    wanted = int(cuda_version.partition(".")[0] or 0)
    if driver.version // 1000 < wanted:
        has = f"{driver.version // 1000}.{driver.version % 1000 // 10}"
        return f"the NVIDIA driver is too old: it runs CUDA up to {has}, and this onnxruntime needs {wanted} (update the driver)"
    return ""


def library_problem(output: str) -> str:
    """What `onnxruntime.preload_dlls` says it could not load, with the command that brings it.

    >>> library_problem("Failed to load libcurand.so.10: cannot open shared object file")
    'the CUDA library libcurand.so.10 is missing (mend it with: pip install nvidia-curand, or pip install "mlpspec[cuda]" for all)'
    """
    missing = dict.fromkeys(
        Path(found).name for found in re.findall(r"^Failed to load ([^:\n]+(?:\.so[.0-9]*|\.dll))", output, re.MULTILINE)
    )
    if not missing:
        return ""
    packages = dict.fromkeys(package for file in missing for part, package in _PACKAGES.items() if part in file.lower())
    one = f"pip install {' '.join(packages)}, or " if packages else ""
    which = f"library {next(iter(missing))} is" if len(missing) == 1 else f"libraries {', '.join(missing)} are"
    return f'the CUDA {which} missing (mend it with: {one}pip install "mlpspec[cuda]" for all)'


def provider_problem() -> str:
    """Why the CUDA part of onnxruntime does not load, as the system's loader says it; empty when it loads or there is none."""
    onnxruntime = load_onnxruntime()
    folder = Path(str(onnxruntime.__file__)).parent / "capi"
    for name in ("libonnxruntime_providers_cuda.so", "onnxruntime_providers_cuda.dll"):
        if (folder / name).exists():
            try:
                ctypes.CDLL(str(folder / name))
            except OSError as error:
                return _loader_problem(str(error))
    return ""


def _loader_problem(message: str) -> str:
    missing = re.match(r"(\S+\.so[.0-9]*): cannot open shared object file", message)
    return library_problem(f"Failed to load {missing[1]}: ") if missing else f"the CUDA part of onnxruntime does not load: {message}"


def read_driver() -> Driver | None:
    """Ask the NVIDIA driver, if there is one."""
    try:
        library = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return None
    return ask_driver(library)


def ask_driver(library: Any) -> Driver:
    """What a driver library (an object with the functions of the CUDA driver API) answers."""
    error = library.cuInit(0)
    if error:
        return Driver(error)
    version, count = ctypes.c_int(), ctypes.c_int()
    library.cuDriverGetVersion(ctypes.byref(version))
    error = library.cuDeviceGetCount(ctypes.byref(count))
    gpus = () if error else tuple(_gpu(library, index) for index in range(count.value))
    return Driver(error, version.value, gpus)


def _gpu(library: Any, index: int) -> Gpu:
    device, memory, major, minor = ctypes.c_int(), ctypes.c_size_t(), ctypes.c_int(), ctypes.c_int()
    name = ctypes.create_string_buffer(256)
    library.cuDeviceGet(ctypes.byref(device), index)
    library.cuDeviceGetName(name, len(name), device)
    library.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    library.cuDeviceGetAttribute(ctypes.byref(major), 75, device)  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
    library.cuDeviceGetAttribute(ctypes.byref(minor), 76, device)  # ... _MINOR
    return Gpu(name.value.decode("utf-8", "replace"), memory.value, (major.value, minor.value))


def _preload(onnxruntime: Any) -> str:
    """Load the CUDA libraries that pip installed; what the loading prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        onnxruntime.preload_dlls()
    return printed.getvalue()
