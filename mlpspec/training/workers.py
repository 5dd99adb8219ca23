"""Work that goes on in several processes at once: each takes the next task when it has done one."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from mlpspec.diagnostics import MachineError, MlpspecError, StoppedError
from mlpspec.training.interrupt import Interrupt

T = TypeVar("T")
R = TypeVar("R")

PATIENCE = 0.2
"""Seconds between two looks at whether a signal has come."""


@dataclass(frozen=True)
class _Failure:
    """What ended a worker's task: a failure that carries diagnostics, or the traceback of anything else."""

    error: type[MlpspecError] | None
    diagnostics: tuple[Any, ...]
    exit_code: int
    text: str

    def raise_(self) -> None:
        if self.error is None:
            raise RuntimeError(f"in a worker process: {self.text}")
        if issubclass(self.error, StoppedError):
            raise StoppedError(self.diagnostics[0], exit_code=self.exit_code)
        raise self.error(self.diagnostics)


def in_workers(begin: Callable[..., Callable[[T], R]], arguments: tuple[Any, ...], tasks: Iterable[T], count: int) -> Iterator[tuple[T, R]]:
    """Do tasks in `count` processes; each task with its result, as they are done.

    A worker calls `begin(*arguments)` once and what that gives for each task. Workers are new interpreters: `begin`, its arguments, tasks
    and results must be picklable, and a program that is run as a file must have its own work under `if __name__ == "__main__"`. The cores
    are shared out among the workers' torch. The first signal asks the workers to save and stop, a second Ctrl-C ends them at once.

    Args:
        tasks: asked for the next one when a worker is free.

    Raises:
        StoppedError: after a signal, when all workers have stopped.
        MlpspecError: what a task raised; the other workers are asked to stop first.
        MachineError: when a worker was killed.
    """
    with Interrupt() as interrupt:
        pool = _Pool[Any, Any](begin, arguments, iter(tasks), count)
        try:
            yield from pool.run(interrupt)
        finally:
            pool.end()


class _Pool(Generic[T, R]):
    def __init__(self, begin: Callable[..., Any], arguments: tuple[Any, ...], tasks: Iterator[T], count: int):
        self.tasks = tasks
        self.workers: dict[Connection, BaseProcess] = {}
        self.busy: dict[Connection, T] = {}
        self.failure: _Failure | None = None
        self.asked_to_stop = False
        context = get_context("spawn")
        threads = max(1, _cores() // count)
        for _ in range(count):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, begin, arguments, threads), daemon=True)
            process.start()
            there.close()
            self.workers[here] = process

    def run(self, interrupt: Interrupt) -> Iterator[tuple[T, R]]:
        for pipe in list(self.workers):
            self._give(pipe)
        while self.busy:
            for pipe in connection.wait(list(self.busy), PATIENCE):
                assert isinstance(pipe, Connection)
                task = self.busy.pop(pipe)
                answer = self._answer(pipe)
                if isinstance(answer, _Failure):
                    self.failure = self.failure or answer
                    self._ask_to_stop()
                else:
                    self._give(pipe)
                    yield task, answer
            if interrupt.exit_code is not None:
                self._ask_to_stop()
        if interrupt.exit_code is not None:
            raise StoppedError("stopped by a signal", exit_code=interrupt.exit_code)
        if self.failure is not None:
            self.failure.raise_()

    def _give(self, pipe: Connection) -> None:
        """Hand a worker its next task, while there are some."""
        if self.asked_to_stop:
            return
        for task in self.tasks:
            self.busy[pipe] = task
            with suppress(ConnectionError):  # a worker that is gone is noticed when it should answer
                pipe.send(task)
            return

    def _answer(self, pipe: Connection) -> Any:
        try:
            return pipe.recv()
        except (EOFError, ConnectionError):
            process = self.workers[pipe]
            process.join()
            message = f"a worker process ended with code {process.exitcode}"
            if process.exitcode is not None and process.exitcode < 0:
                message = f"a worker process was killed by signal {-process.exitcode}"
            error = MachineError(message, help="if memory is short, use fewer --workers")
            return _Failure(MachineError, error.diagnostics, error.exit_code, "")

    def _ask_to_stop(self) -> None:
        if not self.asked_to_stop:
            self.asked_to_stop = True
            for pipe in self.busy:
                self.workers[pipe].terminate()

    def end(self) -> None:
        """End all workers, at once those that still work."""
        for pipe, process in self.workers.items():
            if pipe in self.busy:
                process.kill()
            pipe.close()
            process.join()


def _serve(pipe: Connection, begin: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...], threads: int) -> None:
    """The life of a worker."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()  # Ctrl-C in a terminal goes to the parent alone, which decides
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    with Interrupt() as interrupt:
        import torch

        torch.set_num_threads(threads)
        try:
            work = begin(*arguments)
        except BaseException as error:
            failed = _failure(error)
            work = lambda _task: failed  # noqa: E731  # the first task is answered with what went wrong
        with suppress(EOFError, ConnectionError):
            while True:
                task = pipe.recv()
                pipe.send(_stopped(interrupt.exit_code) if interrupt.exit_code is not None else _done(work, task))


def _done(work: Callable[[Any], Any], task: Any) -> Any:
    try:
        return work(task)
    except BaseException as error:
        return _failure(error)


def _failure(error: BaseException) -> _Failure:
    if isinstance(error, MlpspecError):
        return _Failure(type(error), error.diagnostics, error.exit_code, "")
    return _Failure(None, (), 1, "".join(traceback.format_exception(error)))


def _stopped(exit_code: int) -> _Failure:
    return _failure(StoppedError("stopped by a signal", exit_code=exit_code))


def _stop_with_parent() -> None:
    """Save and stop when the parent is gone, however it ended."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
