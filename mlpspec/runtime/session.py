"""Sessions of ONNX Runtime, on the device that was asked for or with the reason why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlpspec.diagnostics import Diagnostic, MachineError, ModelFileError, Severity
from mlpspec.runtime.card import Value
from mlpspec.runtime.cuda import PROVIDER, cuda_problem, provider_problem, read_driver
from mlpspec.runtime.device import Device, DeviceChoice
from mlpspec.runtime.library import load_onnxruntime
from mlpspec.runtime.model_file import ModelFile
from mlpspec.runtime.refusals import plain_reason, refusal

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

CPU_PROVIDER = "CPUExecutionProvider"

_AT_HOME_ON_THE_CPU = frozenset(
    # texts, which a GPU does not hold
    {"LabelEncoder", "StringNormalizer", "StringConcat", "StringSplit", "RegexFullMatch", "Equal", "Where"}
    # the calculation of shapes, whose results the CPU needs; also the moving of texts
    | {"Shape", "Size", "Constant", "ConstantOfShape", "Range", "Gather", "Squeeze", "Unsqueeze", "Concat", "Slice", "Split"}
    | {"Reshape", "Expand", "Cast", "Identity", "Flatten", "Transpose"}
    | {"MemcpyToHost", "MemcpyFromHost"}
)
"""Operators that a GPU run may leave to the CPU: ONNX Runtime has a CUDA kernel for numbers for each that moves or compares values, so
that these are on the CPU for texts and shapes only."""


class UnusableGpu(Exception):
    """The GPU cannot run the model; the text is the reason, as a clause."""


def open_session(
    model: ModelFile, device: Device, *, threads: int | None = None, tf32: bool = False
) -> tuple[InferenceSession, DeviceChoice]:
    """A session for a model on a device.

    Args:
        model: the model file; the session is made of its bytes, so that it can read no other file.
        device: `cpu`, `cuda` (works or fails), `auto` (CUDA where it works, else the CPU, and why).
        threads: how many CPU threads calculate; ONNX Runtime's own choice by default, which is one a core.
        tf32: let a GPU round the factors of matrix products to 10 bits, which is faster and differs from the CPU by about 1e-3.

    Raises:
        MachineError: `no-gpu` when CUDA is asked for and cannot run the model.
        ModelFileError: when ONNX Runtime refuses the model.
    """
    if device.kind == "cpu":
        return _cpu_session(model, threads), DeviceChoice("cpu", "as asked")
    problem = cuda_problem(device.index)
    if not problem:
        try:
            return _cuda_session(model, device.index, threads, tf32)
        except UnusableGpu as error:
            problem = str(error)
    if device.kind == "cuda":
        help = "mend the cause, or run with the device `cpu`; `mlpspec doctor` tells more"
        raise MachineError(f"{device} was asked for and cannot be used: {problem}", code="no-gpu", help=help)
    return _cpu_session(model, threads), DeviceChoice("cpu", f"because {problem}")


@dataclass(frozen=True)
class SessionFacts:
    """What a session says about its model: inputs, outputs, and the metadata that the exporter added."""

    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    metadata: Mapping[str, str]


def session_facts(session: InferenceSession, *, place: str = "") -> SessionFacts:
    """Ask a session about its model.

    Raises:
        ModelFileError: when names or metadata are not UTF-8.
    """
    try:
        metadata = session.get_modelmeta().custom_metadata_map
        return SessionFacts(values(session.get_inputs()), values(session.get_outputs()), metadata)
    except UnicodeDecodeError as error:
        help = "the file is damaged: export the model again"
        raise ModelFileError("the model holds names or metadata that are not UTF-8", place=place, help=help) from error


def values(nodes: Iterable[Any]) -> tuple[Value, ...]:
    """A session's inputs or outputs as data."""
    return tuple(Value(node.name, node.type, tuple(node.shape)) for node in nodes)


def cuda_provider_options(index: int, *, tf32: bool) -> dict[str, str]:
    """How the CUDA provider is set: full float32 unless `tf32`, and no long search for convolutions when the batch size changes."""
    return {"device_id": str(index), "use_tf32": str(int(tf32)), "cudnn_conv_algo_search": "HEURISTIC"}


def placement_warnings(placed: Iterable[tuple[str, str]]) -> tuple[Diagnostic, ...]:
    """What to say about the nodes of a GPU session, given as (provider, operator).

    Raises:
        UnusableGpu: when nothing at all runs on the GPU.
    """
    nodes = list(placed)
    if nodes and not any(provider == PROVIDER for provider, _ in nodes):
        raise UnusableGpu("none of the model's operators runs on the GPU")
    strays = [operator for provider, operator in nodes if provider != PROVIDER and operator not in _AT_HOME_ON_THE_CPU]
    if not strays:
        return ()
    names = ", ".join(operator if count == 1 else f"{operator} ({count})" for operator, count in Counter(strays).items())
    message = f"{len(strays)} of {len(nodes)} operators run on the CPU although a GPU is used: {names}"
    help = "export with operator set 20, for which ONNX Runtime has most CUDA kernels"
    return (Diagnostic("device", message, Severity.WARNING, help=help),)


def one_row(inputs: Sequence[Value]) -> dict[str, np.ndarray] | None:
    """A row of zeros and empty texts for a model; None when a size other than the batch is not known."""
    row: dict[str, np.ndarray] = {}
    for value in inputs:
        shape = (1, *value.shape[1:]) if value.shape and not isinstance(value.shape[0], int) else value.shape
        sizes = [size for size in shape if isinstance(size, int)]
        dtype = NUMPY_TYPES.get(value.type)
        if dtype is None or len(sizes) != len(shape):
            return None
        row[value.name] = np.full(sizes, "" if dtype is object else 0, dtype)
    return row


NUMPY_TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(string)": object,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(bool)": np.bool_,
}
"""The NumPy type of an ONNX Runtime type."""


def _cpu_session(model: ModelFile, threads: int | None) -> InferenceSession:
    try:
        return _create(model, _options(threads), [CPU_PROVIDER])
    except Exception as error:  # ONNX Runtime has a dozen kinds, none with a common base, and adds new ones
        raise refusal(error, model) from error


def _cuda_session(model: ModelFile, index: int, threads: int | None, tf32: bool) -> tuple[InferenceSession, DeviceChoice]:
    """A session on a GPU that has calculated a row there.

    Raises:
        UnusableGpu: when it does not come to that.
        ModelFileError: when the CPU refuses the model too.
    """
    options = _options(threads)
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    try:
        with _silence():
            session = _create(model, options, [(PROVIDER, cuda_provider_options(index, tf32=tf32)), CPU_PROVIDER])
        if PROVIDER not in session.get_providers():
            raise UnusableGpu(provider_problem() or "onnxruntime could not start its CUDA part")
        placed = [(part.ep_name, node.op_type) for part in session.get_provider_graph_assignment_info() for node in part.get_nodes()]
        warnings = placement_warnings(placed)
        row = one_row(session_facts(session).inputs)
        if row is not None:
            session.run(None, row)
    except UnusableGpu:
        raise
    except Exception as error:  # see `_cpu_session`
        _cpu_session(model, threads)  # a model that the CPU refuses as well is the model's fault, which this raises
        raise UnusableGpu(plain_reason(error)) from error
    return session, DeviceChoice(f"cuda:{index}", _gpu_name(index), warnings)


def _gpu_name(index: int) -> str:
    driver = read_driver()
    return driver.gpus[index].name if driver and index < len(driver.gpus) else "NVIDIA GPU"


def _options(threads: int | None) -> Any:
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors arrive as exceptions; the log would print them a second time
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.add_session_config_entry("session.force_spinning_stop", "1")  # between runs the cores are free for reading and writing
    if threads is not None:
        options.intra_op_num_threads = threads
    return options


def _create(model: ModelFile, options: Any, providers: list[Any]) -> InferenceSession:
    onnxruntime = load_onnxruntime()
    return onnxruntime.InferenceSession(model.data, options, providers=providers, enable_fallback=0)


@contextmanager
def _silence() -> Iterator[None]:
    """Without what ONNX Runtime prints when a provider does not load; the reason is found and said here."""
    onnxruntime = load_onnxruntime()
    onnxruntime.set_default_logger_severity(4)
    try:
        yield
    finally:
        onnxruntime.set_default_logger_severity(2)  # ONNX Runtime's own default; the level cannot be asked for
