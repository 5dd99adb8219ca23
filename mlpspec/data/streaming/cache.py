"""A folder of finished work, each piece under the hash of all that it depends on; made once, by one process at a time."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mlpspec.atomic import write_atomically
from mlpspec.cache_folder import cache_folder, writing
from mlpspec.data.hashes import sha256
from mlpspec.data.streaming.lock import Lock

_USED: dict[Path, Lock] = {}
"""The entries that this process uses."""

_WAITING = "another process works on the same data; waiting for it"


def entries_folder() -> Path:
    """Where encoded data lies."""
    return cache_folder() / "data"


def cached(key: str, is_whole: Callable[[Path], bool], make: Callable[[Path], None], say: Callable[[str], None]) -> Path:
    """The folder of an entry, which is made where there is none or it is damaged. It is in use until the process ends: `clear` leaves it.

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
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
    _use(entry, say)
    if not is_whole(entry):
        _USED.pop(entry).release()
        with Lock(_lock(entry), waiting=lambda: say(_WAITING)):
            if not is_whole(entry):  # no other process made it meanwhile
                _make(entry, make, say)
        _use(entry, say)
    return entry


def _use(entry: Path, say: Callable[[str], None]) -> None:
    """Let others know that this process uses an entry."""
    if entry not in _USED:
        _USED[entry] = Lock(_lock(entry), shared=True, waiting=lambda: say(_WAITING))


def _make(entry: Path, make: Callable[[Path], None], say: Callable[[str], None]) -> None:
    for left in _unfinished(entry):  # by a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    new = _aside(entry)
    try:
        with writing(entry.parent):
            new.mkdir()
        make(new)
        with writing(entry.parent):
            if entry.exists():
                say(f"the encoded data in {entry} is damaged; it is made anew")
                shutil.rmtree(entry)
            new.replace(entry)
    finally:
        shutil.rmtree(new, ignore_errors=True)


@dataclass(frozen=True)
class Contents:
    """What is in the cache: its folder, how many entries, their bytes, and the bytes that are free on that disk."""

    folder: Path
    entries: int
    bytes: int
    free: int


@dataclass(frozen=True)
class Cleared:
    """What became of the entries: how many are gone, with so many bytes; how many are in use and stay."""

    removed: int
    bytes: int
    in_use: int


def contents() -> Contents:
    """Look into the cache."""
    root = entries_folder()
    there = next(folder for folder in (root, *root.absolute().parents) if folder.exists())
    return Contents(root, len(_entries()), _bytes(root), shutil.disk_usage(there).free)


def clear() -> Cleared:
    """Delete all entries that no process uses, and what processes that were killed left.

    Raises:
        MachineError: when they cannot be deleted.
    """
    before, in_use, entries = _bytes(entries_folder()), 0, _entries()
    for entry in entries:
        try:
            with Lock(_lock(entry)), writing(entry.parent):
                if entry.exists():
                    entry.replace(_aside(entry))  # nobody finds half of it
                for left in _unfinished(entry):
                    shutil.rmtree(left)
        except BlockingIOError:
            in_use += 1
    if not in_use:
        _memory().unlink(missing_ok=True)
    return Cleared(len(entries) - in_use, before - _bytes(entries_folder()), in_use)


def _entries() -> list[Path]:
    """Those that are there, and those that were begun."""
    root = entries_folder()
    names = {path.name.removeprefix(".").partition(".")[0] for path in root.glob("*") if path.is_dir()}
    return [root / name for name in sorted(names)]


def _bytes(folder: Path) -> int:
    found = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # another process has just deleted it
            found += path.stat().st_size if path.is_file() else 0
    return found


def _lock(entry: Path) -> Path:
    return entry.with_name(f".{entry.name}.lock")


def _aside(entry: Path) -> Path:
    """A name for a folder that is no entry yet, or no longer."""
    return entry.with_name(f".{entry.name}.{secrets.token_hex(4)}.tmp")


def _unfinished(entry: Path) -> list[Path]:
    return list(entry.parent.glob(f".{entry.name}.*.tmp"))


def digests(paths: Mapping[str, Path]) -> dict[str, str]:
    """The SHA-256 of files, by name. One whose path, size and time of change are as before is not read again."""
    memory = _memory()
    known = _read(memory)
    found = {}
    for name, path in paths.items():
        about = path.stat()
        key = f"{path.resolve()} {about.st_size} {about.st_mtime_ns}"
        found[name] = known[key] = known.get(key) or sha256(path)
    if known != _read(memory):
        with writing(memory.parent):
            memory.parent.mkdir(parents=True, exist_ok=True)
        with write_atomically(memory) as file:
            file.write(json.dumps(known, indent=1).encode())
    return found


def _memory() -> Path:
    return entries_folder() / "hashes.json"


def _read(memory: Path) -> dict[str, str]:
    try:
        content = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
