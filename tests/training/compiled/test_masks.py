from __future__ import annotations

import numpy as np
import pytest
import torch

from mlpspec.training.compiled.masks import Masks, generator_state, mask_generator, set_generator_state

CPU = torch.device("cpu")


@pytest.mark.parametrize("keep", [0.5, 0.8, 0.9999, 0.001])
def test_share_and_mean(keep):
    masks = Masks.make(4, (500, 250), keep, CPU)
    masks.fill(mask_generator(1, 2), 4)
    values = masks.memory.unique()
    kept = round(65536 * keep) / 65536
    assert values.tolist() == pytest.approx([0.0, 1 / kept])
    share = (masks.memory > 0).double().mean().item()
    assert abs(share - keep) < 5 * (keep * (1 - keep) / masks.memory.numel()) ** 0.5 + 1 / 65536


def test_neighbours_are_independent():
    masks = Masks.make(1, (1000, 1000), 0.5, CPU)
    masks.fill(mask_generator(0, 0), 1)
    kept = (masks.memory[0] > 0).double()
    for left, right in ((kept[:, :-1], kept[:, 1:]), (kept[:-1], kept[1:])):
        assert abs(np.corrcoef(left.flatten(), right.flatten())[0, 1]) < 0.005  # a million pairs: standard error 0.001


def test_only_the_wanted_steps_are_drawn():
    masks = Masks.make(3, (7,), 0.5, CPU)
    masks.fill(mask_generator(0, 0), 2)
    assert masks.memory[2].tolist() == [0.0] * 7


def test_a_generator_put_back_draws_the_same():
    generator = mask_generator(3, 4)
    generator.integers(10)
    state = generator_state(generator)
    first = generator.integers(2**60, size=5)
    other = mask_generator(0, 0)
    set_generator_state(other, state)
    assert (other.integers(2**60, size=5) == first).all()


def test_epochs_and_seeds_differ():
    drawn = {mask_generator(seed, epoch).integers(2**60) for seed in range(3) for epoch in range(3)}
    assert len(drawn) == 9
