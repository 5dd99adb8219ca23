"""A step in several batches: each adds its share to the loss of all rows, and the gradients are added up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import torch

from mlpspec.training.batches import Form
from mlpspec.training.losses import DivisibleLoss, LossFunction


@dataclass(frozen=True)
class Piece:
    """One of a step's batches; `loss` is what it adds to the loss of all of them, from the network's outputs for it."""

    inputs: tuple[torch.Tensor, ...]
    loss: Callable[[Mapping[str, torch.Tensor]], torch.Tensor]


def pieces(loss: LossFunction, inputs: Sequence[torch.Tensor], targets: Mapping[str, torch.Tensor], form: Form = ()) -> Iterator[Piece]:
    """The batches of a step. The sum of their losses is the loss of all rows together, and so are their gradients.

    Args:
        loss: of outputs and targets.
        inputs: of all rows.
        targets: of all rows.
        form: the rows of each batch; all rows at once by default.

    Raises:
        NotImplementedError: for several batches and a loss that cannot be divided among them.
    """
    if len(form) < 2:
        yield Piece(tuple(inputs), lambda outputs: loss(outputs, targets))
        return
    loss, truths = divisible(loss), [{name: target[cut] for name, target in targets.items()} for cut in cuts(form)]
    for cut, truth, shares in zip(cuts(form), truths, loss.shares(truths), strict=True):
        yield Piece(tuple(tensor[cut] for tensor in inputs), partial(loss, truths=truth, shares=shares))


def cuts(form: Form) -> list[slice]:
    """Where the batches of a step lie among its rows.

    >>> cuts((4, 3))
    [slice(0, 4, None), slice(4, 7, None)]
    """
    return [slice(end - rows, end) for end, rows in zip(accumulate(form), form, strict=True)]


def divisible(loss: LossFunction) -> DivisibleLoss:
    """The loss, which can be divided among the batches of a step.

    Raises:
        NotImplementedError: for one that cannot.
    """
    if not isinstance(loss, DivisibleLoss):
        raise NotImplementedError("a loss that cannot be divided among the batches of a step")
    return loss
