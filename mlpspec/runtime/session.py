"""Sessions of ONNX Runtime, and what they say about their models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlpspec.diagnostics import ModelFileError
from mlpspec.runtime.card import Value
from mlpspec.runtime.library import load_onnxruntime
from mlpspec.runtime.model_file import ModelFile
from mlpspec.runtime.refusals import refusal

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

CPU_PROVIDER = "CPUExecutionProvider"

SPIN_MICROSECONDS = "100"
"""How long a thread without work looks for more before it sleeps: over the gaps within a run and between runs in a row, which then need not
wake it, and hardly into the reading and writing that comes between larger batches (`benchmarks/predictor.py --settings`)."""


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


def cpu_session(model: ModelFile, threads: int | None = None) -> InferenceSession:
    """A session on the CPU.

    Args:
        model: the model file; the session is made of its bytes, so that it can read no other file.
        threads: how many threads calculate; ONNX Runtime's own choice by default, which is one a core.

    Raises:
        ModelFileError: when ONNX Runtime refuses the model.
        MachineError: when there is not enough memory for it.
    """
    try:
        return create_session(model.data, session_options(threads), [CPU_PROVIDER])
    except Exception as error:  # ONNX Runtime has a dozen kinds, none with a common base, and adds new ones
        raise refusal(error, model) from error


def inspect_model(data: bytes) -> SessionFacts:
    """What ONNX Runtime says about a model, every value with the type that the file gives it; nothing is optimized."""
    onnxruntime = load_onnxruntime()
    options = session_options(1)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.disable_prepacking", "1")
    return session_facts(create_session(data, options, [CPU_PROVIDER]))


def session_options(threads: int | None) -> Any:
    """What all sessions have in common: nothing is printed, only ONNX files are read, and threads soon sleep."""
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors arrive as exceptions; the log would print them a second time
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.add_session_config_entry("session.intra_op.spin_duration_us", SPIN_MICROSECONDS)
    if threads is not None:
        options.intra_op_num_threads = threads
    return options


def create_session(data: bytes, options: Any, providers: list[Any]) -> InferenceSession:
    """A session with these providers, or ONNX Runtime's error: never with others in their place."""
    onnxruntime = load_onnxruntime()
    return onnxruntime.InferenceSession(data, options, providers=providers, enable_fallback=0)
