from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlpspec.data.streaming import cache
from mlpspec.data.streaming.cache import Cleared, cached, clear, contents, digests, entries_folder
from mlpspec.diagnostics import MachineError


def is_whole(path):
    return (path / "done").is_file()


def finish(path):
    (path / "done").write_text("x")


def silent(text):
    raise AssertionError(text)


def test_an_entry_is_made_once(folder):
    made = []

    def make(path):
        made.append(path)
        finish(path)

    entry = cached("key", is_whole, make, silent)
    assert entry == entries_folder() / "key"
    assert cached("key", is_whole, make, silent) == entry
    assert len(made) == 1
    assert not made[0].exists()


def test_nothing_is_left_of_what_fails(folder):
    def make(path):
        (path / "half").write_text("x")
        raise MachineError("the disk is full")

    with pytest.raises(MachineError, match="disk is full"):
        cached("key", is_whole, make, silent)
    assert [path.name for path in entries_folder().iterdir()] == [".key.lock"]


def test_a_damaged_entry_is_made_anew(folder):
    said = []
    entry = cached("key", is_whole, finish, silent)
    (entry / "done").unlink()
    assert is_whole(cached("key", is_whole, finish, said.append))
    assert "is damaged; it is made anew" in said[0]


SLOWLY = """
import sys, time
from pathlib import Path
from mlpspec.data.streaming.cache import cached

def make(path):
    print("making", flush=True)
    time.sleep(float(sys.argv[1]))
    (path / "done").write_text("x")

cached("key", lambda path: (path / "done").is_file(), make, print)
print("has it", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no lock")
def test_two_processes_do_the_work_once(folder):
    start = [sys.executable, "-c", SLOWLY, "0.5"]
    both = [subprocess.Popen(start, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert sum("making" in text for text in said) == 1
    assert all("has it" in text for text in said)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no lock")
def test_a_process_that_is_killed_leaves_nothing_in_the_way(folder):
    process = subprocess.Popen([sys.executable, "-c", SLOWLY, "60"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "making\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert len(list(entries_folder().glob(".key.*.tmp"))) == 1
    cached("key", is_whole, finish, silent)
    assert not list(entries_folder().glob(".key.*.tmp"))


USING = """
import sys
from pathlib import Path
from mlpspec.data.streaming.cache import cached

def make(path):
    (path / "done").write_bytes(bytes(1000))

cached(sys.argv[1], lambda path: (path / "done").is_file(), make, print)
print("has it", flush=True)
sys.stdin.read()
"""


def test_what_is_there_and_what_is_not_in_use_can_be_cleared(folder):
    entries_folder().mkdir(parents=True)
    (entries_folder() / ".killed.12345678.tmp").mkdir()
    (entries_folder() / ".killed.12345678.tmp" / "half").write_bytes(bytes(50))
    user, other = (
        subprocess.Popen([sys.executable, "-c", USING, key], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for key in ("used", "left")
    )
    assert user.stdout is not None
    assert user.stdout.readline() == "has it\n"
    other.communicate(timeout=60)
    found = contents()
    assert (found.folder, found.entries, found.bytes) == (entries_folder(), 3, 2050)
    assert found.free > 0
    expected = Cleared(removed=2, bytes=1050, in_use=1) if sys.platform != "win32" else Cleared(removed=3, bytes=2050, in_use=0)
    assert clear() == expected
    assert [path.name for path in entries_folder().iterdir() if path.is_dir()] == ["used"] * expected.in_use
    user.communicate(timeout=60)
    assert clear().in_use == 0
    assert (contents().entries, contents().bytes) == (0, 0)
    assert is_whole(cached("left", is_whole, finish, silent)), "it is made again"


def test_an_entry_that_this_process_uses_stays(folder):
    entry = cached("key", is_whole, finish, silent)
    (entries_folder() / "hashes.json").write_text("{}")
    if sys.platform != "win32":
        assert clear() == Cleared(0, 0, 1)
        assert is_whole(entry)
    cache._USED.pop(entry).release()
    assert clear().removed == 1
    assert not (entries_folder() / "hashes.json").exists()


def test_no_cache_at_all(folder):
    assert (contents().entries, contents().bytes) == (0, 0)
    assert clear() == Cleared(0, 0, 0)
    assert not entries_folder().exists()


def test_a_cache_that_cannot_be_written(folder, monkeypatch):
    monkeypatch.setenv("MLPSPEC_CACHE", "/proc/nothing")
    with pytest.raises(MachineError, match="cannot write /proc/nothing/data") as error:
        cached("key", is_whole, finish, silent)
    [diagnostic] = error.value.diagnostics
    assert diagnostic.help.endswith("MLPSPEC_CACHE names another folder for what is cached")


def test_digests_are_remembered(folder, monkeypatch):
    path = Path("a.csv")
    path.write_text("x")
    expected = {"a.csv": hashlib.sha256(b"x").hexdigest()}
    assert digests({"a.csv": path}) == expected
    with monkeypatch.context() as patched:
        patched.setattr("mlpspec.data.streaming.cache.sha256", silent)
        assert digests({"a.csv": path}) == expected
    path.write_text("y")
    os.utime(path, ns=(time.time_ns(), time.time_ns() + 10))
    assert digests({"a.csv": path}) == {"a.csv": hashlib.sha256(b"y").hexdigest()}
    (entries_folder() / "hashes.json").write_text("[no")
    assert digests({"a.csv": path}) == {"a.csv": hashlib.sha256(b"y").hexdigest()}
