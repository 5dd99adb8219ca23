"""SIGTERM and SIGHUP end a command as Ctrl-C does: what it was writing is removed first."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


class Terminated(KeyboardInterrupt):
    """A signal other than Ctrl-C; `exit_code` is 128 and its number, as shells have it."""

    def __init__(self, number: int):
        self.signal = signal.Signals(number)
        self.exit_code = 128 + number
        super().__init__(self.signal.name)


@contextmanager
def termination_raises() -> Iterator[None]:
    """While active, SIGTERM and SIGHUP raise `Terminated`; where the process was told to ignore one (`nohup`), it goes on ignoring it.

    Commands that can save their work, or serve, take the signals over while they do.
    """
    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated(number)
