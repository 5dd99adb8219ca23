"""Lots arrive whole, in turn, and never over rows that are still in use."""

from __future__ import annotations

import threading

import pytest
import torch

from mlpspec.training.lanes import HostLane
from mlpspec.training.slots import SLOTS, Lot, Slots
from mlpspec.training.tensors import Tensors

ROWS = 12
DATA = Tensors(ROWS, (torch.arange(2.0 * ROWS).view(ROWS, 2),), {"y": torch.arange(ROWS)})
CUTS = [(0, 4), (4, 8), (8, 11), (11, 12), (2, 6)]


def lots(cuts=CUTS):
    return [Lot(end - start, DATA.at(None, (start, end)), start) for start, end in cuts]


def arrived(slots, wanted):
    """For each lot the rows that are there, and whether they are what was wanted, looked at when it arrives and when it is done with."""
    for start, lot in slots.deliver(wanted):
        there = slots.memory.part(start, start + lot.rows)
        expected = DATA.part(lot.about, lot.about + lot.rows)
        for _ in range(2):
            assert all(torch.equal(one, other) for one, other in zip(there.all, expected.all, strict=True))
            threading.Event().wait(0.002)
        yield start


@pytest.mark.parametrize("late", [False, True])
def test_lots_arrive_whole_and_in_turn(late, late_lane):
    slots = Slots(DATA, 4, late_lane() if late else HostLane())
    assert list(arrived(slots, lots())) == [0, 4, 0, 4, 0]
    assert list(arrived(slots, lots(CUTS[2:]))) == [0, 4, 0], "once more, from the first slot on"


def test_rows_for_the_cpu_are_written_where_they_are_used():
    slots = Slots(DATA, 4, HostLane())
    assert all(one.data_ptr() == other.data_ptr() for one, other in zip(slots._staging.all, slots.memory.all, strict=True))


def test_autograd_may_keep_a_lot_while_the_next_one_comes():
    slots = Slots(DATA, 4, HostLane())
    for start, lot in slots.deliver(lots()):
        weight = torch.ones(2, requires_grad=True)
        loss = (slots.memory.inputs[0][start : start + lot.rows] * weight).sum()
        threading.Event().wait(0.01)
        loss.backward()
        assert torch.equal(weight.grad, DATA.inputs[0][lot.about : lot.about + lot.rows].sum(0))


def test_a_slot_is_filled_again_only_behind_what_was_calculated_with_it(late_lane):
    """Lot number n goes where n - SLOTS was, after the moment that was noted when n - 1 was asked for."""
    lane = late_lane()
    list(Slots(DATA, 4, lane).deliver(lots()))
    moments = [mark for what, mark in lane.log if what == "done"]
    assert moments == list(range(1, len(CUTS) + 3))  # at the beginning, for each lot, at the end
    assert [after for what, after in lane.log if what == "send"] == moments[: len(CUTS)]


def test_a_moment_is_noted_before_the_next_lot_is_handed_out(late_lane):
    lane = late_lane()
    delivered = Slots(DATA, 4, lane).deliver(lots())
    for number in range(len(CUTS)):
        next(delivered)
        assert [what for what, _ in lane.log].count("done") == number + 2
        assert [mark for what, mark in lane.log if what == "receive"][-1] == number + 1


def test_the_next_lot_is_on_its_way_before_it_is_asked_for(late_lane):
    lane = late_lane()
    delivered = Slots(DATA, 4, lane).deliver(lots())
    next(delivered)
    for _ in range(1000):
        if len(lane.asked) == SLOTS:
            break
        threading.Event().wait(0.01)
    assert len(lane.asked) == SLOTS
    delivered.close()


def test_what_fails_in_the_thread_is_raised():
    def failing():
        yield lots()[0]
        raise OSError("the disk is gone")

    delivered = Slots(DATA, 4, HostLane()).deliver(failing())
    next(delivered)
    with pytest.raises(OSError, match="the disk is gone"):
        next(delivered)


def test_no_lots():
    assert list(Slots(DATA, 4, HostLane()).deliver([])) == []
