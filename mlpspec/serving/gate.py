"""Whether a server takes work, and how much of it is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from mlpspec.serving.refusal import busy


class Gate:
    """Open at first. A server that stops first says that it is not ready, then takes no more work, then waits until none is left.

    Attributes:
        ready: what the server says to those who ask whether to send it work.
        in_flight: requests under way.

    Args:
        max_bytes: bytes of all bodies that may be held at once.
    """

    def __init__(self, max_bytes: int):
        self.ready = True
        self.in_flight = 0
        self._open = True
        self._max_bytes, self._bytes = max_bytes, 0

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """For the time of one request.

        Raises:
            Refusal: 503 when the gate is closed.
        """
        if not self._open:
            raise busy("the server is stopping", help="send the request to another server, or again in a while")
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    def take(self, size: int) -> None:
        """Count `size` bytes of a body that came in; `give_back` them when they are no longer needed.

        Raises:
            Refusal: 503 when all bodies together are too large.
        """
        if self._bytes + size > self._max_bytes:
            raise busy("the server works on as many bytes as it may", help="send the request again in a while")
        self._bytes += size

    def give_back(self, size: int) -> None:
        """Count bytes as gone."""
        self._bytes -= size

    async def close(self, *, seconds: float) -> None:
        """Say at once that the server is not ready, take no more work after `seconds`, and return when nothing is under way."""
        self.ready = False
        await asyncio.sleep(seconds)
        self._open = False
        while self.in_flight:
            await asyncio.sleep(0.01)
