"""A server under load: several clients send requests of 1 to 64 rows, some of them malformed, and check every answer.

python benchmarks/serve_load.py MODEL [--requests N] [--clients N] [--device D] [OPTIONS OF mlpspec serve]

Ends with 1 when an answer is wrong or missing, the server's memory grows, or it does not stop in good order.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from machine import machine

from mlpspec.cli.table import aligned
from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.synthetic import synthetic_rows

MOST_ROWS = 64
KINDS = 300
"""Different requests that are drawn from."""

MALFORMED = 0.03
TOLERANCE = 1e-5
GROWTH = 16 * 2**20
"""Bytes that the server's memory may grow by once it is warm: allocators keep some."""

WARM = 0.2
"""The part of the requests after which the server counts as warm."""


@dataclass
class Sample:
    """A request, and what must come back."""

    message: bytes
    status: int
    rows: int = 0
    expected: dict[str, Any] = field(default_factory=dict)


@dataclass
class Score:
    """What the clients saw."""

    seconds: list[float] = field(default_factory=list)
    rows: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def samples(predictor: Predictor, name: str, count: int) -> list[Sample]:
    """Good requests to both ways of asking, with answers that the predictor gives here."""
    random = np.random.default_rng(0)
    made = []
    for number in range(count):
        rows = int(random.integers(1, MOST_ROWS + 1))
        arrays = synthetic_rows(predictor.card, rows, seed=number)
        for item in predictor.card.inputs:
            if item.missing != "error" and item.type in ("float32", "string") and item.shape is None:
                arrays[item.name][random.random(arrays[item.name].shape) < 0.05] = np.nan if item.type == "float32" else ""
        answers = predictor.run(arrays)
        body = _tensors(predictor, arrays) if number % 2 else _rows(predictor, arrays)
        path = f"/v2/models/{name}/infer" if number % 2 else "/predict"
        made.append(Sample(_post(path, body), 200, rows, {key: value.tolist() for key, value in answers.items()}))
    return made


def malformed(predictor: Predictor, name: str) -> list[Sample]:
    """Requests that must be refused."""
    infer, item = f"/v2/models/{name}/infer", predictor.card.inputs[0]
    row = dict.fromkeys(predictor.card.columns)
    wrong_shape = {"inputs": [{"name": item.name, "datatype": "FP32", "shape": [1, 9999], "data": [1.0]}]}
    wrong_type = {"inputs": [{"name": item.name, "datatype": "FP128", "shape": [1, 1], "data": [1.0]}]}
    return [
        Sample(_post("/predict", b'{"rows": [{"a": 1'), 400),
        Sample(_post("/predict", b""), 400),
        Sample(_post("/predict", b"\xff\xfe\x00{"), 400),
        Sample(_post("/predict", b"[" * 100_000), 400),
        Sample(_post("/predict", b'{"rows": [{"a": NaN}]}'), 400),
        Sample(_post("/predict", {"rows": [{"no such column": 1}]}), 400),
        Sample(_post("/predict", {"rows": [{key: [1] for key in row}]}), 400),
        Sample(_post("/predict", {"rows": 3}), 400),
        Sample(_post(infer, {}), 400),
        Sample(_post(infer, wrong_shape), 400),
        Sample(_post(infer, wrong_type), 400),
        Sample(_post("/v2/models/another/infer", {}), 404),
        Sample(_post("/nowhere", {}), 404),
        Sample(b"GET /predict HTTP/1.1\r\nHost: test\r\n\r\n", 405),
        Sample(b"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415),
    ]


def _rows(predictor: Predictor, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    columns = {}
    for item in predictor.card.inputs:
        for number, name in enumerate(item.columns):
            columns[name] = _nulls(arrays[item.name] if item.shape is not None else arrays[item.name][:, number])
    return {"rows": [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]}


def _tensors(predictor: Predictor, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    types = {"float32": "FP32", "int64": "INT64", "string": "BYTES", "seconds": "INT64"}
    return {
        "inputs": [
            {"name": i.name, "datatype": types[i.type], "shape": list(arrays[i.name].shape), "data": _nulls(arrays[i.name].reshape(-1))}
            for i in predictor.card.inputs
        ]
    }


def _nulls(array: np.ndarray) -> list[Any]:
    if array.dtype.kind == "f":
        return np.where(np.isnan(array), np.array(None, object), array.astype(object)).tolist()
    return [None if value == "" else value for value in array.tolist()]


def _post(path: str, body: Any) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def difference(sample: Sample, answer: dict[str, Any]) -> str:
    """What is wrong with an answer; nothing when it is right."""
    if "outputs" in answer:
        found = {output["name"]: np.array(output["data"], object).reshape(output["shape"]).tolist() for output in answer["outputs"]}
    else:
        found = {
            name: [list(row[name].values()) if isinstance(row[name], dict) else row[name] for row in answer["answers"]]
            for name in sample.expected
        }
    for name, expected in sample.expected.items():
        if np.shape(found[name]) != np.shape(expected):
            return f"{name} has the shape {np.shape(found[name])}, expected {np.shape(expected)}"
        if isinstance(np.ravel(expected)[0], float):
            if not np.allclose(np.array(found[name], float), expected, rtol=TOLERANCE, atol=TOLERANCE):
                return f"{name} differs by {np.abs(np.array(found[name], float) - expected).max()}"
        elif found[name] != expected:
            return f"{name} is {found[name]}, expected {expected}"
    return ""


async def client(address: tuple[str, int], todo: list[Sample], score: Score) -> None:
    """One connection, one request after the other."""
    reader, writer = await asyncio.open_connection(*address)
    for sample in todo:
        start = time.perf_counter()
        writer.write(sample.message)
        status, body = await _response(reader)
        elapsed = time.perf_counter() - start
        score.statuses[status] += 1
        if status != sample.status:
            score.wrong.append(f"status {status}, expected {sample.status}: {body[:200]!r}")
        elif status == 200:
            score.seconds.append(elapsed)
            score.rows += sample.rows
            problem = difference(sample, json.loads(body))
            score.wrong.extend([problem] if problem else [])
        elif not json.loads(body)["diagnostics"]:
            score.wrong.append("a refusal without diagnostics")
    writer.close()
    await writer.wait_closed()


async def _response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = next(int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length:"))
    return int(head.split()[1]), await reader.readexactly(length)


async def load(address: tuple[str, int], plans: list[list[Sample]]) -> Score:
    """All clients at once."""
    score = Score()
    await asyncio.gather(*(client(address, plan, score) for plan in plans))
    return score


def plan(good: list[Sample], bad: list[Sample], requests: int, clients: int) -> list[list[Sample]]:
    """What each client sends."""
    random = np.random.default_rng(1)

    def drawn() -> Sample:
        pool = bad if random.random() < MALFORMED else good
        return pool[int(random.integers(len(pool)))]

    return [[drawn() for _ in range(requests // clients)] for _ in range(clients)]


def memory(pid: int) -> int:
    """Resident bytes of a process, on Linux; else 0."""
    status = Path(f"/proc/{pid}/status")
    if not status.is_file():
        return 0
    return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmRSS"))


def metric(text: str, name: str) -> int:
    """The sum of a counter over its labels."""
    return sum(int(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.split("{")[0].split(" ")[0] == name)


async def metrics(address: tuple[str, int]) -> str:
    """The server's own figures."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n")
    _, body = await _response(reader)
    writer.close()
    await writer.wait_closed()
    return body.decode()


def started(model: Path, options: list[str]) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """A server process that answers, and what it said of itself."""
    command = [sys.executable, "-m", "mlpspec", "serve", str(model), "--port", "0", "--json", *options]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    said = ""
    while not said.endswith("\n}\n"):
        line = server.stdout.readline()
        if not line:
            raise SystemExit(f"the server did not start: {said}")
        said += line
    return server, json.loads(said)["result"]


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--device", default="cpu")
    arguments, options = parser.parse_known_args()  # the rest is for mlpspec serve
    server, said = started(arguments.model, ["--device", arguments.device, *options])
    try:
        predictor = Predictor(arguments.model, device="cpu", threads=1)
        url = urlsplit(said["url"])
        address = (url.hostname or "", url.port or 0)
        plans = plan(samples(predictor, said["model"], KINDS), malformed(predictor, said["model"]), arguments.requests, arguments.clients)
        warm = round(len(plans[0]) * WARM)
        first = asyncio.run(load(address, [one[:warm] for one in plans]))
        before = memory(server.pid)
        start = time.perf_counter()
        rest = asyncio.run(load(address, [one[warm:] for one in plans]))
        wall = time.perf_counter() - start
        after, own = memory(server.pid), asyncio.run(metrics(address))
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(30)
        if server.stdout is not None:
            server.stdout.close()
    sent = sum(map(len, plans))
    wrong = [*first.wrong, *rest.wrong]
    answered = first.statuses + rest.statuses
    if metric(own, "mlpspec_requests_total") != sent or answered.total() != sent:
        wrong.append(f"{sent} requests were sent, {answered.total()} answered, the server counts {metric(own, 'mlpspec_requests_total')}")
    if metric(own, "mlpspec_rows_total") != first.rows + rest.rows:
        wrong.append(f"{first.rows + rest.rows} rows were sent, the server counts {metric(own, 'mlpspec_rows_total')}")
    if after - before > GROWTH:
        wrong.append(f"the server's memory grew from {before:,} to {after:,} bytes")
    if code != 0:
        wrong.append(f"the server ended with {code}")
    batches = metric(own, "mlpspec_batch_rows_count")
    times = np.array(rest.seconds) * 1000
    table = [
        ["requests", f"{sent:,}"],
        ["answered", ", ".join(f"{status}: {count:,}" for status, count in sorted(answered.items()))],
        ["wrong", str(len(wrong))],
        ["requests/s", f"{rest.statuses.total() / wall:,.0f}"],
        ["rows/s", f"{rest.rows / wall:,.0f}"],
        ["p50 ms", f"{np.percentile(times, 50):.2f}"],
        ["p99 ms", f"{np.percentile(times, 99):.2f}"],
        ["worst ms", f"{times.max():.2f}"],
        ["rows a batch", f"{(first.rows + rest.rows) / max(batches, 1):.1f}"],
        ["memory MiB, warm and at the end", f"{before / 2**20:.1f}, {after / 2**20:.1f}"],
    ]
    print(aligned(["what", "figure"], table))
    print(f"\n{arguments.clients} clients, {said['device']}; {machine('mlpspec', 'onnxruntime-gpu', 'uvicorn', 'httptools', 'uvloop')}")
    for problem in wrong[:10]:
        print(problem, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
