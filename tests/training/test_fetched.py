"""Rows that are fetched are those that would have lain on the device, however late the device is."""

from __future__ import annotations

import threading

import pytest
import torch

from mlpspec.training.fetched import FetchedRows
from mlpspec.training.lanes import HostLane, lane_to
from mlpspec.training.tensors import Tensors

ROWS = 23
DATA = Tensors(
    ROWS,
    (torch.arange(2.0 * ROWS).view(ROWS, 2), torch.arange(ROWS)),
    {"y": -torch.arange(float(ROWS)), "image": torch.arange(8.0 * ROWS).view(ROWS, 2, 4)},
)
ORDER = torch.randperm(ROWS, generator=torch.Generator().manual_seed(1))
CUTS = [(0, 5), (5, 10), (10, 15), (15, 22), (22, 23)]


def taken(source, order=ORDER, cuts=CUTS):
    """Copies of all deliveries."""
    found = []
    for delivery in source.visit(order, cuts):
        inputs, targets = delivery.take()
        found.append((*(tensor.clone() for tensor in inputs), *(targets[name].clone() for name in sorted(targets))))
    return found


def assert_same(one, other):
    assert len(one) == len(other)
    for mine, theirs in zip(one, other, strict=True):
        for tensor, expected in zip(mine, theirs, strict=True):
            assert torch.equal(tensor, expected)


@pytest.mark.parametrize("order", [ORDER, None], ids=["in an order", "in their own"])
@pytest.mark.parametrize("late", [False, True])
def test_deliveries_are_those_of_rows_on_the_device(late, late_lane, order):
    source = FetchedRows(DATA, late_lane() if late else HostLane())
    expected = taken(DATA, order)
    for _ in range(3):
        assert_same(taken(source, order), expected)
    assert_same(taken(source, order, CUTS[3:]), expected[3:])


def test_a_delivery_can_be_put_into_memory(late_lane):
    source = FetchedRows(DATA, late_lane())
    for delivery, (start, end) in zip(source.visit(ORDER, CUTS), CUTS, strict=True):
        y = torch.zeros(end - start)
        numbers = torch.zeros(end - start, dtype=torch.int64)
        memory = torch.zeros(end - start, 2)
        delivery.write([memory, numbers], {"y": y, "of another": torch.zeros(1)})
        assert torch.equal(memory, DATA.inputs[0][ORDER[start:end]])
        assert torch.equal(numbers, ORDER[start:end])
        assert torch.equal(y, -ORDER[start:end].float())


def test_leaving_early_ends_the_thread():
    before, visit = threading.active_count(), FetchedRows(DATA, HostLane()).visit(ORDER, CUTS)
    next(visit)
    assert threading.active_count() == before + 1
    visit.close()
    assert threading.active_count() == before


def test_what_fails_in_the_thread_is_raised():
    with pytest.raises(IndexError):
        taken(FetchedRows(DATA, HostLane()), torch.full((ROWS,), ROWS))


def test_slots_made_in_inference_mode_serve_others():
    source = FetchedRows(DATA, HostLane())
    with torch.inference_mode():
        taken(source, None)
    for delivery in source.visit(None, CUTS):
        [inputs, _], _ = delivery.take()
        (inputs * torch.ones(2, requires_grad=True)).sum().backward()


def test_all_else_is_that_of_the_rows():
    source = FetchedRows(DATA, lane_to(torch.device("cpu")))
    assert source.rows == ROWS
    assert torch.equal(source.targets["y"], DATA.targets["y"])
    assert torch.equal(source.head(3).inputs[0], DATA.inputs[0][:3])
    assert torch.equal(source.pick(ORDER[:4])[1]["y"], -ORDER[:4].float())
    assert_same(taken(source.part(3, 9), None, [(0, 6)]), taken(DATA, None, [(3, 9)]))
    assert taken(source, ORDER, []) == []
