import time

import pytest

from mlpspec.diagnostics import MachineError, UsageError
from mlpspec.runtime.benchmark import PLAIN, PREDICTOR, benchmark
from mlpspec.timing import LEAST


@pytest.fixture
def file(mixed, tmp_path):
    path = tmp_path / "mixed.onnx"
    path.write_bytes(mixed)
    return path


def test_every_setting_is_timed(file):
    found = list(benchmark(file, devices=["cpu"], threads=[1, 2], batch_sizes=[1, 16], seconds=0))
    assert [(t.what, t.device, t.threads, t.rows) for t in found] == [
        (what, "cpu", threads, rows) for threads in (1, 2) for rows in (1, 16) for what in (PLAIN, PREDICTOR)
    ]
    for timing in found:
        assert timing.calls == LEAST
        assert 0 < timing.p50 <= timing.p99 < 10
        assert timing.rows_per_second == timing.rows / timing.p50
        assert (timing.overhead is None) == (timing.what == PLAIN)


def test_other_contenders_get_the_same_rows_and_setting(file):
    seen = []

    def sleeper(arrays, device, threads):
        seen.append((arrays["size"].shape, device, threads))
        return lambda: time.sleep(0.01)

    found = list(benchmark(file, devices=["cpu"], threads=[1], batch_sizes=[3], seconds=0, others={"sleeper": sleeper}))
    assert seen == [((3, 2), "cpu", 1)]
    assert found[-1].what == "sleeper"
    assert 0.01 <= found[-1].p50 < 0.1
    assert found[-1].overhead is None


def test_faults_are_those_of_the_predictor(file, tmp_path):
    with pytest.raises(UsageError):
        list(benchmark(tmp_path / "nothing.onnx"))
    with pytest.raises(UsageError):
        list(benchmark(file, devices=["gpu"]))


def test_a_gpu_that_is_not_there_is_not_replaced(file, monkeypatch):
    monkeypatch.setattr("mlpspec.runtime.cuda.cuda_problem", lambda index: "there is none")
    with pytest.raises(MachineError, match="cuda:0 was asked for"):
        list(benchmark(file, devices=["cuda"], batch_sizes=[1], seconds=0))
