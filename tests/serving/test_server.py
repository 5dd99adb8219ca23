import json
import signal
import socket
import subprocess
import sys
import time

import pytest

from mlpspec.diagnostics import MachineError, UsageError
from mlpspec.serving.server import ModelServer

HALF = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n" + b'{"rows"'
REST = b": []}"


@pytest.fixture
def process(model, tmp_path):
    """Start `mlpspec serve` as a process of its own; it and what it said when it was ready."""
    (tmp_path / "exact.onnx").write_bytes(model)
    started = []

    def start(*options):
        command = [sys.executable, "-m", "mlpspec", "serve", str(tmp_path / "exact.onnx"), "--port", "0", "--device", "cpu", "--json"]
        server = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(server)
        said = ""
        while not said.endswith("\n}\n"):
            line = server.stdout.readline()
            assert line, server.stderr.read()
            said += line
        return server, json.loads(said)["result"]

    yield start
    for server in started:
        if server.poll() is None:
            server.kill()
        server.communicate(timeout=20)


def connect(said):
    host, port = said["url"].removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def get(said, path):
    """The status line and the body of a GET on a new connection."""
    with connect(said) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def answered(connection):
    """One answer on a connection that stays open."""
    found = b""
    while b"\r\n\r\n" not in found:
        found += connection.recv(65536)
    head, _, body = found.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.lower().splitlines() if line.startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_requests_under_way_finish(process, number):
    server, said = process()
    with connect(said) as under_way:
        under_way.sendall(HALF)
        until(lambda: b"mlpspec_in_flight_requests 1" in get(said, "/metrics"))
        server.send_signal(number)
        until(lambda: b" 503 " in get(said, "/v2/health/ready"))
        assert b'{"live":true}' in get(said, "/v2/health/live")
        with connect(said) as late:
            late.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n" + HALF[-7:] + REST)
            answer = answered(late)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"the server is stopping" in answer
        assert server.poll() is None
        under_way.sendall(REST)
        assert answered(under_way).startswith(b"HTTP/1.1 200")
    assert server.wait(20) == 0
    assert server.stderr.read() == ""


def test_an_idle_server_stops_at_once(process):
    server, said = process()
    with connect(said) as idle, connect(said) as half_a_header:
        half_a_header.sendall(b"POST /pre")
        time.sleep(0.1)
        start = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
        assert time.monotonic() - start < 3
        assert idle.recv(10) == b""


def test_a_draining_server_answers_for_a_while(process):
    server, said = process("--drain", "1.5")
    server.send_signal(signal.SIGTERM)
    until(lambda: b" 503 " in get(said, "/v2/health/ready"))
    with connect(said) as late:
        late.sendall(HALF + REST)
        assert answered(late).startswith(b"HTTP/1.1 200")
    assert server.wait(20) == 0


def test_a_second_signal_does_not_wait(process):
    server, said = process("--quiet")
    with connect(said) as under_way:
        under_way.sendall(HALF)
        until(lambda: b"mlpspec_in_flight_requests 1" in get(said, "/metrics"))
        server.send_signal(signal.SIGINT)
        until(lambda: b" 503 " in get(said, "/v2/health/ready"))
        server.send_signal(signal.SIGINT)
        start = time.monotonic()
        assert server.wait(20) == 130
        assert time.monotonic() - start < 3
        document = json.loads(server.stdout.read())
    assert document["diagnostics"][0]["code"] == "stopped"


def test_silent_connections_are_closed(serve):
    running = serve(header_timeout=0.5)
    host, port = running.ask.address
    with (
        socket.create_connection((host, int(port)), timeout=10) as silent,
        socket.create_connection((host, int(port)), timeout=10) as slow,
    ):
        slow.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert silent.recv(10) == b""
        assert slow.recv(10) == b""


def test_an_idle_connection_serves_again(serve):
    running = serve(header_timeout=0.5, keep_alive=30)
    host, port = running.ask.address
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        for _ in range(2):
            connection.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            assert answered(connection).startswith(b"HTTP/1.1 200")
            time.sleep(1.7)  # the sweep comes once a second


def test_too_many_connections_are_refused(serve):
    running = serve(max_connections=3)
    host, port = running.ask.address
    idle = [socket.create_connection((host, int(port)), timeout=10) for _ in range(3)]
    try:
        time.sleep(0.1)
        idle[0].sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answered(idle[0]).startswith(b"HTTP/1.1 503")
    finally:
        for connection in idle:
            connection.close()
    until(lambda: running.ask("GET", "/v2/health/live")[0] == 200)


def test_a_port_in_use_is_the_machines_fault(predictor):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MachineError, match=f"cannot listen on 127.0.0.1:{port}"):
            ModelServer(predictor, port=port)


def test_a_host_that_is_none(predictor):
    with pytest.raises(UsageError, match="there is no host"):
        ModelServer(predictor, host="no host at all")


def test_ipv6(predictor):
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("no IPv6 here")
    server = ModelServer(predictor, host="::1", port=0)
    server._socket.close()
    assert server.url.startswith("http://[::1]:")
