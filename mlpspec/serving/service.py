"""The application: which path does what."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import numpy as np
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from mlpspec.diagnostics import Diagnostic, MlpspecError, did_you_mean
from mlpspec.runtime.predictor import Predictor
from mlpspec.serving.batcher import Batcher, QueueFull
from mlpspec.serving.body import received
from mlpspec.serving.gate import Gate
from mlpspec.serving.json_text import parse_object, to_json
from mlpspec.serving.metrics import CONTENT_TYPE, ROWS, SECONDS, Counter, Gauge, Histogram
from mlpspec.serving.options import ServeOptions
from mlpspec.serving.protocol import VERSION, inference_answer, model_metadata, read_inference, server_metadata
from mlpspec.serving.refusal import Refusal, bad_request, busy, timed_out
from mlpspec.serving.row_answers import read_row_objects, row_answers

Handler = Callable[[Request], Awaitable[Response]]
Result = TypeVar("Result")

LARGE_BODY = 2**18
"""Bytes from which on a request is read on another thread, so that small ones need not wait for it."""

GONE = 499
"""The status under which a client that did not wait is counted; it is never sent (nginx has it too)."""


class Service:
    """A model behind HTTP.

    Attributes:
        app: the ASGI application.
        gate: closes when the server stops.

    Args:
        predictor: the model.
        name: what the protocol calls it; the model's own name by default.
        options: limits.
        fault: is told of errors that are nobody's but ours.
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        name: str | None = None,
        options: ServeOptions | None = None,
        fault: Callable[[Exception], None] = lambda _: None,
    ):
        self._predictor, self._options, self._fault = predictor, options or ServeOptions(), fault
        self.name = name or predictor.card.name
        self.gate = Gate(self._options.max_bodies)
        self._empty = predictor.no_answers()
        self._batcher = Batcher(
            predictor.run,
            max_rows=self._options.max_batch,
            max_delay=self._options.max_delay,
            max_queue=self._options.max_queue,
            ran=self._count_batch,
        )
        self._requests = Counter("mlpspec_requests_total", "Requests by route and HTTP status.", "route", "status")
        self._seconds = Histogram("mlpspec_request_seconds", "Time from a request's header to its answer.", SECONDS, "route")
        self._rows = Counter("mlpspec_rows_total", "Rows that were answered.")
        self._batch_rows = Histogram("mlpspec_batch_rows", "Rows that went through the model together.", ROWS)
        self._batch_seconds = Histogram("mlpspec_batch_seconds", "Time in the model, by batch.", SECONDS)
        self._queue = Gauge("mlpspec_queue_requests", "Requests that wait for the model.", lambda: self._batcher.waiting)
        self._flight = Gauge("mlpspec_in_flight_requests", "Requests under way.", lambda: self.gate.in_flight)
        self.app = Starlette(
            routes=[*self._routes()],
            lifespan=self._lifespan,
            exception_handlers={HTTPException: self._no_such_route},
        )

    def _routes(self) -> list[Route]:
        model, version = "/v2/models/{name}", "/v2/models/{name}/versions/{version}"
        return [
            self._route("/v2", "GET", self._server),
            self._route("/v2/health/live", "GET", self._live),
            self._route("/v2/health/ready", "GET", self._ready),
            *(self._route(path, "GET", self._model) for path in (model, version)),
            *(self._route(f"{path}/ready", "GET", self._model_ready) for path in (model, version)),
            *(self._route(f"{path}/infer", "POST", self._infer) for path in (model, version)),
            self._route("/predict", "POST", self._predict),
            self._route("/metrics", "GET", self._metrics),
        ]

    def _route(self, path: str, method: str, handler: Handler) -> Route:
        return Route(path, partial(self._answered, path, handler), methods=[method])

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with self._batcher:
            yield

    async def _answered(self, route: str, handler: Handler, request: Request) -> Response:
        """A handler's answer, or why there is none; counted."""
        start = time.perf_counter()
        try:
            response = await handler(request)
        except ClientDisconnect:
            response = Response(status_code=GONE)
        except Exception as error:  # a request must not end the server
            response = _refused(self._refusal(error))
        self._requests.add(route, str(response.status_code))
        self._seconds.observe(time.perf_counter() - start, route)
        return response

    def _refusal(self, error: Exception) -> Refusal:
        if isinstance(error, Refusal):
            return error
        refusal = Refusal.of(error) if isinstance(error, MlpspecError) else None
        if refusal is None or refusal.status == 500:
            self._fault(error)
            return Refusal(500, Diagnostic("internal-error", "a fault in mlpspec; the server's own output says more"))
        return refusal

    async def _no_such_route(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        self._requests.add("other", str(status))
        if status == 405:
            allowed = (error.headers or {}).get("Allow", "") if isinstance(error, HTTPException) else ""
            refusal = bad_request(f"{request.url.path} does not take {request.method}", status=status, help=f"it takes {allowed}")
            refusal.headers["Allow"] = allowed
            return _refused(refusal)
        help = f"there are /v2, /v2/health/live, /v2/health/ready, /v2/models/{self.name}, /predict and /metrics"
        return _refused(bad_request(f"there is no {request.url.path}", status=status, help=help))

    async def _server(self, _: Request) -> Response:
        return _json(server_metadata())

    async def _live(self, _: Request) -> Response:
        return _json({"live": True})

    async def _ready(self, _: Request) -> Response:
        return _json({"ready": self.gate.ready}, 200 if self.gate.ready else 503)

    async def _model(self, request: Request) -> Response:
        self._check_model(request)
        return _json(model_metadata(self.name, self._predictor.card, self._empty))

    async def _model_ready(self, request: Request) -> Response:
        self._check_model(request)
        return _json({"name": self.name, "ready": self.gate.ready}, 200 if self.gate.ready else 503)

    async def _infer(self, request: Request) -> Response:
        self._check_model(request)
        if "inference-header-content-length" in request.headers:
            raise bad_request("binary tensors are not taken", help="send `data` as JSON: `binary_data=False` in Triton's client")

        def read(body: bytearray) -> Any:
            return read_inference(parse_object(body), self._predictor.card, tuple(self._empty))

        with self.gate.admitted():
            async with received(request, self.gate, self._options) as body:
                inference = await _apart(len(body), read, body)
                answers = await self._answers(inference.arrays, inference.rows)
                return await _apart(len(body), lambda: _json(inference_answer(self.name, inference, answers)))

    async def _predict(self, request: Request) -> Response:
        def read(body: bytearray) -> Any:
            return read_row_objects(parse_object(body), self._predictor.card)

        with self.gate.admitted():
            async with received(request, self.gate, self._options) as body:
                arrays, rows = await _apart(len(body), read, body)
                answers = await self._answers(arrays, rows)
                return await _apart(len(body), lambda: _json({"model": self.name, "answers": row_answers(self._predictor.card, answers)}))

    async def _metrics(self, _: Request) -> Response:
        parts = (self._requests, self._seconds, self._rows, self._queue, self._flight, self._batch_rows, self._batch_seconds)
        return Response("".join(f"{line}\n" for part in parts for line in part.lines()), media_type=CONTENT_TYPE)

    async def _answers(self, arrays: dict[str, np.ndarray], rows: int) -> Mapping[str, np.ndarray]:
        if not rows:
            return self._empty
        try:
            async with asyncio.timeout(self._options.timeout):
                answers = await self._batcher.answer(arrays, rows)
        except QueueFull as error:
            raise busy("as many requests wait for the model as may", help="send the request again in a second") from error
        except TimeoutError as error:
            raise timed_out(504, f"the model did not answer within {self._options.timeout:g} seconds") from error
        self._rows.add(by=rows)
        return answers

    def _check_model(self, request: Request) -> None:
        name, version = request.path_params["name"], request.path_params.get("version", VERSION)
        if name != self.name:
            help = did_you_mean(name, [self.name])
            raise Refusal(404, Diagnostic("unknown-name", f"there is no model `{name}`", help=help))
        if version != VERSION:
            raise Refusal(404, Diagnostic("unknown-name", f"`{name}` has no version `{version}`", help=f"it has version {VERSION}"))

    def _count_batch(self, rows: int, seconds: float) -> None:
        self._batch_rows.observe(rows)
        self._batch_seconds.observe(seconds)


async def _apart(size: int, work: Callable[..., Result], *arguments: Any) -> Result:
    """The result of `work`, on another thread when the request is large."""
    return work(*arguments) if size < LARGE_BODY else await asyncio.to_thread(work, *arguments)


def _json(data: Mapping[str, Any], status: int = 200) -> Response:
    return Response(to_json(data), status, media_type="application/json")


def _refused(refusal: Refusal) -> Response:
    return Response(to_json(refusal.document()), refusal.status, refusal.headers, media_type="application/json")
