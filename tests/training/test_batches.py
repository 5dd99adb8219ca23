import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpspec.catalog.samplers import Sequential
from mlpspec.training.batches import batch_bounds, epoch_order


@given(rows=st.integers(0, 300), seed=st.integers(0, 2**63 - 1), epoch=st.integers(0, 10**6))
def test_an_order_visits_every_row_once_and_is_a_function_of_its_arguments(rows, seed, epoch):
    order = epoch_order(rows, seed, epoch)
    assert sorted(order) == list(range(rows))
    np.random.seed(0)  # NumPy's global state must not matter
    assert np.array_equal(order, epoch_order(rows, seed, epoch))
    assert order.dtype == np.int64


def test_the_order_is_numpys_own():
    expected = np.random.Generator(np.random.PCG64([7, 3])).permutation(50)
    assert np.array_equal(epoch_order(50, 7, 3), expected)


def test_the_order_is_the_same_in_another_process():
    code = "from mlpspec.training.batches import epoch_order; print(epoch_order(40, 5, 2).tolist())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(epoch_order(40, 5, 2).tolist())


def test_epochs_and_seeds_differ():
    orders = {tuple(epoch_order(30, seed, epoch)) for seed in range(4) for epoch in range(4)}
    assert len(orders) == 16


def test_without_shuffling_rows_keep_their_order():
    assert epoch_order(5, 1, 9, sampler=Sequential()).tolist() == [0, 1, 2, 3, 4]


@given(rows=st.integers(0, 500), size=st.integers(1, 60))
def test_batches_cover_all_rows_in_order(rows, size):
    bounds = list(batch_bounds(rows, size))
    assert [row for start, end in bounds for row in range(start, end)] == list(range(rows))
    lengths = [end - start for start, end in bounds]
    assert all(length == size for length in lengths[:-1])
    assert all(2 <= length <= size + 1 for length in lengths[-1:] if size > 1 and rows > 1)


@pytest.mark.parametrize(
    ("rows", "size", "lengths"),
    [
        (9, 4, [4, 5]),  # a last batch of one joins the one before
        (10, 4, [4, 4, 2]),
        (8, 4, [4, 4]),
        (1, 4, [1]),  # there is none before
        (3, 1, [1, 1, 1]),  # single rows are what was asked for
        (5, 100, [5]),
        (3, 2, [3]),
    ],
)
def test_the_last_batch(rows, size, lengths):
    assert [end - start for start, end in batch_bounds(rows, size)] == lengths


def test_batch_norm_trains_when_one_row_is_left_over(train_in, spec_text, metrics_of_run):
    """Row D19: 49 training rows in batches of 16. PyTorch refuses batch norm over one row."""
    text = spec_text.replace("{units: 8, activation: relu}", "{units: 8, batchnorm: true}")
    split = "data.split={train: 0.82, validation: 0.18, test: 0.0}"
    for step in ("compiled", "eager"):
        result = train_in(text, split, f"training.step={step}")
        assert result.folder.info()["rows"]["train"] == 49
        assert all(np.isfinite(line["train.loss"]) for line in metrics_of_run(result))
