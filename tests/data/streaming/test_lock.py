from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from mlpspec.data.streaming.lock import Lock
from mlpspec.diagnostics import MachineError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no lock")


def test_many_may_share_and_one_may_be_alone(tmp_path):
    path = tmp_path / "lock"
    with Lock(path, shared=True), Lock(path, shared=True), pytest.raises(BlockingIOError):
        Lock(path)
    with Lock(path):
        for shared in (True, False):
            with pytest.raises(BlockingIOError):
                Lock(path, shared=shared)
    Lock(path).release()


def test_who_waits_gets_it(tmp_path):
    path, order = tmp_path / "lock", []
    first = Lock(path)

    def wait():
        with Lock(path, waiting=lambda: (order.append("waits"), release.set())):
            order.append("has it")

    release = threading.Event()
    thread = threading.Thread(target=wait)
    thread.start()
    assert release.wait(60)
    order.append("released")
    first.release()
    thread.join(60)
    assert order == ["waits", "released", "has it"]


def test_a_process_that_ends_lets_go(tmp_path):
    take = "import os, sys; from pathlib import Path; from mlpspec.data.streaming.lock import Lock"
    program = f"{take}; lock = Lock(Path(sys.argv[1])); os._exit(7)"
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path / "lock")], check=False).returncode == 7
    Lock(tmp_path / "lock").release()


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(MachineError, match="the folder does not exist"):
        Lock(tmp_path / "nothing" / "lock")
