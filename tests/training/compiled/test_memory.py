from __future__ import annotations

import torch

from mlpspec.training.compiled.memory import Pool


def test_gives_free_memory_again_where_it_fits():
    pool = Pool(torch.device("cpu"))
    first = pool.take(100, torch.float32)
    assert pool.bytes == 400
    pool.give(first)
    assert pool.take(60, torch.float32) is first
    assert pool.bytes == 400


def test_does_not_give_away_much_larger_or_other_memory():
    pool = Pool(torch.device("cpu"))
    pool.give(pool.take(100, torch.float32))
    small, other = pool.take(20, torch.float32), pool.take(100, torch.int64)
    assert small.numel() == 20
    assert other.dtype == torch.int64
    assert pool.bytes == 400 + 80 + 800


def test_takes_the_smallest_that_fits():
    pool = Pool(torch.device("cpu"))
    large, small = pool.take(100, torch.float32), pool.take(70, torch.float32)
    pool.give(large)
    pool.give(small)
    assert pool.take(60, torch.float32) is small
