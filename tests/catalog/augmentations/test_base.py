"""What all augmentations promise."""

from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.augmentations import AUGMENTATIONS, Augmentation
from mlpspec.catalog.augmentations.base import ImageAugmentation
from mlpspec.catalog.inputs import INPUTS
from mlpspec.ir.shape import Shape, ShapeFault
from mlpspec.testing import check_options

OPTIONS = {"crop": {"padding": 2}, "cutout": {"size": 3}, "shift": {"share": 0.4}}


def made(kind):
    return AUGMENTATIONS[kind](**OPTIONS.get(kind, {}))


@pytest.mark.parametrize("kind", AUGMENTATIONS.names())
def test_options_survive_being_written(kind):
    check_options(made(kind), Augmentation)


@pytest.mark.parametrize("kind", AUGMENTATIONS.names())
def test_the_same_seed_draws_the_same(kind, changed, images):
    before, state = images.clone(), torch.get_rng_state()
    first, again, other = (changed(made(kind), images, seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert (first.shape, first.dtype) == (images.shape, images.dtype)
    assert torch.equal(images, before)
    assert torch.equal(torch.get_rng_state(), state), "the run's own random numbers are another matter"


@pytest.mark.parametrize("kind", AUGMENTATIONS.names())
def test_it_names_the_inputs_that_it_suits(kind):
    assert made(kind).inputs
    assert made(kind).inputs <= set(INPUTS.names())


IMAGE = [entry.kind for entry in AUGMENTATIONS if issubclass(entry, ImageAugmentation)]


@pytest.mark.parametrize("kind", IMAGE)
@pytest.mark.parametrize("shape", [(7,), (2, 3, 8, 8)])
def test_an_image_has_two_or_three_axes(kind, shape):
    with pytest.raises(ShapeFault, match="needs an image"):
        made(kind).check(Shape(shape))


@pytest.mark.parametrize("kind", IMAGE)
@pytest.mark.parametrize("shape", [(8, 8), (3, 8, 8), ("x.size",)])
def test_images_and_what_may_turn_out_to_be_one(kind, shape):
    made(kind).check(Shape(shape))


@pytest.mark.parametrize("kind", IMAGE)
def test_an_image_without_channels_is_one_of_a_single_channel(kind, changed, images):
    gray = images[:, :1]
    assert torch.equal(changed(made(kind), gray[:, 0]), changed(made(kind), gray)[:, 0])


@pytest.mark.parametrize("kind", IMAGE)
def test_all_channels_change_alike(kind, changed, images):
    double = torch.cat([images[:, :1], 2 * images[:, :1]], dim=1)
    found = changed(made(kind), double)
    torch.testing.assert_close(found[:, 1], 2 * found[:, 0], rtol=0, atol=0)
