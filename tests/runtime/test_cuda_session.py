"""The way onto a GPU with sessions that only say they are on one: everything but CUDA itself is real."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from onnx import helper

from mlpspec.diagnostics import MachineError, ModelFileError, Severity
from mlpspec.runtime import cuda, cuda_session, opening
from mlpspec.runtime.cuda_graphs import WARM, GraphRuns
from mlpspec.runtime.cuda_session import SHAPES, TEXTS, UnusableGpu, cuda_provider_options, placement_warnings
from mlpspec.runtime.device import CudaOptions, Device, DeviceChoice
from mlpspec.runtime.model_file import model_from_bytes
from mlpspec.runtime.session import create_session, session_options

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
ARRAYS = {"size": np.array([[1, np.nan], [3, 4]], np.float32), "island": np.array([["Dream"], ["x"]], object)}
NAMES = ["species", "species_probability"]


class StandIn:
    """A session on the CPU that says it is on a GPU."""

    def __init__(self, data, machine, options):
        self._real = create_session(data, session_options(1), [CPU])
        self._machine, self.options = machine, options
        self.bound = 0

    def __getattr__(self, name):
        return getattr(self._real, name)

    def get_providers(self):
        return self._machine.providers

    def get_provider_graph_assignment_info(self):
        return [
            SimpleNamespace(ep_name=place, get_nodes=lambda kind=kind: [SimpleNamespace(op_type=kind)])
            for place, kind in self._machine.placed
        ]

    def run(self, names, arrays, options=None):
        if self._machine.run_error:
            raise self._machine.run_error
        return self._real.run(names, arrays, options)

    def run_with_iobinding(self, binding, options):
        if self._machine.graph_run_error:
            raise self._machine.graph_run_error
        self._real.run_with_iobinding(binding, options)
        self.bound += 1


@pytest.fixture
def gpu(monkeypatch):
    """A machine with a GPU; its attributes say how it behaves."""
    machine = SimpleNamespace(providers=[CUDA, CPU], placed=[(CUDA, "Gemm")], sessions=[])
    machine.create_error = machine.graph_error = machine.run_error = machine.graph_run_error = None

    def create(data, options, providers):
        if providers == [CPU]:
            return create_session(data, options, providers)
        (name, settings), last = providers
        assert (name, last) == (CUDA, CPU)
        graphs = settings["enable_cuda_graph"] == "1"
        error = machine.create_error or (machine.graph_error if graphs else None)
        if error:
            raise error
        machine.sessions.append(StandIn(data, machine, settings))
        return machine.sessions[-1]

    def on_the_cpu(session, device, inputs, outputs, **options):
        assert device == ("cuda", 0)
        return GraphRuns(session, ("cpu", 0), inputs, outputs, **options)

    monkeypatch.setattr(cuda_session, "create_session", create)
    monkeypatch.setattr(cuda_session, "GraphRuns", on_the_cpu)
    monkeypatch.setattr(cuda_session, "provider_problem", lambda: "the CUDA library libx is missing")
    monkeypatch.setattr(cuda_session, "_gpu_name", lambda index: "NVIDIA H200")
    monkeypatch.setattr(cuda, "cuda_problem", lambda index: "")
    return machine


@pytest.fixture
def model(mixed):
    return model_from_bytes(mixed)


def opened(model, device="cuda", **options):
    return opening.open_engine(model, Device.parse(device), CudaOptions(**options))


def assert_same(engine, model):
    expected = opened(model, "cpu").run(NAMES, ARRAYS)
    for one, other in zip(engine.run(NAMES, ARRAYS), expected, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("device", ["cuda", "auto"])
def test_texts_stay_here_and_numbers_go_there(model, gpu, device):
    engine = opened(model, device)
    assert engine.device == DeviceChoice("cuda:0", "NVIDIA H200, CUDA graphs up to 1024 rows")
    (session,) = gpu.sessions
    assert [value.name for value in session.get_inputs()] == ["size", "code"]
    assert [value.name for value in session.get_outputs()] == ["number", "species_probability"]
    assert [value.name for value in engine.facts.inputs] == ["size", "island"]
    assert [value.name for value in engine.facts.outputs] == NAMES
    assert "mlpspec.model" in engine.facts.metadata
    assert session.bound == 2  # one was recorded and one repeated before anyone asked
    for _ in range(WARM + 2):
        assert_same(engine, model)
    assert session.bound == 4


def test_without_graphs(model, gpu):
    engine = opened(model, cuda_graph="off")
    assert engine.device == DeviceChoice("cuda:0", "NVIDIA H200")
    (session,) = gpu.sessions
    assert session.options["enable_cuda_graph"] == "0"
    for _ in range(WARM + 2):
        assert_same(engine, model)
    assert session.bound == 0


def test_a_model_without_texts_goes_as_it_is(regression, gpu):
    engine = opened(model_from_bytes(regression))
    for count in range(1, 5):
        assert engine.run(["price"], {"x": np.full((1, 3), count, np.float32)})[0].tolist() == [6 * count]
    assert engine.facts.metadata


GRAPH_FAULTS = {
    "an operator on the CPU": (
        "graph_error",
        "This session cannot use the graph capture feature as requested by the user",
        "some of its operators run on the CPU",
    ),
    "a run that cannot be recorded": ("graph_run_error", "stream is capturing", "stream is capturing"),
}


@pytest.mark.parametrize("case", GRAPH_FAULTS)
def test_where_there_can_be_no_graphs_auto_goes_without_and_on_fails(model, gpu, case):
    attribute, message, reason = GRAPH_FAULTS[case]
    setattr(gpu, attribute, RuntimeError(message))
    engine = opened(model)
    assert engine.device == DeviceChoice("cuda:0", f"NVIDIA H200, without CUDA graphs because {reason}")
    assert gpu.sessions[-1].options["enable_cuda_graph"] == "0"
    assert_same(engine, model)
    with pytest.raises(MachineError, match=f"its runs cannot be CUDA graphs: {reason}"):
        opened(model, cuda_graph="on")


def test_a_graph_that_answers_otherwise_is_not_used(model, gpu, monkeypatch):
    class Wrong(GraphRuns):
        def run(self, names, arrays):
            found = super().run(names, arrays)
            return [value + 1 if self._session.bound > 1 else value for value in found]

    monkeypatch.setattr(cuda_session, "GraphRuns", lambda session, device, *args, **options: Wrong(session, ("cpu", 0), *args, **options))
    engine = opened(model)
    assert "without CUDA graphs because" in engine.device.reason
    assert "differs when the run is repeated as a graph" in engine.device.reason
    assert_same(engine, model)


def test_what_cannot_be_cut_runs_whole_and_without_graphs(make, gpu):
    encoder = helper.make_node(
        "LabelEncoder", ["x"], ["y"], domain="ai.onnx.ml", keys_int64s=[1], values_strings=["one"], default_string="other"
    )
    graph = make.small_graph([make.raw("x", make.INT64)], [make.raw("y", make.STRING)], [encoder])
    model = model_from_bytes(make.model_bytes(graph, {}))
    gpu.placed = [(CUDA, "Gemm"), (CPU, "LabelEncoder")]
    engine = opened(model)
    assert engine.device.reason.startswith("NVIDIA H200, without CUDA graphs because its output `y` is a text")
    assert engine.device.warnings == ()
    assert engine.run(["y"], {"x": np.array([1, 2])})[0].tolist() == ["one", "other"]
    with pytest.raises(MachineError, match="its runs cannot be CUDA graphs: its output `y`"):
        opened(model, cuda_graph="on")


def test_in_a_cut_model_a_text_operator_on_the_cpu_is_a_stray(model, gpu):
    gpu.placed = [(CUDA, "Gemm"), (CPU, "Shape"), (CPU, "LabelEncoder")]
    (warning,) = opened(model).device.warnings
    assert "1 of 3 operators run on the CPU although a GPU is used: LabelEncoder" in warning.message


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("providers", [CPU], "the CUDA library libx is missing"),
        ("placed", [(CPU, "Gemm")], "none of the model's operators runs on the GPU"),
        ("create_error", RuntimeError("CUDA failure 2: out of memory ; GPU=0 ; hostname=x"), "more of its memory than that it has free"),
        ("create_error", RuntimeError("CUDA failure 101: invalid device ordinal ; GPU=0"), "CUDA reports: invalid device ordinal"),
        ("run_error", RuntimeError("cuDNN is unavailable for CUDA: dlopen failed"), "library libcudnn.so.9 is missing .*nvidia-cudnn-cu13"),
        ("run_error", RuntimeError("CUDA failure 209: no kernel image is available ; GPU=0"), "no kernel image is available"),
    ],
)
@pytest.mark.parametrize("graphs", ["auto", "off"])
def test_a_gpu_that_fails_later_is_refused_too(model, gpu, attribute, value, reason, graphs):
    setattr(gpu, attribute, value)
    with pytest.raises(MachineError, match=reason):
        opened(model, cuda_graph=graphs)
    engine = opened(model, "auto", cuda_graph=graphs)
    assert engine.device.device == "cpu"
    assert re.search(reason, engine.device.reason)


def test_too_low_a_limit_is_named(model, gpu):
    gpu.create_error = RuntimeError("Available memory of 0 is smaller than requested bytes of 256")
    with pytest.raises(MachineError, match="more of its memory than that the limit of 100 bytes leaves"):
        opened(model, memory_limit=100)


def test_bad_model_is_the_models_fault_on_a_gpu_too(make, gpu):
    graph = make.small_graph([make.raw("x", make.FLOAT)], [make.raw("y", make.FLOAT)], [helper.make_node("Nonsense", ["x"], ["y"])])
    gpu.create_error = RuntimeError("anything")
    with pytest.raises(ModelFileError, match="operator `Nonsense`"):
        opened(model_from_bytes(make.model_bytes(graph, {})))


def test_calculations_left_to_the_cpu_are_reported():
    assert placement_warnings([(CUDA, "Gemm"), (CPU, "LabelEncoder"), (CPU, "Shape")], SHAPES | TEXTS) == ()
    (warning,) = placement_warnings([(CUDA, "Gemm"), (CPU, "Celu"), (CPU, "Celu"), (CPU, "Gemm")], SHAPES)
    assert warning.severity is Severity.WARNING
    assert "3 of 4 operators run on the CPU although a GPU is used: Celu (2), Gemm" in warning.message
    with pytest.raises(UnusableGpu):
        placement_warnings([(CPU, "Gemm")], SHAPES)


def test_provider_options():
    plain = cuda_provider_options(1, CudaOptions())
    assert (plain["device_id"], plain["use_tf32"], plain["enable_cuda_graph"]) == ("1", "0", "0")
    assert "gpu_mem_limit" not in plain
    assert cuda_provider_options(0, CudaOptions(tf32=True), graphs=True)["use_tf32"] == "1"
    assert cuda_provider_options(0, CudaOptions(), graphs=True)["enable_cuda_graph"] == "1"
    limited = cuda_provider_options(0, CudaOptions(memory_limit=2**30))
    assert (limited["gpu_mem_limit"], limited["arena_extend_strategy"]) == ("1073741824", "kSameAsRequested")
