from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mlpspec.atomic import write_atomically
from mlpspec.diagnostics import MachineError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refusal(path: Path) -> str:
    with pytest.raises(MachineError) as caught, write_atomically(path) as file:
        file.write(b"new")
    assert caught.value.diagnostics[0].code == "cannot-write"
    return str(caught.value)


def test_whole_file_appears_at_the_end_only(tmp_path):
    path = tmp_path / "a.bin"
    with write_atomically(path) as file:
        file.write(b"one")
        file.flush()
        assert not path.exists()
        assert Path(file.name).parent == tmp_path
    assert path.read_bytes() == b"one"
    assert names(tmp_path) == ["a.bin"]


def test_failure_keeps_the_old_file_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    for stop in (ZeroDivisionError, KeyboardInterrupt):
        with pytest.raises(stop), write_atomically(path) as file:  # noqa: PT012  # the block is what is tested
            file.write(b"x" * 100_000)
            raise stop
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_errors_of_the_block_that_are_not_about_the_disk_pass_unchanged(tmp_path):
    with pytest.raises(FileNotFoundError), write_atomically(tmp_path / "a"):
        Path("/nowhere/at/all").read_bytes()


def test_numpy_can_write_archives_to_it(tmp_path):
    with write_atomically(tmp_path / "a.npz") as file:
        np.savez_compressed(file, x=np.arange(3))
    with np.load(tmp_path / "a.npz") as data:
        assert data["x"].tolist() == [0, 1, 2]


def test_libraries_that_want_a_path_can_use_the_name(tmp_path):
    with write_atomically(tmp_path / "a.txt") as file:
        Path(file.name).write_bytes(b"by path")
    assert (tmp_path / "a.txt").read_bytes() == b"by path"


def test_unfit_places_are_named_before_any_work(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    assert "folder does not exist" in refusal(tmp_path / "missing" / "a")
    assert "a folder has that name" in refusal(tmp_path / "folder")
    assert "a file, not a folder" in refusal(tmp_path / "file" / "a")
    assert "name is too long" in refusal(tmp_path / ("n" * 300))
    assert names(tmp_path) == ["file", "folder"]


def test_a_name_of_the_longest_kind_works(tmp_path):
    path = tmp_path / ("n" * 255)
    with write_atomically(path) as file:
        file.write(b"x")
    assert path.read_bytes() == b"x"


def test_read_only_file_is_not_replaced(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o444)
    assert "permission denied" in refusal(path)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EACCES, "permission denied"), (errno.EROFS, "disk is read-only"), (errno.ENOSPC, "disk is full")]
)
def test_folder_that_takes_no_file(tmp_path, monkeypatch, number, words):
    def refuse(*arguments, **options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)  # the superuser, who runs some tests, may write everywhere
    assert words in refusal(tmp_path / "a")
    assert names(tmp_path) == []


def test_mode_of_an_existing_file_and_umask_for_a_new_one(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"")
    old.chmod(0o640)
    before = os.umask(0o027)
    try:
        for path in (old, new):
            with write_atomically(path) as file:
                file.write(b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


def test_symbolic_link_stays(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    with write_atomically(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_devices_are_written_directly():
    with write_atomically("/dev/null") as file:
        file.write(b"x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert "disk is full" in refusal(Path("/dev/full"))


FULL = """
import resource, signal, sys
from mlpspec.atomic import write_atomically
from mlpspec.diagnostics import MachineError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with write_atomically(sys.argv[1]) as file:
        file.write(b"x" * 5000)
except MachineError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="no file size limit here")
def test_full_disk_keeps_the_old_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True)
    assert "cannot write" in done.stdout
    assert "disk is full" in done.stdout
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


KILL = """
import sys
from mlpspec.atomic import write_atomically
for number in range(10**9):
    with write_atomically(sys.argv[1]) as file:
        file.write(str(number % 10).encode() * 100_000)
    if number == 0:
        print("started", flush=True)
"""


def test_killed_while_writing_leaves_a_whole_file(tmp_path):
    path = tmp_path / "a"
    for _ in range(5):
        process = subprocess.Popen([sys.executable, "-c", KILL, str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        process.kill()
        process.wait()
        process.stdout.close()
        data = path.read_bytes()
        assert len(data) == 100_000
        assert len(set(data)) == 1
