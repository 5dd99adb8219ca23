from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from mlpspec.catalog.calendar import EARLIEST, LATEST, date_part
from mlpspec.exporting.calendar import write_date_part
from mlpspec.exporting.writer import GraphWriter

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVERY_DAY = [datetime(1900, 1, 1, tzinfo=UTC) + timedelta(days=n, seconds=86399 * (n % 2)) for n in range(73_414)]  # to 2100-12-31
PYTHON = {
    "year": lambda time: time.year,
    "month": lambda time: time.month - 1,
    "day": lambda time: time.day - 1,
    "weekday": lambda time: time.weekday(),
    "hour": lambda time: time.hour,
    "minute": lambda time: time.minute,
}


def calculated(part, seconds):
    """The part by ONNX Runtime."""
    writer = GraphWriter()
    write_date_part(writer, ["seconds"], "part", {"part": part})
    ends = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", 1]) for name in ("seconds", "part")]
    graph = helper.make_graph(writer.nodes, "calendar", ends[:1], ends[1:], writer.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["part"], {"seconds": np.asarray(seconds)[:, None]})[0])[:, 0]


@pytest.mark.parametrize("part", PYTHON)
def test_every_day_from_1900_to_2100_like_python(part):
    seconds = [(time - EPOCH) // timedelta(seconds=1) for time in EVERY_DAY]
    assert calculated(part, seconds).tolist() == [PYTHON[part](time) for time in EVERY_DAY]


@pytest.mark.parametrize("part", PYTHON)
def test_the_whole_calendar_and_beyond_like_numpy(part):
    seconds = np.random.default_rng(0).integers(EARLIEST, LATEST, 100_000)
    seconds[:4] = [-(2**63), EARLIEST, LATEST, 2**63 - 1]
    np.testing.assert_array_equal(calculated(part, seconds), date_part(seconds, part))
