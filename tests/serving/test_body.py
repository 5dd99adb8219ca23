import http.client
import socket
import time

import pytest


def raw(ask, *parts, pause=0.0):
    """Send bytes as they are; what comes back until the server closes the connection or says nothing for a while."""
    with socket.create_connection((ask.address[0], int(ask.address[1])), timeout=5) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        received = b""
        try:
            while more := connection.recv(65536):
                received += more
                if b"}]}" in received:
                    break
        except TimeoutError:
            return received
        return received


def test_a_body_of_the_largest_size_is_taken_and_one_byte_more_is_not(serve):
    running = serve(max_body=1000)
    body = b'{"rows": []' + b" " * 988 + b"}"
    assert len(body) == 1000
    assert running.ask("POST", "/predict", body) == (200, {"model": "exact", "answers": []})
    status, data = running.ask("POST", "/predict", body + b" ")
    assert (status, data["error"]) == (413, "the body has more than 1,000 bytes")


def test_a_body_without_a_declared_length_is_measured_as_it_comes(serve):
    running = serve(max_body=1000)
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"190\r\n" + b" " * 400 + b"\r\n"
    assert b"413" in raw(running.ask, head, chunk, chunk, chunk).split(b"\r\n")[0]


def test_a_huge_body_is_answered_and_thrown_away(serve):
    running = serve(max_body=1000)
    size = 200 * 2**20
    connection = http.client.HTTPConnection(running.ask.address[0], int(running.ask.address[1]), timeout=60)
    try:
        connection.putrequest("POST", "/predict")
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        piece = b" " * 2**20
        for _ in range(size // len(piece)):
            connection.send(piece)
        response = connection.getresponse()
        assert response.status == 413
        assert b"the body has more than" in response.read()
        connection.request("GET", "/v2/health/live")  # the connection still serves
        assert connection.getresponse().status == 200
    finally:
        connection.close()


def test_a_slow_body_runs_out_of_time(serve):
    running = serve(timeout=0.3)
    answer = raw(running.ask, b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n", b'{"rows"', pause=0.1)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"did not arrive within 0.3 seconds" in answer


def test_a_client_that_goes_away_harms_nobody(serve):
    running = serve()
    with socket.create_connection((running.ask.address[0], int(running.ask.address[1])), timeout=5) as connection:
        connection.sendall(b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{"rows"')
    deadline = time.monotonic() + 5
    while 'status="499"' not in running.ask("GET", "/metrics")[1]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert "mlpspec_in_flight_requests 0" in running.ask("GET", "/metrics")[1]


def test_a_compressed_body_is_refused(ask):
    status, data = ask("POST", "/predict", b"\x1f\x8b", {"Content-Encoding": "gzip"})
    assert status == 415
    assert data["diagnostics"][0]["help"] == "send it without Content-Encoding"


def test_all_bodies_together_have_a_limit_too(serve):
    running = serve(max_body=1000, max_bodies=1500, timeout=5)
    waiting = [socket.create_connection((running.ask.address[0], int(running.ask.address[1])), timeout=5) for _ in range(2)]
    try:
        for connection in waiting:
            connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 800\r\n\r\n" + b" " * 700)
        time.sleep(0.2)
        status, data, headers = running.ask.full("POST", "/predict", b'{"rows": []' + b" " * 300 + b"}")
        assert (status, headers["retry-after"]) == (503, "1")
        assert "as many bytes as it may" in data["error"]
    finally:
        for connection in waiting:
            connection.close()
    deadline = time.monotonic() + 5
    while running.ask("POST", "/predict", b'{"rows": []' + b" " * 900 + b"}")[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("header", ["Content-Length: -1", "Content-Length: x", "Transfer-Encoding: nonsense"])
def test_nonsense_in_the_header_is_400_or_501(ask, header):
    answer = raw(ask, f"POST /predict HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
    assert answer.split(b" ")[1] in (b"400", b"501")
