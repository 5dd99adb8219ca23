"""Weights as one number, to tell whether two runs came to the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch


def weights_sha256(weights: Mapping[str, torch.Tensor]) -> str:
    """The SHA-256 over all tensors in the order of their names: name, type, shape and bytes of each, so that equal hashes mean equal bits.

    >>> weights_sha256({"w": torch.zeros(2)}) == weights_sha256({"w": torch.tensor([0.0, -0.0])})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
