"""The limits of a server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """What a server takes and how long it waits; together they bound its memory.

    Attributes:
        max_batch: rows that go through the model at once. Larger requests are answered in pieces.
        max_delay: seconds that a request may wait for others to share its batch. While the model is busy batches form by themselves, so
            that waiting pays only where a run of the model costs much and requests are many.
        max_queue: requests that may wait for the model; more are refused with 503.
        max_body: bytes of a request's body; more are refused with 413.
        max_bodies: bytes of all bodies that are being worked on; more are refused with 503.
        timeout: seconds until a body must have arrived (408), and again until it must be answered (504).
        header_timeout: seconds until a request's header must have arrived; then the connection is closed.
        keep_alive: seconds that a connection may be idle between requests.
        max_connections: open connections; more are refused with 503.
        drain: seconds for which a stopping server still answers, so that a load balancer sees in time that it is no longer ready.
    """

    max_batch: int = 256
    max_delay: float = 0.0
    max_queue: int = 1024
    max_body: int = 16 * 2**20
    max_bodies: int = 256 * 2**20
    timeout: float = 30.0
    header_timeout: float = 10.0
    keep_alive: float = 30.0
    max_connections: int = 1000
    drain: float = 0.0
