"""Rows in files come in an order of their own: each once an epoch, from many places, and the same when asked again."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from mlpspec.catalog.batch_sizes import Fixed
from mlpspec.catalog.batch_sizes.milestones import Milestones
from mlpspec.catalog.samplers import Sequential
from mlpspec.data.encode import EncodedRows
from mlpspec.data.streaming.stored import RowsWriter, StoredArray
from mlpspec.diagnostics import DataError
from mlpspec.language.sections.training import Training
from mlpspec.training import chunks, stored_tensors
from mlpspec.training.chunks import ChunkFeed, chunk_rows
from mlpspec.training.fetched import FetchedRows
from mlpspec.training.lanes import HostLane
from mlpspec.training.plan import Plan
from mlpspec.training.slots import Slots
from mlpspec.training.stored_tensors import StoredTensors

ROW_BYTES = 4 + 8
HOST = HostLane()


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(stored_tensors, "PIECE_BYTES", 100 * ROW_BYTES)
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 7 * ROW_BYTES)


@pytest.fixture
def stored(tmp_path):
    def make(rows):
        numbers = np.arange(rows)
        with RowsWriter(tmp_path / "train") as writer:
            writer.write(EncodedRows({"x": numbers[:, None].astype(np.float32)}, {"y": numbers}), rows)
        return writer.stored()

    return make


@pytest.fixture
def feed_of(stored):
    feeds = []

    def make(rows, *, seed=3, lane=HOST, **options):
        training = replace(Training(epochs=4, batch_size=Fixed(rows=8)), **options)
        data, plan = StoredTensors(stored(rows), torch.device("cpu")), Plan(training, seed, rows)
        slots = Slots(data, chunk_rows(data, plan), lane)
        feed = ChunkFeed(data, plan, slots, slots.memory)
        feeds.append(feed)
        return feed

    yield make
    for feed in feeds:
        feed.close()


def visits(feed, epoch, first=0):
    """The rows of each step, by their truth, which is their number."""
    batches = feed.plan.batches(epoch)
    found = []
    for stretch in feed.stretches(epoch, first):
        assert stretch.first < stretch.last
        for number in range(max(first, stretch.first), stretch.last):
            inputs, targets = stretch.data.pick(stretch.rows(batches[number]))
            assert torch.equal(inputs[0][:, 0], targets["y"].float()), "inputs and targets stay together"
            found.append(targets["y"].tolist())
    return found


def joined(steps):
    return [row for rows in steps for row in rows]


@pytest.mark.parametrize("rows", [101, 102, 457, 1000, 1001, 1003])
@pytest.mark.parametrize("options", [{}, {"accumulate": 3}, {"sampling": Sequential()}, {"batch_size": Fixed(rows=64)}])
def test_every_row_once_an_epoch(feed_of, rows, options):
    feed = feed_of(rows, **options)
    for epoch in (0, 1):
        found = visits(feed, epoch)
        assert len(found) == len(feed.plan.batches(epoch)) > 1
        assert sorted(joined(found)) == list(range(rows))


def test_an_order_of_its_own_for_each_epoch_and_seed(feed_of):
    feed, other = feed_of(1000), feed_of(1000, seed=4)
    first, second = visits(feed, 0), visits(feed, 1)
    assert first != second
    assert visits(feed, 0) == first, "also when it is asked again"
    assert visits(other, 0) != first


def test_in_the_order_of_the_file(feed_of):
    assert joined(visits(feed_of(1000, sampling=Sequential()), 2)) == list(range(1000))


def test_a_batch_is_of_many_places(feed_of):
    """Of the 14 or 15 blocks of a chunk, 8 random rows come from 6 on average; from fewer than 3 hardly ever."""
    blocks = [len({row // 7 for row in batch}) for batch in visits(feed_of(1000), 0)]
    assert np.mean(blocks) > 5
    assert min(blocks) >= 3


def test_it_goes_on_in_the_middle(feed_of):
    feed, fresh = feed_of(1000), feed_of(1000)
    whole = visits(feed, 1)
    for first in (0, 1, 60, 124):
        assert visits(fresh, 1, first) == whole[first:]


def test_an_earlier_epoch_can_be_asked_for_again(feed_of):
    feed = feed_of(1000)
    first = visits(feed, 0)
    visits(feed, 1)
    assert visits(feed, 0) == first
    assert visits(feed, 3)[-1] == visits(feed_of(1000), 3)[-1]


def test_one_that_is_left_early(feed_of):
    feed = feed_of(1000)
    steps = feed.stretches(0)
    next(steps)
    next(steps)
    steps.close()
    assert visits(feed, 1) == visits(feed_of(1000), 1)


def test_chunks_are_about_equally_long(feed_of):
    sizes = [chunk.end - chunk.start for chunk in feed_of(1003).chunks(0)]
    assert sum(sizes) == 1003
    assert len(sizes) == 11
    assert max(sizes) <= 100
    assert min(sizes[:-1]) >= 80


def test_a_step_larger_than_a_chunk_makes_the_chunk_larger(feed_of):
    feed = feed_of(1000, batch_size=Milestones(epochs=(2,), sizes=(10, 300)))
    assert sorted(joined(visits(feed, 2))) == list(range(1000))
    assert [chunk.last - chunk.first for chunk in feed.chunks(2)] == [1, 1, 1, 1]


@pytest.mark.parametrize("way", ["resident", "fetched"])
def test_chunks_on_a_device_that_copies_late(feed_of, late_lane, way):
    """Resident chunks come to it whole; of chunks in main memory the rows of each step do."""
    expected = feed_of(1000)
    resident = feed_of(1000, lane=late_lane())
    fetched = feed_of(1000)
    fetched.data = FetchedRows(fetched.data, late_lane())
    feed = resident if way == "resident" else fetched
    for epoch, first in ((0, 0), (1, 0), (0, 60)):
        assert visits(feed, epoch, first) == visits(expected, epoch, first)


def test_rows_that_fill_no_step_are_left_out(feed_of):
    assert len(set(joined(visits(feed_of(1003, drop_last=True), 0)))) == 1000


def test_memory_begins_with_the_first_rows(feed_of):
    """A compiled step is tried on them before training starts."""
    assert feed_of(1000).data.targets["y"][:100].tolist() == list(range(100))


def test_the_next_chunk_is_read_meanwhile(feed_of, monkeypatch):
    names = []
    read = StoredArray.read_into
    monkeypatch.setattr(StoredArray, "read_into", lambda self, *a: names.append(threading.current_thread().name) or read(self, *a))
    feed = feed_of(1000)
    names.clear()
    visits(feed, 0)
    visits(feed, 1)
    assert names
    assert "MainThread" not in names


def test_a_file_that_is_gone(feed_of, stored):
    feed = feed_of(1000)
    for array in feed._rows.stored.arrays:
        array.path.unlink()
    with pytest.raises(DataError, match="cannot be read: No such file"):
        visits(feed, 0)


def test_the_thread_ends_with_the_feed(feed_of):
    before, feed = threading.active_count(), feed_of(1000)
    visits(feed, 0)
    assert threading.active_count() == before + 1
    feed.close()
    assert threading.active_count() == before
