"""A server for one model: it listens, says so, and stops in good order."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from mlpspec.diagnostics import MachineError, StoppedError, UsageError
from mlpspec.runtime.predictor import Predictor
from mlpspec.serving.options import ServeOptions
from mlpspec.serving.patience import Patience
from mlpspec.serving.service import Service

BACKLOG = 1024


class ModelServer:
    """Serves a model over HTTP/1.1. Makes its socket at once, so that `url` is known before it runs.

    Args:
        predictor: the model.
        host: the address to listen on. Others than the loopback are open to everyone who reaches them: there is no password.
        port: the port; 0 takes a free one.
        name: what the protocol calls the model; its own name by default.
        options: limits.
        ready: is called once requests are answered.
        fault: is told of errors that are nobody's but ours.

    Raises:
        UsageError: when the host is none.
        MachineError: when the address cannot be had.
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        host: str = "127.0.0.1",
        port: int = 8000,
        name: str | None = None,
        options: ServeOptions | None = None,
        ready: Callable[[], None] = lambda: None,
        fault: Callable[[Exception], None] = lambda _: None,
    ):
        options = options or ServeOptions()
        self._service = Service(predictor, name=name, options=options, fault=fault)
        self._socket = _listening(host, port)
        self.name = self._service.name
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self._service.app,
            log_config=None,
            log_level="critical",  # what goes wrong is answered and counted
            access_log=False,
            ws="none",
            lifespan="on",
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            limit_concurrency=options.max_connections,
            timeout_keep_alive=math.ceil(options.keep_alive),
            timeout_graceful_shutdown=math.ceil(options.timeout),  # for clients that do not read their answers
        )
        self._http = _Http(config, self._service, options, ready)

    def run(self) -> None:
        """Serve until `stop`, SIGTERM or SIGINT; requests under way are answered first.

        Raises:
            StoppedError: when a second signal ends it at once.
        """
        self._http.run(sockets=[self._socket])
        if self._http.forced:
            raise StoppedError("stopped at once by a second signal; requests under way were not answered", exit_code=130)

    def stop(self) -> None:
        """Stop in good order. May be called from any thread once the server is ready."""
        self._http.stop()


class _Http(uvicorn.Server):
    """uvicorn's server, which closes its gate before it stops listening, and loses patience with silent connections."""

    def __init__(self, config: uvicorn.Config, service: Service, options: ServeOptions, ready: Callable[[], None]):
        super().__init__(config)
        self.forced = False
        self._service, self._options, self._ready = service, options, ready
        self._patience = Patience(options.header_timeout)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            self._patience.sweep(self.server_state.connections, time.monotonic())
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Our own handlers, in place of uvicorn's, which let the signal end the process after all."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, *_: Any) -> None:
        if self.should_exit or self._stopping is not None:
            self.forced = self.force_exit = self.should_exit = True
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._hang_up)
        else:
            self.stop()

    def stop(self) -> None:
        """Begin to stop, from any thread or signal handler."""
        if self._loop is None:
            self.should_exit = True
        else:
            self._loop.call_soon_threadsafe(self._begin_to_stop)

    def _begin_to_stop(self) -> None:
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop())

    def _hang_up(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    async def _stop(self) -> None:
        await self._service.gate.close(seconds=self._options.drain)
        self.should_exit = True


def _listening(host: str, port: int) -> socket.socket:
    """A bound socket."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise UsageError(f"there is no host `{host}`", help="127.0.0.1 is this machine alone, 0.0.0.0 all its addresses") from error
    made = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share the port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        made.close()
        reason = error.strerror or str(error)
        raise MachineError(
            f"cannot listen on {host}:{port}: {reason}", help="choose another with --host or --port; port 0 takes a free one"
        ) from error
    return made
