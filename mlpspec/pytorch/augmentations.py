"""Changes of training rows: the lowering targets that begin with `augmentations`. All draw from the generator that they are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch


def noise(rows: torch.Tensor, *, std: float, generator: torch.Generator) -> torch.Tensor:
    """Rows + std * a standard normal number each."""
    return torch.randn(rows.shape, generator=generator, device=rows.device, dtype=rows.dtype).mul_(std).add_(rows)


def mask(rows: torch.Tensor, *, share: float, generator: torch.Generator) -> torch.Tensor:
    """0 in the place of each number with probability `share`."""
    return rows.masked_fill(_chances(rows.shape, rows, generator) < share, 0)


def swap(rows: torch.Tensor, *, share: float, generator: torch.Generator) -> torch.Tensor:
    """The number of another row, for all numbers of a row the same one, with probability `share` each."""
    others = rows[torch.randperm(rows.shape[0], generator=generator, device=rows.device)]
    return torch.where(_chances(rows.shape, rows, generator) < share, others, rows)


def flip(images: torch.Tensor, *, axis: int, probability: float, generator: torch.Generator) -> torch.Tensor:
    """Images (batch, ..., height, width) mirrored along an axis (-1 or -2), each with a probability."""
    return torch.where(_each(images, _chances((images.shape[0],), images, generator) < probability), images.flip(axis), images)


def shift(images: torch.Tensor, *, share: float, border: str, generator: torch.Generator) -> torch.Tensor:
    """Images moved by up to a share of their sides."""
    height, width = images.shape[-2:]
    return _moved(images, int(share * height), int(share * width), border, generator)


def crop(images: torch.Tensor, *, padding: int, border: str, generator: torch.Generator) -> torch.Tensor:
    """Images cut out at a random place of the padded ones: moved by up to `padding` pixels."""
    return _moved(images, padding, padding, border, generator)


def cutout(images: torch.Tensor, *, size: int, probability: float, generator: torch.Generator) -> torch.Tensor:
    """A square of zeros around any pixel of each image."""
    batch, (height, width) = images.shape[0], images.shape[-2:]
    inside = _chances((batch,), images, generator).lt(probability).view(batch, 1, 1)
    for length, view in ((height, (1, -1, 1)), (width, (1, 1, -1))):
        first = torch.randint(length, (batch, 1, 1), generator=generator, device=images.device) - size // 2
        place = torch.arange(length, device=images.device).view(view)
        inside = inside & (place >= first) & (place < first + size)
    return images.masked_fill(inside if images.dim() == 3 else inside.unsqueeze(1), 0)


def mixup(inputs: Sequence[torch.Tensor], order: torch.Tensor, share: float, uniform: Callable[[], float]) -> float:
    """Share * rows + (1 - share) * rows[order], in place; the share."""
    for rows in inputs:
        rows.copy_(torch.lerp(rows[order], rows, share))
    return share


def cutmix(inputs: Sequence[torch.Tensor], order: torch.Tensor, share: float, uniform: Callable[[], float]) -> float:
    """A rectangle of about 1 - share of the area from images[order], in place; the share of the area that stays.

    Its centre is any point, and what lies outside is cut off. `uniform` draws from [0, 1).
    """
    [images] = inputs
    height, width = images.shape[-2:]
    side = (1.0 - share) ** 0.5
    (top, bottom), (left, right) = (_span(length, side, uniform()) for length in (height, width))
    images[..., top:bottom, left:right] = images[order][..., top:bottom, left:right]
    return 1.0 - (bottom - top) * (right - left) / (height * width)


def _span(length: int, side: float, centre: float) -> tuple[int, int]:
    half, middle = round(length * side / 2), int(centre * length)
    return max(0, middle - half), min(length, middle + half)


def _chances(shape: Sequence[int], like: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return torch.rand(tuple(shape), generator=generator, device=like.device)


def _each(images: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """One value for each image, spread over its axes."""
    return values.view(-1, *[1] * (images.dim() - 1))


def _moved(images: torch.Tensor, most_down: int, most_right: int, border: str, generator: torch.Generator) -> torch.Tensor:
    """Each image moved by whole pixels, from -most to most in either direction."""
    moved = images.unsqueeze(1) if images.dim() == 3 else images  # (batch, channels, height, width)
    for axis, most in ((-2, most_down), (-1, most_right)):
        length = moved.shape[axis]
        by = torch.randint(-most, most + 1, (moved.shape[0], 1), generator=generator, device=moved.device)
        source = torch.arange(length, device=moved.device) - by  # (batch, length)
        outside = (source < 0) | (source >= length)
        if border == "reflect" and length > 1:
            source = source.abs().remainder(2 * length - 2)
            source = torch.minimum(source, 2 * length - 2 - source)
        shape = (-1, 1, length, 1) if axis == -2 else (-1, 1, 1, length)
        index = source.clamp(0, length - 1).view(shape).expand(moved.shape)
        moved = moved.gather(axis, index)
        if border == "zeros":
            moved = moved.masked_fill(outside.view(shape), 0)
    return moved.view(images.shape)
