"""What this machine can do, and why not: versions, GPU, memory, rights."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from mlpspec.diagnostics import MachineError
from mlpspec.runtime.cuda import cuda_problem, onnxruntime_packages, read_driver
from mlpspec.runtime.library import REPAIR, load_onnxruntime
from mlpspec.version import __version__

_PACKAGES = ("numpy", "polars", "onnx", "onnxscript", "torch", "safetensors", "pandas", "pyarrow", "rich")


@dataclass(frozen=True)
class GpuReport:
    """A GPU: name, memory in bytes, compute capability (`9.0`)."""

    name: str
    memory: int
    capability: str


@dataclass(frozen=True)
class Report:
    """What was found.

    Attributes:
        mlpspec, python, platform: versions.
        cpus: cores that this process may use.
        memory: bytes of main memory; 0 where the system does not tell.
        onnxruntime: the package and version that is imported, e.g. `onnxruntime-gpu 1.31.1`; empty when it cannot be.
        providers: what that onnxruntime is built for.
        packages: versions of the other packages; empty for one that is not installed.
        cuda: the newest CUDA that the driver runs, e.g. `13.0`; empty without a driver.
        gpus: those that the driver shows.
        cuda_problem: why ONNX Runtime cannot use a GPU; empty when it can.
        folder: the current folder.
        folder_problem: why it cannot be written to; empty when it can.
        problems: what needs mending for the CPU, in sentences; a missing GPU is none.
    """

    mlpspec: str
    python: str
    platform: str
    cpus: int
    memory: int
    onnxruntime: str
    providers: tuple[str, ...]
    packages: dict[str, str]
    cuda: str
    gpus: tuple[GpuReport, ...]
    cuda_problem: str
    folder: str
    folder_problem: str
    problems: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)


def examine() -> Report:
    """Look at the machine. Imports onnxruntime, but neither torch nor polars."""
    name, providers, problem = _onnxruntime()
    problems = [problem] if problem else []
    if len(onnxruntime_packages()) > 1:
        problems.append(f"onnxruntime and onnxruntime-gpu are both installed and overwrite each other: {REPAIR}")
    driver = read_driver()
    return Report(
        mlpspec=__version__,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        cpus=usable_cpus(),
        memory=_memory(),
        onnxruntime=name,
        providers=providers,
        packages={package: _version(package) for package in _PACKAGES},
        cuda=f"{driver.version // 1000}.{driver.version % 1000 // 10}" if driver and driver.version else "",
        gpus=tuple(GpuReport(gpu.name, gpu.memory, f"{gpu.capability[0]}.{gpu.capability[1]}") for gpu in driver.gpus) if driver else (),
        cuda_problem=cuda_problem() if name else "onnxruntime cannot be imported",
        folder=str(Path.cwd()),
        folder_problem=_folder_problem(),
        problems=tuple(problems),
    )


def usable_cpus() -> int:
    """How many cores this process may use: those it is bound to, or the share its container has."""
    cpus = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # no such limit here
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        if quota != "max":
            cpus = min(cpus, max(1, round(int(quota) / int(period))))
    return cpus


def _onnxruntime() -> tuple[str, tuple[str, ...], str]:
    """Package and version, providers, and why it cannot be imported."""
    try:
        onnxruntime = load_onnxruntime()
    except MachineError as error:
        return "", (), f"{error}: {error.diagnostics[0].help}"
    return f"{onnxruntime.package_name} {onnxruntime.__version__}", tuple(onnxruntime.get_available_providers()), ""


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0


def _folder_problem() -> str:
    try:
        with tempfile.TemporaryFile(dir="."):
            return ""
    except OSError as error:
        return error.strerror or str(error)
