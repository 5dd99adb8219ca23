"""Training rows changed between the data and the step: augmented input by input, then mixed in pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import torch

from mlpspec.catalog.augmentations import Augmentation
from mlpspec.catalog.mixings import Mixing
from mlpspec.ir.lowering import Input
from mlpspec.language.sections.spec import Spec
from mlpspec.pytorch.targets import resolve
from mlpspec.training.losses import DivisibleLoss, Shares
from mlpspec.training.tensors import Tensors

T = TypeVar("T")

SHARE = "|share"
"""The target that holds a row's own share in a mixture. Names that a spec writes have no `|`."""


class Alteration:
    """What happens to the rows of a step before it learns from them.

    The numbers that are drawn follow from a seed of the step's own, which follows from the spec's seed, the epoch and the step's number:
    an eager and a compiled step draw the same, and so does a resumed run.

    Args:
        augmentations: of each input, in the order of the network's inputs.
        mixing: how rows are mixed in pairs, if at all.
        seed: the spec's.
        device: where the rows are.
    """

    def __init__(self, augmentations: Sequence[Sequence[Augmentation]], mixing: Mixing | None, seed: int, device: torch.device):
        self._changes = [[_change(entry) for entry in entries] for entries in augmentations]
        self._mixing, self._mix = mixing, None if mixing is None else resolve(mixing.target)
        self._seed = seed
        self._generator = torch.Generator(device)

    @classmethod
    def of(cls, spec: Spec, device: torch.device) -> Alteration | None:
        """That of a spec; None where nothing is changed."""
        augmentations = [type_.augment for type_ in spec.inputs.values()]
        if spec.training.mixing is None and not any(augmentations):
            return None
        return cls(augmentations, spec.training.mixing, spec.seed, device)

    def extended(self, data: Tensors) -> Tensors:
        """The rows of a step with what a mixing adds to the targets: those of each row's partner, and the row's own share."""
        if self._mixing is None:
            return data
        partners = {partner(name): target.clone() for name, target in data.targets.items()}
        share = torch.ones(data.rows, device=self._generator.device)
        return Tensors(data.rows, data.inputs, {**data.targets, **partners, SHARE: share})

    def loss(self, loss: DivisibleLoss) -> DivisibleLoss:
        """The loss of such rows."""
        return loss if self._mixing is None else MixedLoss(loss)

    def seeds(self, epoch: int, steps: int) -> list[int]:
        """The seed of each step of an epoch.

        Source: NumPy's PCG64, seeded with (seed, epoch, 2); (seed, epoch) decides about the order, (seed, epoch, 1) about dropout.
        """
        return np.random.Generator(np.random.PCG64([self._seed, epoch, 2])).integers(2**63, size=steps).tolist()

    def apply(self, inputs: Sequence[torch.Tensor], targets: Mapping[str, torch.Tensor], seed: int) -> None:
        """Change the rows of a step in place: `inputs` in the order of the network's, `targets` as `extended` names them.

        Only what the data has need be there; what a mixing adds is overwritten.
        """
        self._generator.manual_seed(seed)
        for rows, changes in zip(inputs, self._changes, strict=True):
            for change in changes:
                rows.copy_(change(rows, self._generator))
        if self._mixing is not None and self._mix is not None:
            self._mix_rows(self._mixing, self._mix, inputs, targets, np.random.Generator(np.random.PCG64(seed)))

    def _mix_rows(
        self,
        mixing: Mixing,
        mix: Callable[..., float],
        inputs: Sequence[torch.Tensor],
        targets: Mapping[str, torch.Tensor],
        random: np.random.Generator,
    ) -> None:
        share = targets[SHARE].fill_(1.0)
        for name, target in targets.items():
            if partner(name) in targets:
                targets[partner(name)].copy_(target)
        if random.random() >= mixing.probability:
            return
        order = torch.randperm(share.shape[0], generator=self._generator, device=share.device)
        share.fill_(mix(inputs, order, float(random.beta(mixing.alpha, mixing.alpha)), random.random))
        for name, target in targets.items():
            if partner(name) in targets:
                targets[partner(name)].copy_(target[order])


class MixedLoss:
    """share * loss with the row's truth + (1 - share) * loss with its partner's; the rows of a batch have one share."""

    def __init__(self, loss: DivisibleLoss):
        self._loss = loss

    def __call__(
        self, outputs: Mapping[str, torch.Tensor], truths: Mapping[str, torch.Tensor], shares: Shares | None = None
    ) -> torch.Tensor:
        """The loss of a batch; with `shares` what the batch adds to the loss of several together."""
        share, partners = truths[SHARE][0], _of_partners(truths)
        own = self._loss(outputs, truths, shares)
        other = self._loss(outputs, partners, None if shares is None else _of_partners(shares))
        return share * own + (1 - share) * other

    def shares(self, truths: Sequence[Mapping[str, torch.Tensor]]) -> list[Shares]:
        """The share of each batch in the loss of all of them together, for the truths and for those of the partners."""
        own = self._loss.shares(truths)
        others = self._loss.shares([_of_partners(truth) for truth in truths])
        return [{**mine, **{partner(name): share for name, share in other.items()}} for mine, other in zip(own, others, strict=True)]


def partner(name: str) -> str:
    """The name of the target that holds the truth of each row's partner."""
    return f"{name}|partner"


def _of_partners(values: Mapping[str, T]) -> dict[str, T]:
    return {name: values[partner(name)] for name in values if partner(name) in values}


def _change(entry: Augmentation) -> Callable[[torch.Tensor, torch.Generator], torch.Tensor]:
    """An augmentation as a function."""
    record = entry.lower()
    function = resolve(record.target)

    def change(rows: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        arguments = (rows if isinstance(value, Input) else value for value in record.args)
        return function(*arguments, **record.kwargs, generator=generator)

    return change
