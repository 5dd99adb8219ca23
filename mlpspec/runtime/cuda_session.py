"""A model on a GPU: cut, opened, looked at and tried, before it counts as running there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from mlpspec.diagnostics import Diagnostic, Severity
from mlpspec.runtime.cuda import PROVIDER, library_problem, provider_problem, read_driver
from mlpspec.runtime.cuda_graphs import SIZES, WARM, GraphRuns, NoGraphs
from mlpspec.runtime.device import CudaOptions, DeviceChoice
from mlpspec.runtime.engine import Engine, Run
from mlpspec.runtime.library import load_onnxruntime
from mlpspec.runtime.model_file import ModelFile
from mlpspec.runtime.refusals import is_short_of_memory, plain_reason
from mlpspec.runtime.session import (
    CPU_PROVIDER,
    SessionFacts,
    cpu_session,
    create_session,
    inspect_model,
    one_row,
    session_facts,
    session_options,
)
from mlpspec.runtime.split import Parts, Unsplittable, split
from mlpspec.runtime.two_stage import TwoStage

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SHAPES = frozenset(
    {"Shape", "Size", "Constant", "ConstantOfShape", "Range", "Gather", "Squeeze", "Unsqueeze", "Concat", "Slice", "Split"}
    | {"Reshape", "Expand", "Cast", "Identity", "Flatten", "Transpose", "MemcpyToHost", "MemcpyFromHost"}
)
"""Operators that a GPU run may leave to the CPU: they calculate shapes, whose results the CPU needs, or move them. ONNX Runtime has a CUDA
kernel for numbers for each that moves numbers."""

TEXTS = frozenset({"LabelEncoder", "StringNormalizer", "StringConcat", "StringSplit", "RegexFullMatch", "Equal", "Where"})
"""Operators that may be there on account of texts, in a model that is not cut."""

NOT_ALL_THERE = "some of its operators run on the CPU"

AGREEMENT = 1e-3
"""How far, in proportion, the first repeated run may be from the same run before it was a graph."""


class UnusableGpu(Exception):
    """The GPU cannot run the model; the text is the reason, as a clause."""


def cuda_engine(model: ModelFile, index: int, options: CudaOptions, threads: int | None) -> Engine:
    """A model on a GPU that has calculated a row there.

    Raises:
        UnusableGpu: when it does not come to that.
        ModelFileError: when the CPU refuses the model too.
    """
    try:
        parts, problem = _parts(model)
        if options.cuda_graph != "off" and not problem:
            try:
                return _engine(parts, index, options, threads, SHAPES, f"CUDA graphs up to {SIZES[-1]} rows", graphs=True)
            except UnusableGpu:
                raise
            except Exception as error:  # see `cpu_session`; what is not about graphs happens without them as well
                problem = NOT_ALL_THERE if "graph capture feature" in str(error) else plain_reason(error)
        if options.cuda_graph == "on":
            raise UnusableGpu(f"its runs cannot be CUDA graphs: {problem}")
        at_home = SHAPES | TEXTS if parts.whole is None else SHAPES
        remark = f"without CUDA graphs because {problem}" if problem and options.cuda_graph == "auto" else ""
        return _engine(parts, index, options, threads, at_home, remark)
    except Exception as error:  # see `cpu_session`
        cpu_session(model, threads)  # a model that the CPU refuses as well is the model's fault, which this raises
        raise error if isinstance(error, UnusableGpu) else UnusableGpu(_why(error, options)) from error


def _why(error: Exception, options: CudaOptions) -> str:
    reason = plain_reason(error)
    if "cuDNN is unavailable" in reason:  # it is loaded by the first operator that needs it, and most need none
        return library_problem("Failed to load libcudnn.so.9: ")
    if not is_short_of_memory(reason):
        return reason
    limit = f" that the limit of {options.memory_limit:,} bytes leaves" if options.memory_limit is not None else " that it has free"
    return f"the model needs more of its memory than{limit}"


def whole_session(model: ModelFile, index: int, options: CudaOptions) -> InferenceSession:
    """The model as it is in one session on a GPU, as one has it without mlpspec; for comparisons.

    Raises:
        UnusableGpu: when ONNX Runtime does not start its CUDA part.
    """
    return _create(model.data, index, options, None)


def cuda_provider_options(index: int, options: CudaOptions, *, graphs: bool = False) -> dict[str, str]:
    """How the CUDA provider is set: full float32 unless asked otherwise, and no long search for convolutions when the batch size changes.

    Where memory is limited no more is taken than is needed; otherwise ONNX Runtime takes it in powers of two.
    """
    limited = {"gpu_mem_limit": str(options.memory_limit), "arena_extend_strategy": "kSameAsRequested"} if options.memory_limit else {}
    return {
        "device_id": str(index),
        "use_tf32": str(int(options.tf32)),
        "cudnn_conv_algo_search": "HEURISTIC",
        "enable_cuda_graph": str(int(graphs)),
        **limited,
    }


def placement_warnings(placed: Iterable[tuple[str, str]], at_home: Collection[str]) -> tuple[Diagnostic, ...]:
    """What to say about the nodes of a GPU session, given as (provider, operator); those `at_home` may be on the CPU.

    Raises:
        UnusableGpu: when nothing at all runs on the GPU.
    """
    nodes = list(placed)
    if nodes and not any(provider == PROVIDER for provider, _ in nodes):
        raise UnusableGpu("none of the model's operators runs on the GPU")
    strays = [operator for provider, operator in nodes if provider != PROVIDER and operator not in at_home]
    if not strays:
        return ()
    names = ", ".join(operator if count == 1 else f"{operator} ({count})" for operator, count in Counter(strays).items())
    message = f"{len(strays)} of {len(nodes)} operators run on the CPU although a GPU is used: {names}"
    help = "export with operator set 20 at precision fp32, fp16 or bf16: ONNX Runtime has CUDA kernels for all of that"
    return (Diagnostic("device", message, Severity.WARNING, help=help),)


def _parts(model: ModelFile) -> tuple[Parts, str]:
    """The model cut; or whole, and why."""
    try:
        return split(model.data, inspect_model), ""
    except Unsplittable as error:
        return Parts(model.data), str(error)


def _engine(
    parts: Parts, index: int, options: CudaOptions, threads: int | None, at_home: Collection[str], remark: str, *, graphs: bool = False
) -> Engine:
    core = _create(parts.core, index, options, threads, graphs=graphs)
    placed = [(part.ep_name, node.op_type) for part in core.get_provider_graph_assignment_info() for node in part.get_nodes()]
    warnings = placement_warnings(placed, at_home)
    facts = session_facts(core)
    repeated = GraphRuns(core, ("cuda", index), facts.inputs, facts.outputs, strict=options.cuda_graph == "on") if graphs else None
    run = joined(parts, repeated.run if repeated else core.run, facts)
    whole = parts.whole or facts
    _try(run, whole, repeated)
    return Engine(run, whole, DeviceChoice(f"cuda:{index}", ", ".join(filter(None, (_gpu_name(index), remark))), warnings))


def _create(data: bytes, index: int, options: CudaOptions, threads: int | None, *, graphs: bool = False) -> InferenceSession:
    settings = session_options(threads)
    settings.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    with _silence():
        session = create_session(data, settings, [(PROVIDER, cuda_provider_options(index, options, graphs=graphs)), CPU_PROVIDER])
    if PROVIDER not in session.get_providers():
        raise UnusableGpu(provider_problem() or "onnxruntime could not start its CUDA part")
    return session


def joined(parts: Parts, calculate: Run, core: SessionFacts) -> Run:
    """What runs the whole model, given what runs its core."""
    if parts.whole is None:
        return calculate
    front = None
    if parts.front is not None:
        session = create_session(parts.front, session_options(1), [CPU_PROVIDER])  # looking texts up is work for one thread
        front = (session.run, *_names(session_facts(session)))
    return TwoStage(front, (calculate, *_names(core)), parts.labels).run


def _names(facts: SessionFacts) -> tuple[list[str], list[str]]:
    return [value.name for value in facts.inputs], [value.name for value in facts.outputs]


def _try(run: Run, facts: SessionFacts, graphs: GraphRuns | None) -> None:
    """Calculate a row; with graphs until one was recorded and repeated, which must give what was calculated without.

    Raises:
        NoGraphs: when it does not.
    """
    row = one_row(facts.inputs)
    if row is None:
        return
    names = [value.name for value in facts.outputs]
    plain = run(names, row)
    if graphs is None:
        return
    for _ in range(WARM + 1):
        repeated = run(names, row)
        for name, one, other in zip(names, plain, repeated, strict=True):
            if not _agree(one, other):
                raise NoGraphs(f"`{name}` differs when the run is repeated as a graph")
    if graphs.problem:
        raise NoGraphs(graphs.problem)


def _agree(one: np.ndarray, other: np.ndarray) -> bool:
    if one.dtype.kind != "f":
        return bool((one == other).all())
    return np.allclose(one, other, rtol=AGREEMENT, atol=AGREEMENT, equal_nan=True)


def _gpu_name(index: int) -> str:
    driver = read_driver()
    return driver.gpus[index].name if driver and index < len(driver.gpus) else "NVIDIA GPU"


@contextmanager
def _silence() -> Iterator[None]:
    """Without what ONNX Runtime prints when a provider does not load; the reason is found and said here."""
    onnxruntime = load_onnxruntime()
    onnxruntime.set_default_logger_severity(4)
    try:
        yield
    finally:
        onnxruntime.set_default_logger_severity(2)  # ONNX Runtime's own default; the level cannot be asked for
