"""Locks on files, among the processes of a machine: a process that ends, however, lets go of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from mlpspec.cache_folder import writing
from mlpspec.diagnostics import MachineError

try:
    import fcntl
except ImportError:  # Windows: nobody waits for anybody
    fcntl = None


class Lock:
    """A lock that is held from now on until it is released, or the process ends.

    Args:
        path: the file; it is made where there is none.
        shared: together with others who share it; else alone.
        waiting: is called when it is to be had only later. Without it that is an error.

    Raises:
        BlockingIOError: when others hold it and `waiting` is not given.
        MachineError: when the file cannot be made, or the disk knows no locks.
    """

    def __init__(self, path: Path, *, shared: bool = False, waiting: Callable[[], None] | None = None):
        self._descriptor = -1
        if fcntl is None:
            return
        with writing(path):  # a shared one is to be had in a folder that can only be read, too
            self._descriptor = os.open(path, (os.O_RDONLY if shared else os.O_RDWR) | os.O_CREAT, 0o666)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            try:
                fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if waiting is None:
                    raise
                waiting()
                fcntl.flock(self._descriptor, kind)
        except BlockingIOError:
            self.release()
            raise
        except OSError as error:
            self.release()
            help = "set MLPSPEC_CACHE to a folder on a disk of this machine"
            raise MachineError(f"{path.parent} cannot be locked: {error.strerror}", code="cannot-write", help=help) from error

    def release(self) -> None:
        """Let go of it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
