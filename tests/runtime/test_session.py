from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from onnx import helper

from mlpspec.diagnostics import MachineError, ModelFileError, Severity
from mlpspec.runtime import session as module
from mlpspec.runtime.card import Value
from mlpspec.runtime.device import Device, DeviceChoice
from mlpspec.runtime.model_file import model_from_bytes
from mlpspec.runtime.session import UnusableGpu, cuda_provider_options, one_row, open_session, placement_warnings

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


class SessionStandIn:
    """What a session on a GPU answers about itself."""

    def __init__(self, providers=(CUDA, CPU), placed=((CUDA, "Gemm"),), run_error=None):
        self._providers, self._placed, self._error = list(providers), placed, run_error
        self.ran = False

    def get_providers(self):
        return self._providers

    def get_inputs(self):
        return [SimpleNamespace(name="x", type="tensor(float)", shape=["batch", 3])]

    def get_outputs(self):
        return []

    def get_modelmeta(self):
        return SimpleNamespace(custom_metadata_map={})

    def get_provider_graph_assignment_info(self):
        return [SimpleNamespace(ep_name=place, get_nodes=lambda kind=kind: [SimpleNamespace(op_type=kind)]) for place, kind in self._placed]

    def run(self, names, arrays):
        self.ran = True
        assert arrays["x"].shape == (1, 3)
        if self._error:
            raise self._error


@pytest.fixture
def model(mixed):
    return model_from_bytes(mixed)


@pytest.fixture
def gpu(monkeypatch):
    """A machine whose GPU sessions are stand-ins: `gpu(session or error)`."""
    real = module._create

    def use(answer):
        def create(model, options, providers):
            if providers == [CPU]:
                return real(model, options, providers)
            assert providers[0][0] == CUDA
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(module, "_create", create)
        monkeypatch.setattr(module, "cuda_problem", lambda index: "")
        monkeypatch.setattr(module, "provider_problem", lambda: "the CUDA library libx is missing")
        monkeypatch.setattr(module, "_gpu_name", lambda index: "NVIDIA H200")

    return use


def test_cpu(model):
    session, choice = open_session(model, Device("cpu"), threads=1)
    assert choice == DeviceChoice("cpu", "as asked")
    assert session.get_providers() == [CPU]


def test_cuda_by_name_fails_with_the_reason_and_auto_says_it(model, monkeypatch):
    monkeypatch.setattr(module, "cuda_problem", lambda index: f"GPU {index} has gone")
    with pytest.raises(MachineError, match="cuda:1 was asked for and cannot be used: GPU 1 has gone") as caught:
        open_session(model, Device("cuda", 1))
    assert caught.value.exit_code == 6
    assert caught.value.diagnostics[0].code == "no-gpu"
    assert caught.value.diagnostics[0].help
    _, choice = open_session(model, Device("auto"))
    assert choice == DeviceChoice("cpu", "because GPU 0 has gone")


def test_working_gpu_is_used_and_has_calculated(model, gpu):
    stand_in = SessionStandIn(placed=((CUDA, "Gemm"), (CPU, "LabelEncoder"), (CPU, "Gather")))
    gpu(stand_in)
    for device in (Device("cuda"), Device("auto")):
        session, choice = open_session(model, device)
        assert session is stand_in
        assert choice == DeviceChoice("cuda:0", "NVIDIA H200")
    assert stand_in.ran


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (SessionStandIn(providers=[CPU]), "the CUDA library libx is missing"),
        (SessionStandIn(placed=((CPU, "Gemm"),)), "none of the model's operators runs on the GPU"),
        (RuntimeError("CUDA failure 2: out of memory ; GPU=0 ; hostname=x"), "CUDA reports: out of memory"),
        (SessionStandIn(run_error=RuntimeError("CUDA failure 209: no kernel image is available ; GPU=0")), "no kernel image is available"),
    ],
)
def test_gpu_that_fails_later_is_refused_too(model, gpu, answer, reason):
    gpu(answer)
    with pytest.raises(MachineError, match=reason):
        open_session(model, Device("cuda"))
    session, choice = open_session(model, Device("auto"))
    assert choice.device == "cpu"
    assert reason in choice.reason
    assert session.get_providers() == [CPU]


def test_bad_model_is_the_models_fault_on_a_gpu_too(make, gpu):
    graph = make.small_graph([make.raw("x", make.FLOAT)], [make.raw("y", make.FLOAT)], [helper.make_node("Nonsense", ["x"], ["y"])])
    gpu(RuntimeError("anything"))
    with pytest.raises(ModelFileError, match="operator `Nonsense`"):
        open_session(model_from_bytes(make.model_bytes(graph, {})), Device("cuda"))


def test_calculations_left_to_the_cpu_are_reported():
    assert placement_warnings([(CUDA, "Gemm"), (CPU, "LabelEncoder"), (CPU, "Shape")]) == ()
    (warning,) = placement_warnings([(CUDA, "Gemm"), (CPU, "Celu"), (CPU, "Celu"), (CPU, "Gemm")])
    assert warning.severity is Severity.WARNING
    assert "3 of 4 operators run on the CPU although a GPU is used: Celu (2), Gemm" in warning.message
    with pytest.raises(UnusableGpu):
        placement_warnings([(CPU, "Gemm")])


def test_full_precision_unless_asked():
    assert cuda_provider_options(1, tf32=False)["use_tf32"] == "0"
    assert cuda_provider_options(1, tf32=True)["use_tf32"] == "1"
    assert cuda_provider_options(1, tf32=False)["device_id"] == "1"


def test_one_row_fits_the_inputs():
    row = one_row(
        [Value("x", "tensor(float)", ("batch", 2)), Value("t", "tensor(string)", ("batch", 1)), Value("f", "tensor(int64)", (4,))]
    )
    assert row is not None
    assert row["x"].tolist() == [[0, 0]]
    assert row["t"].tolist() == [[""]]
    assert row["f"].shape == (4,)
    assert row["t"].dtype == object
    assert one_row([Value("x", "tensor(float)", ("batch", "length"))]) is None
    assert one_row([Value("x", "tensor(bfloat16)", (1,))]) is None


def test_nothing_is_printed(model, make, capfd):
    open_session(model, Device("auto"))
    graph = make.small_graph([make.raw("x", make.FLOAT)], [make.raw("y", make.FLOAT)], [helper.make_node("Nonsense", ["x"], ["y"])])
    with pytest.raises(ModelFileError):
        open_session(model_from_bytes(make.model_bytes(graph, {})), Device("cpu"))
    assert capfd.readouterr() == ("", "")


@pytest.mark.gpu
def test_real_gpu_gives_the_answers_of_the_cpu(mixed, make):
    model = model_from_bytes(mixed)
    size, island = np.array([[1, np.nan], [3, 4]], np.float32), np.array([["Dream"], ["x"]], object)
    answers = []
    for device in ("cuda", "cpu"):
        session, choice = open_session(model, Device.parse(device))
        assert choice.warnings == ()
        answers.append(session.run(["species_probability"], {"size": size, "island": island})[0])
    np.testing.assert_allclose(answers[0], answers[1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(answers[0], make.mixed_answers(size, ["Dream", "x"]), rtol=1e-4, atol=1e-5)
