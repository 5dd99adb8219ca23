"""Layers with random inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from mlpspec.catalog.layers.base import Layer
from mlpspec.ir.shape import Shape


@pytest.fixture
def tensors() -> Callable[..., list[torch.Tensor]]:
    """A random batch of five rows for each shape."""

    def draw(*shapes: tuple[int, ...]) -> list[torch.Tensor]:
        generator = torch.Generator().manual_seed(sum(map(len, shapes)))
        return [torch.randn(5, *shape, generator=generator) for shape in shapes]

    return draw


@pytest.fixture
def apply(make: Callable[..., Any]) -> Callable[..., torch.Tensor]:
    """The layer's output for some tensors; its shape is compared with the layer's shape rule."""

    def run(layer: Layer, *inputs: torch.Tensor) -> torch.Tensor:
        shapes = [Shape(tuple(x.shape[1:])) for x in inputs]
        output = make(layer.lower(*shapes))(*inputs)
        assert tuple(output.shape) == (len(inputs[0]), *layer.output_shape(*shapes).known)
        return output

    return run
