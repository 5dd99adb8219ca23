"""A model on the device that was asked for, or the reason why not."""

from __future__ import annotations

from mlpspec.diagnostics import MachineError
from mlpspec.runtime.device import CudaOptions, Device, DeviceChoice
from mlpspec.runtime.engine import Engine
from mlpspec.runtime.model_file import ModelFile
from mlpspec.runtime.session import cpu_session, session_facts


def open_engine(model: ModelFile, device: Device, options: CudaOptions, *, threads: int | None = None) -> Engine:
    """A model on a device.

    Args:
        model: the model file.
        device: `cpu`, `cuda` (works or fails), `auto` (CUDA where it works, else the CPU, and why).
        options: how a GPU is used.
        threads: how many CPU threads calculate; ONNX Runtime's own choice by default, which is one a core.

    Raises:
        MachineError: `no-gpu` when CUDA is asked for and cannot run the model.
        ModelFileError: when ONNX Runtime refuses the model.
    """
    if device.kind == "cpu":
        return _cpu_engine(model, threads, "as asked")
    from mlpspec.runtime.cuda import cuda_problem  # these are slow to import, and the CPU needs none of them

    problem = cuda_problem(device.index)
    if not problem:
        from mlpspec.runtime.cuda_session import UnusableGpu, cuda_engine

        try:
            return cuda_engine(model, device.index, options, threads)
        except UnusableGpu as error:
            problem = str(error)
    if device.kind == "cuda":
        help = "mend the cause, or run with the device `cpu`; `mlpspec doctor` tells more"
        raise MachineError(f"{device} was asked for and cannot be used: {problem}", code="no-gpu", help=help)
    return _cpu_engine(model, threads, f"because {problem}")


def _cpu_engine(model: ModelFile, threads: int | None, reason: str) -> Engine:
    session = cpu_session(model, threads)
    return Engine(session.run, session_facts(session, place=model.name), DeviceChoice("cpu", reason))
