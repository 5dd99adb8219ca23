"""Weights as one number, to tell whether two runs came to the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch

from mlpspec.training.whole import Whole


def weights_sha256(weights: Mapping[str, torch.Tensor], whole: Whole | None = None) -> str:
    """The SHA-256 over all tensors in the order of their names: name, type, shape and bytes of each, so that equal hashes mean equal bits.

    >>> weights_sha256({"w": torch.zeros(2)}) == weights_sha256({"w": torch.tensor([0.0, -0.0])})
    False
    """
    digest, whole = hashlib.sha256(), whole or Whole()
    for name in sorted(weights):
        tensor = whole.gather(weights[name])
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return whole.group.agree(digest.hexdigest())
