"""Files that are whole or not there: written beside their place, then put there in one step."""

from __future__ import annotations

import errno
import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from mlpspec.diagnostics import MachineError

_FULL = frozenset({errno.ENOSPC, errno.EFBIG, *(getattr(errno, name) for name in ("EDQUOT",) if hasattr(errno, name))})

_REASONS = {
    errno.ENOENT: ("the folder does not exist", "make the folder, or choose another"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "choose another path"),
    errno.EISDIR: ("a folder has that name", "name a file"),
    errno.EACCES: ("permission denied", "choose a place you may write to, or change its permissions"),
    errno.EPERM: ("permission denied", "choose a place you may write to, or change its permissions"),
    errno.EROFS: ("the disk is read-only", "choose another disk"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter name"),
    errno.ELOOP: ("its symbolic links lead in a circle", "choose another path"),
    errno.EIO: ("the disk reports an error", "check the disk, or choose another"),
}
_REASONS |= dict.fromkeys(_FULL, ("the disk is full, or the file is beyond the allowed size", "make room, or choose another disk"))


@contextmanager
def write_atomically(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file to write to. Under `path` stands the old file, or none, until the block ends well; then the new one, on disk.

    The file lies in the same folder as `.<name>.<random>.tmp` while it is written, and is removed when the block fails. Its `name` is that
    path, for libraries that want one. A symbolic link stays and its target is replaced; the mode of an existing file is kept. A device or a
    pipe (`/dev/stdout`) is written directly.

    Raises:
        MachineError: `cannot-write`, before the block where the place is unfit (no folder, no permission, a folder of that name, name too
            long), during or after it where the disk is full or fails.
    """
    shown = Path(path)
    with _explained(shown):
        target = Path(os.path.realpath(path))
        exists = _check(target)
    if exists and not target.is_file():
        with _explained(shown):
            special = _Raw(shown, os.open(target, os.O_WRONLY | getattr(os, "O_BINARY", 0)))
        with cast(BinaryIO, io.BufferedWriter(special)) as file:
            yield file
        return
    temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.tmp")
    with _explained(shown):
        raw = _Raw(shown, os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666), name=temporary)
    try:
        file = cast(BinaryIO, io.BufferedRandom(raw))
        try:
            with _explained(shown, only=_FULL):
                yield file
            file.flush()
            with _explained(shown):
                if exists:
                    temporary.chmod(target.stat().st_mode & 0o7777)
                os.fsync(raw.fileno())
        finally:
            with suppress(MachineError, OSError):  # a failure to flush here has a first cause, which is being reported
                file.close()
        with _explained(shown):
            temporary.replace(target)
            _flush_folder(target.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class _Raw(io.FileIO):
    """A file whose write errors are said in words, whoever writes to it."""

    def __init__(self, shown: Path, descriptor: int, *, name: Path | None = None):
        super().__init__(descriptor, "r+b" if name else "wb")
        self._shown = shown
        if name:
            self.name = str(name)

    def write(self, data: Any, /) -> int:
        with _explained(self._shown):
            return super().write(data)


def _check(target: Path) -> bool:
    """Whether the file exists; OSError when it could not be written there."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        if not target.parent.exists():
            raise
        return False
    if os.path.isdir(target):  # noqa: PTH112  # pathlib hides errors that `stat` above has already raised
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not mode & 0o222 or not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    return True


@contextmanager
def _explained(path: Path, only: frozenset[int] | None = None) -> Iterator[None]:
    """Turn an OSError (of the kinds `only`) into the MachineError that says what is wrong with `path`."""
    try:
        yield
    except OSError as error:
        if only is not None and error.errno not in only:
            raise
        reason, help = _REASONS.get(error.errno or 0, (error.strerror or str(error), ""))
        raise MachineError(f"cannot write {path}: {reason}", code="cannot-write", help=help) from error


def _flush_folder(folder: Path) -> None:
    """Put the folder's entry on disk, where the system can (Windows does so by itself)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
