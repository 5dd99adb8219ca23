"""The load script of benchmarks/, with fewer requests: every answer is checked there."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "serve_load.py"


@pytest.mark.parametrize("options", [[], ["--max-batch", "64", "--max-delay-ms", "1"]], ids=["defaults", "small batches"])
def test_a_thousand_requests_are_answered_right(model, tmp_path, options):
    (tmp_path / "exact.onnx").write_bytes(model)
    command = [sys.executable, str(SCRIPT), str(tmp_path / "exact.onnx"), "--requests", "1000", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    figures = dict(line.rsplit(maxsplit=1) for line in done.stdout.splitlines() if line)
    assert (figures["requests"], figures["wrong"]) == ("1,000", "0")
