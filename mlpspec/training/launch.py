"""Several processes on this machine that train one model together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

from mlpspec.diagnostics import MachineError, StoppedError
from mlpspec.training.interrupt import Interrupt

LOST = 76
"""How a process that was started here ends when another one of its group is gone."""

LAUNCHED = "MLPSPEC_LAUNCHED"
"""The environment variable that tells a process that it was started here."""

_LOOK = 0.05
"""Seconds between two looks at the processes."""

_GRACE = 20.0
"""Seconds that the others have to save and end when one has failed."""


@dataclass
class _Member:
    process: subprocess.Popen[bytes]
    said: IO[bytes] | None


def launch(arguments: Sequence[str], count: int) -> int:
    """Run `mlpspec` with `arguments` in `count` processes that share every batch; the exit code of the one that leads.

    What the leading process says is shown as it comes; what the others say only when they, and not the leading one, fail. A signal is
    passed on, and all save and end. The cores are divided among the processes.

    Raises:
        MachineError: when a process was killed; the others are ended.
        StoppedError: after Ctrl-C.
    """
    port = _free_port()
    with ExitStack() as stack, Interrupt() as interrupt:
        members = [_start(arguments, rank, count, port, stack) for rank in range(count)]
        try:
            _wait(members, interrupt)
        finally:
            _end(members)
        codes = [member.process.returncode for member in members]
        if interrupt.exit_code == 130 and codes[0] == 75:
            raise StoppedError("stopped by Ctrl-C; the run is saved", exit_code=130, help="go on with `--resume`")
        failed_itself = any(code > 0 and code != LOST for code in codes)  # then the others may have been torn down with it
        for rank, code in enumerate(codes):
            if code < 0 and not failed_itself and not (rank and codes[0] == 0):
                name = signal.Signals(-code).name
                help = "go on from the last checkpoint with `--resume`; if memory is short, use fewer processes or smaller batches"
                raise MachineError(f"process {rank} of {count} was killed ({name}); the others were ended", help=help)
        _show_first_failure(members, codes)
        return next((code for code in codes if code > 0 and code != LOST), codes[0])


def _start(arguments: Sequence[str], rank: int, count: int, port: int, stack: ExitStack) -> _Member:
    threads = max(1, (os.cpu_count() or 1) // count)
    environment = {
        "OMP_NUM_THREADS": str(threads),
        **os.environ,
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(count),
        LAUNCHED: "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    command = [sys.executable, "-m", "mlpspec", *arguments]
    if rank == 0:
        return _Member(subprocess.Popen(command, env=environment, start_new_session=True), None)
    said = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # the stack is its context manager
    return _Member(subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=said), said)


def _wait(members: Sequence[_Member], interrupt: Interrupt) -> None:
    """Until all processes have ended, or one has failed and the others' time is over."""
    passed_on, deadline = False, float("inf")
    while any(member.process.poll() is None for member in members):
        if interrupt.exit_code is not None and not passed_on:
            passed_on = True
            for member in members:
                member.process.terminate()
        if deadline == float("inf") and any(member.process.returncode not in (None, 0) for member in members):
            deadline = time.monotonic() + _GRACE
        if time.monotonic() > deadline:
            return
        time.sleep(_LOOK)


def _end(members: Sequence[_Member]) -> None:
    for member in members:
        if member.process.poll() is None:
            member.process.kill()
        member.process.wait()


def _show_first_failure(members: Sequence[_Member], codes: Sequence[int]) -> None:
    """What the first process that failed by itself said, unless it leads and has said it already."""
    failed = next((rank for rank, code in enumerate(codes) if code > 0 and code != LOST), 0)
    said = members[failed].said
    if said is not None:
        said.seek(0)
        sys.stderr.write(said.read().decode(errors="replace"))


def _free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
