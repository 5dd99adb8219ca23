"""Dropout masks, a block of steps at once: 16 random bits decide about a number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

LEVELS = 1 << 16


def mask_generator(seed: int, epoch: int, *more: int) -> np.random.Generator:
    """The random bits of an epoch, or of what `more` numbers tell of it: the same for the same arguments, whatever happened before.

    Source: NumPy's PCG64, seeded with (seed, epoch, 1, ...); the order of the rows comes from (seed, epoch).
    """
    return np.random.Generator(np.random.PCG64([seed, epoch, 1, *more]))


def generator_state(generator: np.random.Generator) -> torch.Tensor:
    """Where a generator is, as a tensor of bytes."""
    return torch.frombuffer(bytearray(json.dumps(generator.bit_generator.state).encode()), dtype=torch.uint8)


def set_generator_state(generator: np.random.Generator, state: torch.Tensor) -> None:
    """Put a generator where `generator_state` found one; ValueError for bytes that are no such state."""
    generator.bit_generator.state = json.loads(bytes(state.tolist()))


@dataclass(frozen=True)
class Masks:
    """Memory for the masks of `steps` steps of one dropout; a mask has `shape` and keeps a number with probability `keep`."""

    memory: torch.Tensor
    keep: float

    @classmethod
    def make(cls, steps: int, shape: Sequence[int], keep: float, device: torch.device, dtype: torch.dtype = torch.float32) -> Masks:
        """Memory on a device."""
        return cls(torch.zeros(steps, *shape, dtype=dtype, device=device), keep)

    def fill(self, generator: np.random.Generator, steps: int) -> None:
        """Draw the first `steps` masks: 0 where a number is dropped, else 1 over the probability that it stays.

        That probability is `keep` to 1/65536; dividing by the one that the bits really have keeps the mean exact.
        """
        part = self.memory[:steps].view(-1)
        words = generator.integers(0, 2**64 - 1, -(-part.numel() // 4), dtype=np.uint64, endpoint=True)
        bits = torch.from_numpy(words.view(np.int16))[: part.numel()]
        kept = min(LEVELS, max(1, round(LEVELS * self.keep)))
        torch.ge(bits.to(part.device), LEVELS // 2 - kept, out=part)
        part.mul_(LEVELS / kept)
