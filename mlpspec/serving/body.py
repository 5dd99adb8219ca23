"""The body of a request, within its bounds of size and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from mlpspec.serving.gate import Gate
from mlpspec.serving.options import ServeOptions
from mlpspec.serving.refusal import Refusal, bad_request, timed_out


@asynccontextmanager
async def received(request: Request, gate: Gate, options: ServeOptions) -> AsyncIterator[bytearray]:
    """The whole body, counted at the gate for as long as the block lasts. What comes after a refusal is read and thrown away.

    Raises:
        Refusal: 413 when it is too large, before it is read where the header says so; 415 when it is compressed; 408 when it does not
            arrive in time; 503 when the gate lets no more bytes in.
        ClientDisconnect: when the client has gone.
    """
    encoding = request.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise bad_request(f"the body is encoded as {encoding}", status=415, help="send it without Content-Encoding")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > options.max_body:
        raise _too_large(options)
    body = bytearray()
    try:
        try:
            async with asyncio.timeout(options.timeout):
                async for chunk in request.stream():
                    if len(body) + len(chunk) > options.max_body:
                        raise _too_large(options)
                    gate.take(len(chunk))
                    body += chunk
        except TimeoutError as error:
            raise timed_out(408, f"the body did not arrive within {options.timeout:g} seconds") from error
        yield body
    finally:
        gate.give_back(len(body))


def _too_large(options: ServeOptions) -> Refusal:
    return bad_request(f"the body has more than {options.max_body:,} bytes", status=413, help="send fewer rows at once")
