"""How a GPU is asked for, refused, limited and shared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading

import numpy as np
import pytest

from mlpspec.diagnostics import MachineError
from mlpspec.runtime.cuda_graphs import SIZES, WARM
from mlpspec.runtime.predictor import Predictor

pytestmark = pytest.mark.gpu

SPEC = """\
mlpspec: 1
inputs: {x: {numeric: {columns: "x*", scale: standardize}}, colour: category}
targets: {kind: category, price: numeric}
model:
  - dense: {units: 512, activation: relu, repeat: 3}
  - dense: {units: 512, activation: gelu, name: body}
  - head: kind
  - head: {target: price, from: body}
"""
RANDOM = np.random.default_rng(0)
ROWS = 3000
FRAME = {
    **{f"x{number}": RANDOM.standard_normal(ROWS) for number in range(32)},
    "colour": RANDOM.choice(["red", "green"], ROWS).astype(object),
    "kind": RANDOM.choice(["a", "b", "c"], ROWS).astype(object),
    "price": RANDOM.standard_normal(ROWS),
}


@pytest.fixture(scope="module")
def exported(export):
    return export(SPEC, FRAME)


def first(rows, count):
    return {name: values[:count] for name, values in rows.items()}


def only_cuda(where):
    if not where.is_cuda:
        pytest.skip("this is about CUDA alone")


def test_the_gpu_is_named_and_graphs_are_on(exported, where):
    only_cuda(where)
    device = Predictor(exported.data, where.name).device
    assert device.device == where.name
    assert "CUDA graphs up to" in device.reason, device
    assert device.warnings == ()
    assert Predictor(exported.data).device.is_cuda


def test_a_large_batch(exported, predictor_on, worst, found):
    times = 40
    predictor = predictor_on(exported.data)
    many = {name: np.concatenate([values] * times) for name, values in exported.rows.items()}
    once = exported.trained()
    largest = worst(predictor.run(many), {name: np.concatenate([values] * times) for name, values in once.items()})
    found(f"{len(many['x']):,} rows", f"{largest:.3f} of the tolerance")
    assert largest <= 1


def test_several_threads_get_the_answers_of_one(exported, predictor_on, worst):
    predictor = predictor_on(exported.data)
    expected = exported.trained()
    problems = []

    def work(number):
        try:
            for turn in range(WARM + 6):
                count = (1, 5, 64, SIZES[-1] + 9)[(turn + number) % 4]
                answers = predictor.run(first(exported.rows, count))
                assert worst(answers, {name: values[:count] for name, values in expected.items()}) <= 1
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_tf32_is_off_unless_asked_for(exported, where, found):
    only_cuda(where)
    rows = first(exported.rows, 2000)
    exact, rough = (Predictor(exported.data, where.name, tf32=tf32).run(rows)["price"] for tf32 in (False, True))
    cpu = Predictor(exported.data, "cpu").run(rows)["price"]
    off, on = (float(np.abs(answers - cpu).max()) for answers in (exact, rough))
    found("price, largest difference to the CPU", f"{off:.1e} without, {on:.1e} with TF32")
    assert off <= 1e-5 + 1e-4 * float(np.abs(cpu).max())
    assert on > off


def test_memory_may_be_limited(exported, where, found):
    only_cuda(where)
    limit = 256 * 2**20
    predictor = Predictor(exported.data, where.name, memory_limit=limit)
    assert len(predictor.run(first(exported.rows, 64))["kind"]) == 64
    many = {name: np.concatenate([values] * 200) for name, values in exported.rows.items()}
    with pytest.raises(MachineError, match="rows at once need more memory than there is on the GPU") as caught:
        predictor.run(many)
    found(f"{len(many['x']):,} rows in 256 MiB", str(caught.value))
    with pytest.raises(MachineError, match="the model needs more of its memory than that the limit"):
        Predictor(exported.data, where.name, memory_limit=2**16)


@pytest.mark.parametrize(
    ("device", "environment", "reason"),
    [
        ("cuda:99", {}, "there (is|are) only"),
        ("cuda", {"CUDA_VISIBLE_DEVICES": ""}, "no GPU is visible"),
        ("cuda", {"HIDE": "libcurand"}, "libcurand"),
    ],
)
def test_what_cannot_be_had_is_refused(exported, where, tmp_path, device, environment, reason, found):
    only_cuda(where)
    (tmp_path / "model.onnx").write_bytes(exported.data)
    program = """\
import ctypes, os, sys
hidden, real = os.environ.get("HIDE"), ctypes.CDLL
class Hiding(real):
    def __init__(self, name, *args, **options):
        if hidden and hidden in str(name):
            raise OSError(f"{name}: cannot open shared object file: No such file or directory")
        super().__init__(name, *args, **options)
ctypes.CDLL = Hiding
from mlpspec.diagnostics import MachineError
from mlpspec.runtime.predictor import Predictor
try:
    Predictor(sys.argv[1], sys.argv[2])
except MachineError as error:
    print("refused:", error)
print("auto:", Predictor(sys.argv[1]).device)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "model.onnx"), device]
    ended = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    refused, auto = [line for line in ended.stdout.splitlines() if line.startswith(("refused:", "auto:"))]
    found(f"{device} {environment or ''}", refused)
    assert f"{device if device != 'cuda' else 'cuda:0'} was asked for and cannot be used" in refused
    assert re.search(reason, refused)
    assert auto.startswith("auto: cpu, because" if environment else "auto: cuda:0")


def test_half_precision(export, predictor_on, found):
    """A file whose network calculates in float16 runs on the device, near the one in float32."""
    half = export(SPEC, FRAME, "export.precision=fp16", "export.max_metric_drop=1")
    full = export(SPEC, FRAME)
    one, other = (predictor_on(exported.data).run(full.rows) for exported in (half, full))
    apart = float(np.abs(one["kind_probability"] - other["kind_probability"]).max())
    found("fp16, largest difference of a probability to fp32", f"{apart:.1e}, {len(half.data):,} of {len(full.data):,} bytes")
    assert apart < 2e-2
