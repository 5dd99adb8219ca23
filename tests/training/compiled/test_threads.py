from __future__ import annotations

import pytest
import torch

from mlpspec.training.compiled.threads import SHARED_FROM, thread_count, threads


def test_small_networks_get_one_thread():
    assert thread_count(SHARED_FROM - 1) == 1
    assert thread_count(SHARED_FROM) == torch.get_num_threads()


def test_the_number_of_before_comes_back():
    before = torch.get_num_threads()

    def fail():
        with threads(before + 1):
            assert torch.get_num_threads() == before + 1
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert torch.get_num_threads() == before
