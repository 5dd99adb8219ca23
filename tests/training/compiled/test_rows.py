"""Where the rows of a block come to lie."""

from __future__ import annotations

import torch

from mlpspec.training.compiled.rows import BlockRows
from mlpspec.training.division import Division
from mlpspec.training.group import Group
from mlpspec.training.tensors import Picked, Tensors

DATA = Tensors(40, (torch.arange(40.0)[:, None],), {"y": torch.arange(40) * 10})
ORDER = torch.arange(40).flip(0)
SECOND = Division((5, 4), Group(1, 2))


def filled(rows: BlockRows, steps: int, change=None) -> BlockRows:
    place = ORDER[: steps * rows.whole]
    labels = {name: DATA.targets[name][place] for name in rows.labels}
    rows.fill(Picked(DATA, rows.wanted(place)), steps, change, labels)
    return rows


def test_a_process_alone_has_all_rows():
    rows = filled(BlockRows(DATA.head(9), Division((5, 4)), 3), 2)
    assert rows.inputs[0][:18, 0].tolist() == ORDER[:18].tolist()
    assert rows.everyone["y"] is rows.targets["y"]
    assert not rows.labels
    assert [part.tolist() for part in rows.by_step(rows.targets["y"])[:2]] == [(ORDER[:9] * 10).tolist(), (ORDER[9:18] * 10).tolist()]


def test_others_have_their_part_of_each_batch():
    """Of five rows the second of two processes has the last three, of the four behind them the last two."""
    rows = filled(BlockRows(DATA.head(9), SECOND, 3), 2)
    mine = [37, 36, 35, 32, 31, 28, 27, 26, 23, 22]
    assert rows.inputs[0][:10, 0].tolist() == mine
    assert rows.targets["y"][:10].tolist() == [10 * row for row in mine]
    assert not rows.everyone


def test_labels_of_all_rows_come_where_a_step_reads_them():
    rows = filled(BlockRows(DATA.head(9), SECOND, 3, read=["y"]), 2)
    assert rows.labels == ("y",)
    assert rows.everyone["y"][:18].tolist() == (ORDER[:18] * 10).tolist()
    assert rows.inputs[0].shape == (15, 1)


def test_all_rows_are_altered_before_each_takes_its_part():
    def change(number, inputs, targets):
        assert inputs[0].shape == (9, 1)
        inputs[0].copy_(inputs[0].flip(0) + 100 * number)

    rows = filled(BlockRows(DATA.head(9), SECOND, 3, altered=True), 2, change)
    assert rows.gathers_all
    assert not rows.labels
    assert rows.inputs[0][:10, 0].tolist() == [33, 34, 35, 38, 39, 124, 125, 126, 129, 130]
    assert rows.everyone["y"][:18].tolist() == (ORDER[:18] * 10).tolist()
    assert rows.targets["y"][:5].tolist() == [370, 360, 350, 320, 310]
