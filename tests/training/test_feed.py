"""The stretches of an epoch from rows in memory, shuffled ahead or not."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import torch

from mlpspec.catalog.batch_sizes import Fixed
from mlpspec.language.sections.training import Training
from mlpspec.training import feed as feed_module
from mlpspec.training.feed import MemoryFeed
from mlpspec.training.plan import Plan
from mlpspec.training.tensors import Tensors

ROWS = 50
DATA = Tensors(ROWS, (), {"y": torch.arange(ROWS)})


@pytest.fixture(params=[False, True], ids=["few rows", "many rows"])
def feed(request, monkeypatch):
    monkeypatch.setattr(feed_module, "MANY_ROWS", 1 if request.param else 1 << 16)
    made = MemoryFeed(DATA, Plan(replace(Training(epochs=3, batch_size=Fixed(rows=8))), 5, ROWS))
    yield made
    made.close()


def order(feed, epoch, first=0):
    [stretch] = feed.stretches(epoch, first)
    assert (stretch.first, stretch.last, stretch.start) == (0, len(feed.plan.batches(epoch)), 0)
    assert stretch.data is DATA
    return stretch.order.tolist()


def test_an_epoch_is_one_stretch_in_the_order_of_the_plan(feed):
    for epoch in (0, 1, 2):
        assert order(feed, epoch) == feed.plan.order(epoch).tolist()


def test_any_epoch_can_be_asked_for_at_any_time(feed):
    for epoch, first in ((2, 0), (0, 3), (0, 0), (2, 1), (1, 0)):
        assert order(feed, epoch, first) == feed.plan.order(epoch).tolist()


def test_many_rows_are_shuffled_in_a_thread(feed, monkeypatch):
    names = []
    shuffle = Plan.order
    monkeypatch.setattr(Plan, "order", lambda self, epoch: names.append(threading.current_thread()) or shuffle(self, epoch))
    before = threading.active_count()
    order(feed, 0)
    order(feed, 1)
    many = feed_module.MANY_ROWS == 1
    assert (threading.main_thread() in names) is not many
    assert threading.active_count() == before + many
    feed.close()
    assert threading.active_count() == before


def test_what_fails_is_tried_again(feed, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(Plan, "order", lambda self, epoch: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            order(feed, 0)
    assert order(feed, 0) == feed.plan.order(0).tolist()
