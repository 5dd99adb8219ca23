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
    with write_together(path) as (file,):
        yield file


@contextmanager
def write_together(*paths: str | os.PathLike[str]) -> Iterator[tuple[BinaryIO, ...]]:
    """Several such files: none gets its name before all are on disk. They get them in their order, so that the last one vouches for all.

    Raises:
        MachineError: as `write_atomically`.
    """
    opened: list[_Whole | _Special] = []
    try:
        opened.extend(map(_open, map(Path, paths)))
        with explained(Path(paths[-1]), only=_FULL):
            yield tuple(item.file for item in opened)
        for item in opened:
            item.finish()
        for item in opened:
            item.place()
    except BaseException:
        for item in opened:
            item.discard()
        raise


class _Whole:
    """A file that is written beside its place."""

    def __init__(self, shown: Path, target: Path, *, exists: bool):
        self._shown, self._target, self._exists = shown, target, exists
        self._temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.tmp")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with explained(shown):
            self._raw = _Raw(shown, os.open(self._temporary, flags, 0o666), name=self._temporary)
        self.file = cast(BinaryIO, io.BufferedRandom(self._raw))

    def finish(self) -> None:
        """Put all on disk."""
        self.file.flush()
        with explained(self._shown):
            if self._exists:
                self._temporary.chmod(self._target.stat().st_mode & 0o7777)
            os.fsync(self._raw.fileno())
            self.file.close()

    def place(self) -> None:
        """Give it its name."""
        with explained(self._shown):
            self._temporary.replace(self._target)
            _flush_folder(self._target.parent)

    def discard(self) -> None:
        """Remove it, unless it has its name."""
        with suppress(MachineError, OSError):  # a failure to flush here has a first cause, which is being reported
            self.file.close()
        self._temporary.unlink(missing_ok=True)


class _Special:
    """A device or a pipe, which is written directly."""

    def __init__(self, shown: Path, target: Path):
        with explained(shown):
            raw = _Raw(shown, os.open(target, os.O_WRONLY | getattr(os, "O_BINARY", 0)))
        self.file = cast(BinaryIO, io.BufferedWriter(raw))

    def finish(self) -> None:
        """Write what is still held back."""
        self.file.close()

    def place(self) -> None:
        """It has its name."""

    def discard(self) -> None:
        """Close it; what is written is written."""
        with suppress(MachineError, OSError):  # as above
            self.file.close()


def _open(shown: Path) -> _Whole | _Special:
    with explained(shown):
        target = Path(os.path.realpath(shown))
        exists = _check(target)
    return _Special(shown, target) if exists and not target.is_file() else _Whole(shown, target, exists=exists)


class _Raw(io.FileIO):
    """A file whose write errors are said in words, whoever writes to it."""

    def __init__(self, shown: Path, descriptor: int, *, name: Path | None = None):
        super().__init__(descriptor, "r+b" if name else "wb")
        self._shown = shown
        if name:
            self.name = str(name)

    def write(self, data: Any, /) -> int:
        with explained(self._shown):
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
def explained(path: Path, only: frozenset[int] | None = None, hint: str = "") -> Iterator[None]:
    """Within it, an OSError (of the kinds `only`) becomes the MachineError that says why `path` cannot be written, and has a `hint` more.

    Raises:
        MachineError: `cannot-write`.
    """
    try:
        yield
    except OSError as error:
        if only is not None and error.errno not in only:
            raise
        reason, help = _REASONS.get(error.errno or 0, (error.strerror or str(error), ""))
        help = "; ".join(filter(None, (help, hint)))
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
