"""What the tests on a GPU share. `python tests/gpu/run.py` runs them all and prints one table.

MLPSPEC_TEST_DEVICE says where: `cuda:0` must work; `cpu` rehearses the same way through the tests on the CPU, which proves nothing about
a GPU; without it they run on the GPU where there is one and are skipped elsewhere. They need neither polars nor jsonschema.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

ABSOLUTE, RELATIVE = 1e-5, 1e-4
"""The bounds of the export's proof."""

TIE = 1e-3
"""Labels may differ where their probabilities are closer than this."""

WANTED = os.environ.get("MLPSPEC_TEST_DEVICE", "")


@dataclass(frozen=True)
class Where:
    """Where the tests run."""

    name: str

    @property
    def is_cuda(self) -> bool:
        return self.name != "cpu"

    @property
    def index(self) -> int:
        return int(self.name.partition(":")[2] or 0)


def _refuse(problem: str) -> None:
    if WANTED:
        pytest.fail(f"{WANTED} was promised, and cannot be used: {problem}", pytrace=False)
    pytest.skip(problem)


@pytest.fixture(scope="session")
def where() -> Where:
    """The device for ONNX Runtime."""
    if WANTED == "cpu":
        return Where("cpu")
    from mlpspec.runtime.cuda import cuda_problem

    name = WANTED or "cuda:0"
    problem = cuda_problem(int(name.partition(":")[2] or 0))
    if problem:
        _refuse(problem)
    return Where(name)


@pytest.fixture(scope="session")
def torch_device() -> str:
    """The device for training."""
    if WANTED == "cpu":
        return "cpu"
    from mlpspec.diagnostics import MachineError
    from mlpspec.training.device import training_device

    try:
        return str(training_device(WANTED or "cuda:0")[0])
    except MachineError as error:
        _refuse(str(error))
        raise


_FOUND = pytest.StashKey[list[tuple[str, str, str]]]()


@pytest.fixture
def found(request) -> Callable[[str, str], None]:
    """Put a line into the table: what was looked at, and what was found."""
    lines = request.config.stash.setdefault(_FOUND, [])

    def note(what: str, result: str) -> None:
        lines.append((request.node.name, what, result))

    return note


def pytest_terminal_summary(terminalreporter, config):
    lines = config.stash.get(_FOUND, [])
    if not lines:
        return
    from mlpspec.cli.table import aligned

    where = WANTED or "cuda:0"
    terminalreporter.section("a rehearsal on the CPU: nothing about a GPU" if where == "cpu" else f"found on {where}")
    terminalreporter.write_line(aligned(["test", "what", "found"], [list(line) for line in lines], numeric_from=3))


@pytest.fixture(scope="session", autouse=True)
def _without_schema():
    """Where jsonschema is missing the specs of these tests, which are right, are taken as they are."""
    try:
        import jsonschema  # noqa: F401
    except ModuleNotFoundError:
        from mlpspec import compiler

        compiler.validate = lambda tree: []


@dataclass
class Exported:
    """A model file's bytes, the run it was exported from, and raw rows."""

    data: bytes
    run: Any
    rows: dict[str, np.ndarray]

    def trained(self) -> dict[str, np.ndarray]:
        """What NumPy and torch on the CPU answer."""
        from mlpspec.exporting.trained import trained_answers
        from mlpspec.training.run_document import load_run_document, load_run_module

        preprocessing = self.run.preprocessing()
        graph, module = load_run_module(self.run, load_run_document(self.run, reads_data=False), preprocessing)
        return trained_answers(module, graph, preprocessing, self.rows)


TRAINING = "training: {epochs: 1, batch_size: 128, device: cpu}\n"
TIMES = 4
"""How often the rows that a run keeps are repeated, to make more than the largest batch that is a graph."""


@pytest.fixture(scope="session")
def export(tmp_path_factory) -> Callable[..., Exported]:
    """From a spec's text, without `training:`, and rows in memory to a model file, after an epoch on the CPU."""
    from mlpspec.compiler import loads
    from mlpspec.exporting.export import export as write
    from mlpspec.training.train import train

    def make(text: str, frame: Mapping[str, Any], *settings: str) -> Exported:
        folder = tmp_path_factory.mktemp("run")
        run = train(loads(text + TRAINING), frame=dict(frame), runs=folder).folder
        data = write(run, folder / "model.onnx", settings=settings, frame=dict(frame)).path.read_bytes()
        return Exported(data, run, {name: np.concatenate([values] * TIMES) for name, values in run.proof_rows().items()})

    return make


@pytest.fixture(scope="session")
def predictor_on(where) -> Callable[..., Any]:
    """A Predictor on the device; in a rehearsal one whose parts are cut and bound as on a GPU, with all of them on the CPU."""
    from mlpspec.runtime.cuda_graphs import GraphRuns
    from mlpspec.runtime.cuda_session import joined
    from mlpspec.runtime.predictor import Predictor
    from mlpspec.runtime.session import CPU_PROVIDER, create_session, inspect_model, session_facts, session_options
    from mlpspec.runtime.split import split

    def make(data: bytes, **options: Any) -> Predictor:
        if where.is_cuda:
            return Predictor(data, where.name, **options)
        predictor = Predictor(data, "cpu", threads=1)
        parts = split(data, inspect_model)
        core = create_session(parts.core, session_options(1), [CPU_PROVIDER])
        facts = session_facts(core)
        graphs = GraphRuns(core, ("cpu", 0), facts.inputs, facts.outputs, strict=True)
        run = joined(parts, core.run if options.get("cuda_graph") == "off" else graphs.run, facts)
        predictor.engine = replace(predictor.engine, run=run)
        predictor._run = run
        return predictor

    return make


@pytest.fixture(scope="session")
def session_on(where) -> Callable[[bytes], Any]:
    """A session of a model on the device, of which nothing but the calculation of shapes may be on the CPU."""
    from mlpspec.runtime.cuda_session import SHAPES, cuda_provider_options, placement_warnings
    from mlpspec.runtime.device import CudaOptions
    from mlpspec.runtime.session import CPU_PROVIDER, create_session, session_options

    def make(data: bytes) -> Any:
        options = session_options(1)
        options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
        cuda = ("CUDAExecutionProvider", cuda_provider_options(where.index, CudaOptions()))
        session = create_session(data, options, [cuda, CPU_PROVIDER] if where.is_cuda else [CPU_PROVIDER])
        if where.is_cuda:
            assert "CUDAExecutionProvider" in session.get_providers()
            placed = [(part.ep_name, node.op_type) for part in session.get_provider_graph_assignment_info() for node in part.get_nodes()]
            assert placement_warnings(placed, SHAPES) == ()
        return session

    return make


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference of numbers in units of the tolerance; at most 1 is equal."""
    assert one.shape == other.shape
    apart = np.abs(one.astype(np.float64) - other.astype(np.float64)) / (ABSOLUTE + RELATIVE * np.abs(other))
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    return float(np.nan_to_num(np.where(same, 0.0, apart), nan=np.inf).max(initial=0.0))


def undecided(probabilities: np.ndarray) -> np.ndarray:
    """The rows in which two classes, or yes and no, are about as likely."""
    highest = np.sort(probabilities, axis=1)
    tied = highest[:, -1] - highest[:, -2] < TIE if probabilities.shape[1] > 1 else np.zeros(len(highest), bool)
    return tied | (np.abs(probabilities - 0.5) < TIE).any(axis=1)


@pytest.fixture(scope="session")
def worst() -> Callable[[Mapping[str, np.ndarray], Mapping[str, np.ndarray]], float]:
    """The largest difference of all answers in units of the tolerance; labels must be equal where they are not tied."""

    def compare(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> float:
        largest = 0.0
        for name, values in one.items():
            expected = other[name]
            if values.dtype.kind == "f":
                largest = max(largest, distance(values, expected))
            else:
                different = (values != expected).reshape(len(values), -1).any(axis=1)
                assert not (different & ~undecided(other[f"{name}_probability"])).any(), f"labels of `{name}` differ"
        return largest

    return compare
