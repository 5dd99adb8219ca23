"""Trained runs that many tests look at."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist

from mlpspec.training.group import Group


@pytest.fixture(scope="session")
def weighted_table(table_text) -> str:
    """The table of sizes and colours with a column `weight`."""
    header, *lines = table_text.splitlines()
    return "\n".join([f"{header},weight", *(f"{line},{3 * (row % 10) + row % 3}" for row, line in enumerate(lines))]) + "\n"


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """What the compiled step finds out about this machine is kept for these tests alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def train_in(tmp_path, spec_text, weighted_table):
    """Train a spec (text) with settings on the table of sizes and colours; the result."""
    from mlpspec.compiler import loads
    from mlpspec.training.train import train

    def run(text=None, *settings, table=None, **options):
        (tmp_path / "table.csv").write_text(weighted_table if table is None else table)
        return train(loads(text or spec_text, folder=tmp_path, settings=settings), runs=tmp_path / "runs", **options)

    return run


@pytest.fixture(scope="session")
def _finished(tmp_path_factory, spec_text, weighted_table):
    from mlpspec.compiler import loads
    from mlpspec.training.train import train

    folder = tmp_path_factory.mktemp("finished")
    (folder / "table.csv").write_text(weighted_table)
    return train(loads(spec_text, folder=folder), runs=folder / "runs").folder.path


@pytest.fixture
def finished(_finished, tmp_path) -> Path:
    """The folder of a finished run, for the test alone."""
    return Path(shutil.copytree(_finished, tmp_path / "finished" / _finished.name))


@pytest.fixture
def metrics_of_run():
    """The lines of metrics.jsonl of a training result."""
    return lambda result: [json.loads(line) for line in (result.folder.path / "metrics.jsonl").read_text().splitlines()]


class Threads:
    """The processes of a group as threads of one: what they send each other goes through memory."""

    def __init__(self, size: int):
        self.size = size
        self.sent: list[Any] = [None] * size
        self.messages = 0
        self._barrier = threading.Barrier(size, timeout=60)
        self._own = threading.local()

    def run(self, work: Callable[[Group], Any]) -> list[Any]:
        """What each of them makes of `work`."""
        with ThreadPoolExecutor(self.size) as pool:
            futures = [pool.submit(self._run, rank, work) for rank in range(self.size)]
        failures = [failure for future in futures if (failure := future.exception()) is not None]
        for failure in sorted(failures, key=lambda failure: isinstance(failure, threading.BrokenBarrierError)):
            raise failure
        return [future.result() for future in futures]

    def _run(self, rank: int, work: Callable[[Group], Any]) -> Any:
        self._own.rank = rank
        try:
            return work(Group(rank, self.size, rank))
        except BaseException:
            self._barrier.abort()
            raise

    def _exchanged(self, tensor: torch.Tensor) -> Iterable[torch.Tensor]:
        self._barrier.wait()
        self.sent[self._own.rank] = tensor.clone()
        self.messages += self._own.rank == 0
        self._barrier.wait()
        return list(self.sent)

    def all_reduce(self, tensor: torch.Tensor, op: Any = dist.ReduceOp.SUM) -> None:
        """As torch.distributed has it."""
        every = torch.stack(list(self._exchanged(tensor)))
        tensor.copy_(every.sum(0) if op == dist.ReduceOp.SUM else every.amax(0))

    def broadcast(self, tensor: torch.Tensor, source: int) -> None:
        """As torch.distributed has it."""
        tensor.copy_(list(self._exchanged(tensor))[source])


@pytest.fixture
def threads_as_group(monkeypatch):
    """Makes groups whose processes are threads."""

    def make(size: int) -> Threads:
        threads = Threads(size)
        monkeypatch.setattr(dist, "all_reduce", threads.all_reduce)
        monkeypatch.setattr(dist, "broadcast", threads.broadcast)
        return threads

    return make


class LateLane:
    """A device that copies at the last moment: when somebody waits for it. Its memory is NaN or -1 where nothing has arrived."""

    device = torch.device("cpu")

    def __init__(self):
        self.lock, self.asked, self.copied, self.moments, self.log = threading.Lock(), [], 0, 0, []

    def staging(self, shape, dtype):
        return torch.zeros(*shape, dtype=dtype)

    def memory(self, staged):
        return torch.full_like(staged, torch.nan if staged.is_floating_point() else -1)

    def done_so_far(self):
        with self.lock:
            self.moments += 1
            self.log.append(("done", self.moments))
            return self.moments

    def send(self, copies, after):
        with self.lock:
            self.asked.append(list(copies))
            self.log.append(("send", after))
            return len(self.asked)

    def receive(self, mark):
        self.copy_until(mark)
        self.log.append(("receive", mark))

    def wait(self, mark):
        self.copy_until(mark)

    def copy_until(self, mark):
        with self.lock:
            for copies in self.asked[self.copied : mark]:
                for to, source in copies:
                    to.copy_(source)
            self.copied = max(self.copied, mark)


@pytest.fixture
def late_lane():
    """Its class."""
    return LateLane
