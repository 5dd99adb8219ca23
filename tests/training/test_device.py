from contextlib import contextmanager

import pytest
import torch

from mlpspec.diagnostics import MachineError
from mlpspec.training.device import current, random_state, set_random_state, training_device


@pytest.fixture
def gpus(monkeypatch):
    """Pretend that torch is built with CUDA and finds so many GPUs."""

    def pretend(count):
        monkeypatch.setattr(torch.version, "cuda", "12.8")
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU number {index}")

    return pretend


def test_the_cpu_is_taken_when_asked_for(gpus):
    gpus(2)
    assert training_device("cpu") == (torch.device("cpu"), "cpu, as asked")


@pytest.mark.parametrize(("wanted", "device"), [("auto", "cuda:0"), ("cuda", "cuda:0"), ("cuda:0", "cuda:0"), ("cuda:1", "cuda:1")])
def test_a_gpu_is_taken_when_there_is_one(gpus, wanted, device):
    gpus(2)
    found, reason = training_device(wanted)
    assert str(found) == device
    assert reason == f"{device}, GPU number {device[-1]}"


@pytest.mark.parametrize(
    ("count", "wanted", "why"),
    [(0, "cuda", "finds no usable NVIDIA GPU"), (0, "cuda:1", "finds no usable"), (1, "cuda:1", "there is only one GPU, counted from 0")],
)
def test_a_gpu_asked_for_by_name_is_had_or_refused(gpus, count, wanted, why):
    """Row R6: only `auto` may fall back."""
    gpus(count)
    with pytest.raises(MachineError, match=why) as error:
        training_device(wanted)
    assert error.value.diagnostics[0].code == "no-gpu"
    assert wanted in error.value.diagnostics[0].message


def test_auto_falls_back_and_says_why(gpus, monkeypatch):
    gpus(0)
    assert training_device("auto") == (torch.device("cpu"), "cpu, because torch finds no usable NVIDIA GPU")
    monkeypatch.setattr(torch.version, "cuda", None)
    assert training_device("auto") == (torch.device("cpu"), "cpu, because this torch is built without CUDA")
    with pytest.raises(MachineError, match="built without CUDA"):
        training_device("cuda")


def test_random_numbers_of_a_device(monkeypatch):
    cpu, second = torch.device("cpu"), torch.device("cuda", 1)
    before = random_state(cpu)
    drawn = torch.rand(3)
    set_random_state(cpu, before)
    assert torch.equal(torch.rand(3), drawn)
    states = {}
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: states[device])
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, device: states.update({device: state}))
    set_random_state(second, drawn)
    assert random_state(second) is drawn


def test_a_gpu_is_the_current_one_only_within(monkeypatch):
    seen = []

    @contextmanager
    def device(wanted):
        seen.append(str(wanted))
        yield
        seen.append("back")

    monkeypatch.setattr(torch.cuda, "device", device)
    with current(torch.device("cpu")):
        pass
    with current(torch.device("cuda", 1)):
        seen.append("inside")
    assert seen == ["cuda:1", "inside", "back"]


def test_the_memory_in_use_is_what_the_system_says():
    """Of this process on Linux, in the kernel's other file about it, to a few megabytes: tests run meanwhile."""
    import re
    from pathlib import Path

    from mlpspec.training.device import memory_in_use

    status = Path("/proc/self/status")
    if not status.exists():
        assert memory_in_use(torch.device("cpu")) is None
        return
    expected = 1024 * int(re.search(r"VmRSS:\s+(\d+) kB", status.read_text())[1])
    assert memory_in_use(torch.device("cpu")) == pytest.approx(expected, abs=20e6)
