"""An end to connections that open and then say nothing, or only half of a request's header."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Patience:
    """Closes connections that have been waiting for a request's header for more than `seconds`.

    uvicorn has a clock for connections between two requests, and the body has one of ours; the time until a first header, and half of a
    header, have neither. A connection is one of uvicorn's protocol objects.
    """

    def __init__(self, seconds: float):
        self._seconds = seconds
        self._since: dict[Any, tuple[Any, float]] = {}

    def sweep(self, connections: Iterable[Any], now: float) -> None:
        """Look at all open connections, at the time `now` in seconds."""
        silent = {connection: connection.cycle for connection in connections if _is_silent(connection)}
        for connection, cycle in silent.items():
            before = self._since.get(connection)
            since = before[1] if before is not None and before[0] is cycle else now
            silent[connection] = (cycle, since)
            if now - since > self._seconds:
                connection.transport.close()
        self._since = silent


def _is_silent(connection: Any) -> bool:
    """Whether no request is under way and uvicorn's own clock for idle connections does not run."""
    cycle = connection.cycle
    return connection.timeout_keep_alive_task is None and (cycle is None or cycle.response_complete)
