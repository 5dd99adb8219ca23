"""Questions to a trained network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlpspec.language.document import Document
from runner.measure import Probe, training_rows
from runner.topic import Outcome


@dataclass(frozen=True)
class Fit:
    """The answers to one unscaled number at `points`, how far they are from `truth`, and how far from the nearest straight line (rms)."""

    points: np.ndarray
    truth: Callable[[np.ndarray], np.ndarray]

    def __call__(self, module: Any, document: Document) -> Outcome:
        """`answers`, `error` and `bend`."""
        import torch

        [answer] = module(torch.as_tensor(self.points[:, None], dtype=torch.float32)).values()
        answers = answer.reshape(-1).double().numpy()
        line = np.polyval(np.polyfit(self.points, answers, 1), self.points)
        return {"answers": answers.tolist(), "error": _rms(answers - self.truth(self.points)), "bend": _rms(answers - line)}


def regions(points: np.ndarray) -> Probe:
    """Which class the network answers at points of the plane: (points, 2)."""

    def probe(module: Any, document: Document) -> Outcome:
        import torch

        [logits] = module(torch.as_tensor(points, dtype=torch.float32)).values()
        return {"regions": logits.argmax(dim=1).double().tolist(), "parameters": float(sum(part.numel() for part in module.parameters()))}

    return probe


def unit_spread(module: Any, document: Document) -> Outcome:
    """How far the hidden units' weights are apart: the greatest difference between two units in any weight."""
    weight = module.hidden.linear.weight
    return {"spread between units": float((weight.amax(dim=0) - weight.amin(dim=0)).max())}


def sharpness(module: Any, document: Document, *, share: float = 0.2, draws: int = 20) -> Outcome:
    """By how much the training loss rises when every weight is disturbed by a normal share of itself, mean of some draws.

    A share of the weight itself, so that a network with larger weights does not count as flatter.
    """
    import torch
    from torch import nn

    inputs, [truth] = training_rows(document)
    generator = torch.Generator().manual_seed(0)

    def loss() -> float:
        [answer] = module(*inputs).values()
        return float(nn.functional.cross_entropy(answer, truth))

    kept = [weight.detach().clone() for weight in module.parameters()]
    before, after = loss(), []
    for _ in range(draws):
        for weight, own in zip(module.parameters(), kept, strict=True):
            weight.copy_(own * (1 + share * torch.randn(own.shape, generator=generator)))
        after.append(loss())
    for weight, own in zip(module.parameters(), kept, strict=True):
        weight.copy_(own)
    return {"sharpness": float(np.mean(after)) - before}


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))
