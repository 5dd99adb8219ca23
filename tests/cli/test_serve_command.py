import signal
import socket
import subprocess
import sys
import urllib.request

import pytest


@pytest.fixture
def exported(cli, small):
    assert cli("train", "spec.yaml", "-q").code == 0
    assert cli("export", "-o", "model.onnx").code == 0
    return small / "model.onnx"


def test_a_line_says_where_it_serves_and_a_signal_ends_it(exported):
    command = [sys.executable, "-m", "mlpspec", "serve", str(exported), "--port", "0", "--name", "kinds", "--device", "cpu"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        assert server.stdout is not None
        line = server.stderr.readline()
        words = line.split()
        assert line == f"serving kinds at {words[3]} on cpu, as asked\n"
        row = b'{"rows": [{"size": 9.5, "colour": "red"}]}'
        with urllib.request.urlopen(f"{words[3]}/predict", row, timeout=10) as answer:
            assert answer.status == 200
            assert b'"kind_probability":{"big":' in answer.read()
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
        assert (server.stdout.read(), server.stderr.read()) == ("", "")


def test_a_port_in_use(cli, exported):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = cli("serve", exported, "--port", port, "--device", "cpu")
    assert found.code == 6
    assert f"cannot listen on 127.0.0.1:{port}" in found.err
    assert "port 0 takes a free one" in found.err


def test_a_file_that_is_no_model(cli, tmp_path):
    (tmp_path / "model.onnx").write_text("hello")
    assert cli("serve", "model.onnx").code == 5
    assert cli("serve", "nothing.onnx").code == 2


def test_a_missing_package_says_how_to_get_it(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    found = cli("serve", "model.onnx")
    assert found.code == 6
    assert "pip install 'mlpspec[serve]'" in found.err


@pytest.mark.parametrize("option", [("--port", 70000), ("--max-batch", 0), ("--max-delay-ms", -1), ("--timeout", 0)])
def test_numbers_out_of_bounds(cli, option):
    assert cli("serve", "model.onnx", *option).code == 2
