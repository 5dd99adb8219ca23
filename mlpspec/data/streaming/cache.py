"""A folder of finished work, each piece under the hash of all that it depends on; made once, by one process at a time."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mlpspec.atomic import explained, write_atomically
from mlpspec.cache_folder import cache_folder
from mlpspec.data.hashes import sha256
from mlpspec.diagnostics import MachineError

try:
    import fcntl
except ImportError:  # Windows: two processes may do the same work, and the first one's stays
    fcntl = None


def entries_folder() -> Path:
    """Where encoded data lies."""
    return cache_folder() / "data"


def cached(key: str, is_whole: Callable[[Path], bool], make: Callable[[Path], None], say: Callable[[str], None]) -> Path:
    """The folder of an entry, which is made where there is none or it is damaged.

    Args:
        key: the entry's name.
        is_whole: whether a folder is what `make` left.
        make: fills a new folder, which gets its name when that ends well and goes when it does not.
        say: is told of what takes time.

    Raises:
        MachineError: when the folder cannot be written.
    """
    root = entries_folder()
    entry = root / key
    if is_whole(entry):
        return entry
    with explained(root):
        root.mkdir(parents=True, exist_ok=True)
    with _alone(root / f".{key}.lock", say):
        if is_whole(entry):  # another process made it meanwhile
            return entry
        for left in root.glob(f".{key}.*.tmp"):  # by a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        new = root / f".{key}.{secrets.token_hex(4)}.tmp"
        try:
            with explained(root):
                new.mkdir()
            make(new)
            with explained(root):
                if entry.exists():
                    say(f"the encoded data in {entry} is damaged; it is made anew")
                    shutil.rmtree(entry)
                new.replace(entry)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return entry


def digests(paths: Mapping[str, Path]) -> dict[str, str]:
    """The SHA-256 of files, by name. One whose path, size and time of change are as before is not read again."""
    memory = entries_folder() / "hashes.json"
    known = _read(memory)
    found = {}
    for name, path in paths.items():
        about = path.stat()
        key = f"{path.resolve()} {about.st_size} {about.st_mtime_ns}"
        found[name] = known[key] = known.get(key) or sha256(path)
    if known != _read(memory):
        with explained(memory.parent):
            memory.parent.mkdir(parents=True, exist_ok=True)
        with write_atomically(memory) as file:
            file.write(json.dumps(known, indent=1).encode())
    return found


@contextmanager
def _alone(lock: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Within it, no other process of this machine is. A process that ends, however, lets the others in."""
    if fcntl is None:
        yield
        return
    with explained(lock):
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process encodes the same data; waiting for it")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            help = "set MLPSPEC_CACHE to a folder on a disk of this machine"
            raise MachineError(f"{lock.parent} cannot be locked: {error.strerror}", code="cannot-write", help=help) from error
        yield
    finally:
        os.close(descriptor)


def _read(memory: Path) -> dict[str, str]:
    try:
        content = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
