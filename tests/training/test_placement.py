"""What goes where, by arithmetic on made-up sizes of a GPU's memory."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mlpspec.compiler import build_graph, loads
from mlpspec.diagnostics import MachineError
from mlpspec.training.fetched import FetchedRows
from mlpspec.training.placement import Room, place, room_on, step_bytes
from mlpspec.training.tensors import Tensors

CPU = torch.device("cpu")
MIB = 2**20


def rows(mib):
    """Rows of so many MiB: 4 bytes each in one input and one target."""
    count = mib * MIB // 8
    return Tensors(count, (torch.zeros(count, 1),), {"y": torch.zeros(count)})


PARTS = {"train": rows(8), "validation": rows(2), "test": rows(2)}


def test_the_room_for_rows_is_what_is_free_without_the_step_and_a_tenth_of_all():
    assert Room(1000, 700, 250).for_rows == 350
    assert Room(1000, 300, 250).for_rows == 0


@pytest.mark.parametrize(
    ("for_rows", "fetched"),
    [(12, []), (11, ["test"]), (10, ["test"]), (9, ["validation", "test"]), (7, ["train"]), (3, ["train", "test"]), (0, [*PARTS])],
)
def test_parts_that_fit_are_on_the_device(for_rows, fetched):
    found, told = place(PARTS, "auto", CPU, Room(0, for_rows * MIB, 0))
    assert [name for name, source in found.items() if isinstance(source, FetchedRows)] == fetched
    if fetched:
        assert "in main memory, fetched while others are learnt from: they take " in told
        assert f"and cpu has {for_rows} MiB beside the step" in told
    else:
        assert told == "rows on cpu"


def test_on_a_cpu_nothing_is_asked():
    assert room_on(CPU, 10**15) is None
    found, told = place(PARTS, "auto", CPU, None)
    assert all(isinstance(source, Tensors) for source in found.values())
    assert told == "rows on cpu"


def test_what_is_wanted_is_done():
    found, told = place(PARTS, "host", CPU, None)
    assert all(isinstance(source, FetchedRows) for source in found.values())
    assert told == "rows in main memory, fetched while others are learnt from, as asked"
    found, told = place(PARTS, "device", CPU, Room(0, 0, 0))
    assert all(isinstance(source, Tensors) for source in found.values())
    assert told == "rows on cpu, as asked"


def test_rows_that_must_be_on_the_device_and_do_not_fit(monkeypatch):
    def full(self, device):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Tensors, "to", full)
    with pytest.raises(MachineError, match="the rows take 8 MiB, which cpu has no room for"):
        place(PARTS, "device", CPU, None)


def test_a_step_takes_copies_of_its_weights_and_values(spec_text):
    """8 and 2 units over 4 inputs: 4 * 8 + 8 + 8 * 2 + 2 weights, 6 copies; 10 values a row, 8 copies; 4 bytes each."""
    document = loads(
        spec_text.replace("colour: category", "colour: {numeric: {columns: [a, b, c]}}").replace("kind: category", "kind: numeric")
    )
    graph = build_graph(document)
    module = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
    values = sum(node.shape.known[0] for node in graph.nodes)
    assert step_bytes(module, graph, 16) == 6 * 4 * 58 + 8 * 4 * 16 * values


@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_the_same_weights_wherever_rows_are(step, train_in):
    settings = (f"training.step={step}", "model.0.dense.batchnorm=true", "model.0.dense.dropout=0.3", "training.mixing=mixup")
    there, here = (train_in(None, *settings, f"training.data_on={where}") for where in ("auto", "host"))
    assert there.weights_sha256 == here.weights_sha256
    assert there.figures == here.figures
    assert (there.folder.info()["data_on"], here.folder.info()["data_on"]) == (
        "rows on cpu",
        "rows in main memory, fetched while others are learnt from, as asked",
    )
