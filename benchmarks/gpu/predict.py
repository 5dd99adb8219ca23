"""Answers on a GPU: latency and rows a second of every way to calculate them, by rows of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from briefly_trained import Made, briefly_trained, numbers

from mlpspec.data.operators import run_program
from mlpspec.runtime.cuda_graphs import SIZES, GraphRuns, Lane
from mlpspec.runtime.cuda_session import cuda_provider_options, joined, whole_session
from mlpspec.runtime.device import CudaOptions
from mlpspec.runtime.model_file import model_from_bytes
from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.session import CPU_PROVIDER, create_session, inspect_model, session_facts, session_options
from mlpspec.runtime.split import split
from mlpspec.runtime.synthetic import synthetic_rows
from mlpspec.timing import take_turns

BATCHES = (1, 16, 256, 1024, 4096, 65536)

MODELS = {
    "32-64-64, a text": (64, 2),
    "32-512x4, a text": (512, 4),
    "32-2048x3, a text": (2048, 3),
}
"""Width and number of hidden layers."""

Call = Callable[[], object]


@dataclass(frozen=True)
class Measured:
    """A way to calculate at a number of rows: seconds of a call at the median and at the 99th of a hundred."""

    model: str
    way: str
    rows: int
    calls: int
    p50: float
    p99: float


def spec(name: str) -> str:
    units, repeat = MODELS[name]
    network = f"model:\n  - dense: {{units: {units}, activation: relu, repeat: {repeat}}}\n  - head: kind\n"
    inputs = 'inputs: {x: {numeric: {columns: "x*"}}, colour: category}\ntargets: {kind: category}\n'
    return f"mlpspec: 1\nname: gpu\n{inputs}{network}"


def measure(name: str, device: str, batches: tuple[int, ...], seconds: float, note: Callable[[str], None]) -> Iterator[Measured]:
    """All ways on one model, in turn for each number of rows.

    Args:
        device: `cuda:N`, or `cpu` for a rehearsal, in which what belongs on the GPU runs on the CPU.
        note: is told what is left out, and why.
    """
    made = briefly_trained(spec(name), numbers(32), "fp16", check=_has("jsonschema", note))
    ways = {**_predictors(made, device), **_plain(made, device)}
    card = Predictor(made.files["fp32"], "cpu").card
    for rows in batches:
        arrays = synthetic_rows(card, rows)
        calls = {way: call for way, make in ways.items() if (call := make(arrays)) is not None}
        for way, times in take_turns(calls, seconds=seconds).items():
            p50, p99 = map(float, np.percentile(times, (50, 99)))
            yield Measured(name, way, rows, len(times), p50, p99)


Make = Callable[[dict[str, np.ndarray]], Call | None]
"""Makes ready for the arrays of a batch; None where it cannot be done with so many rows."""


def _predictors(made: Made, device: str) -> dict[str, Make]:
    """Predictors as users have them: with graphs and without, with TF32, with a network in float16, and on the CPU."""
    settings: dict[str, tuple[str, dict[str, Any]]] = {
        "Predictor": ("fp32", {"cuda_graph": "off"}),
        "Predictor, CUDA graphs": ("fp32", {"cuda_graph": "on"}),
        "Predictor, TF32": ("fp32", {"cuda_graph": "off", "tf32": True}),
        "Predictor, CUDA graphs, TF32": ("fp32", {"cuda_graph": "on", "tf32": True}),
        "Predictor, fp16": ("fp16", {"cuda_graph": "off"}),
        "Predictor, CUDA graphs, fp16": ("fp16", {"cuda_graph": "on"}),
    }
    found: dict[str, Make] = {}
    for way, (precision, options) in settings.items():
        data = made.files[precision]
        run = Predictor(data, device, **options).run if device != "cpu" else _rehearsed(data, options)
        found[way] = partial(_called, run, SIZES[-1] if "graphs" in way else None)
    found["Predictor on the CPU"] = partial(_called, Predictor(made.files["fp32"], "cpu").run, None)
    return found


def _called(run: Callable[[Any], object], most: int | None, arrays: dict[str, np.ndarray]) -> Call | None:
    """A call with the arrays, unless they have more rows than `most`."""
    return None if most is not None and _rows(arrays) > most else partial(run, arrays)


def _plain(made: Made, device: str) -> dict[str, Make]:
    """ONNX Runtime without mlpspec, its core in memory of its own without a graph, and torch with its rows on the device."""
    file = model_from_bytes(made.files["fp32"])
    on_gpu = device != "cpu"
    index = int(device.partition(":")[2] or 0)
    whole = whole_session(file, index, CudaOptions()) if on_gpu else create_session(made.files["fp32"], session_options(1), [CPU_PROVIDER])
    parts = split(made.files["fp32"], inspect_model)
    cuda = ("CUDAExecutionProvider", cuda_provider_options(index, CudaOptions()))
    core = create_session(parts.core, session_options(1), [cuda, CPU_PROVIDER] if on_gpu else [CPU_PROVIDER])
    facts = session_facts(core)
    place = ("cuda", index) if on_gpu else ("cpu", 0)
    names = [value.name for value in whole.get_outputs()]

    def bound(arrays: dict[str, np.ndarray]) -> Call:
        lane = Lane(core, place, facts.inputs, facts.outputs, _rows(arrays), "-1")

        def calculate(wanted: Any, given: Mapping[str, np.ndarray]) -> list[Any]:
            found = lane.run(given, _rows(given))
            return [found[name] for name in wanted]

        return partial(joined(parts, calculate, facts), names, arrays)

    return {
        "onnxruntime": lambda arrays: partial(whole.run, names, arrays),
        "onnxruntime, IOBinding": bound,
        "torch, rows on the device": partial(_torch, made, device),
    }


def _torch(made: Made, device: str, arrays: dict[str, np.ndarray]) -> Call:
    """The network alone, without preprocessing and labels: less work than the others have."""
    import torch

    module = made.module.to(device)
    encoded = {
        name: run_program(item.program, {item.program.inputs[0]: arrays[name]})[item.program.outputs[0]]
        for name, item in made.preprocessing.inputs.items()
    }
    tensors = [torch.from_numpy(np.ascontiguousarray(encoded[value.name])).to(device) for value in made.graph.inputs]

    def call() -> object:
        with torch.inference_mode():
            answer = module(*tensors)
            if device != "cpu":
                torch.cuda.synchronize(device)
        return answer

    return call


def _rehearsed(data: bytes, options: Mapping[str, Any]) -> Callable[[Any], object]:
    """The parts of a model cut and bound as on a GPU, with all of them on the CPU."""
    parts = split(data, inspect_model)
    core = create_session(parts.core, session_options(1), [CPU_PROVIDER])
    facts = session_facts(core)
    graphs = GraphRuns(core, ("cpu", 0), facts.inputs, facts.outputs)
    run = joined(parts, core.run if options["cuda_graph"] == "off" else graphs.run, facts)
    names = [value.name for value in (parts.whole or facts).outputs]
    return lambda arrays: run(names, arrays)


def _rows(arrays: Mapping[str, np.ndarray]) -> int:
    return len(next(iter(arrays.values())))


def _has(package: str, note: Callable[[str], None]) -> bool:
    from importlib.util import find_spec

    if find_spec(package) is not None:
        return True
    note(f"{package} is missing: the specs of the benchmark are not held against the schema")
    return False
