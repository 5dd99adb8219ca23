"""One optimizer step, eagerly: forward, loss, backward, update."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from mlpspec.catalog.optimizers import Optimizer
from mlpspec.pytorch.targets import resolve
from mlpspec.training.accumulation import pieces
from mlpspec.training.alteration import Alteration
from mlpspec.training.averages import Averages
from mlpspec.training.batches import Batch, Form, form_of
from mlpspec.training.clip import Clip
from mlpspec.training.device import random_state, set_random_state
from mlpspec.training.loss_scale import LossScale, Overflow
from mlpspec.training.losses import LossFunction
from mlpspec.training.precision import Precision
from mlpspec.training.source import Rows, Source
from mlpspec.training.tally import Tally
from mlpspec.training.tensors import Tensors


class Step(Protocol):
    """What the loop needs of a step."""

    def run_epoch(
        self,
        epoch: int,
        order: torch.Tensor,
        batches: Sequence[Batch],
        rates: Sequence[float],
        *,
        first: int = 0,
        last: int | None = None,
        start: int = 0,
    ) -> Iterator[int]:
        """Learn from the rows of `order` step by step, each at its learning rate.

        A step (begin, end) learns from the rows at these places of the epoch's order; one of several batches (begin, ..., end) adds up
        their gradients to that of the loss of all its rows. Yields the number of steps of the epoch that are done after each step or block
        of steps: the caller may stop there. What dropout draws depends on the step's seed and the epoch alone.

        Args:
            epoch: counted from 0.
            order: the training rows in the order of their visit, (rows,) int64; all of the epoch or a stretch of it.
            batches: the places of each step of the epoch, one after another.
            rates: the learning rate of each step.
            first: the step to begin with; when it is not 0, the step before has been done, or `load_state` has given back the state that
                was taken before it.
            last: the step to end before; by default all are done.
            start: the place in the epoch where `order` begins.
        """
        ...

    def epoch_loss(self) -> float:
        """The mean loss of a row over the steps since the last call; the only read from the device."""
        ...

    @property
    def overflow(self) -> Overflow | None:
        """What loss scaling came to in the epoch that `epoch_loss` told of; None without scaling."""
        ...

    def state(self) -> dict[str, torch.Tensor]:
        """What the step remembers beside the weights.

        `step`: how many steps were done; `<name in torch.optim>.<weight>`: the optimizer's memory; `loss_scale`: where losses are scaled,
        the scale and how many of the steps were skipped; within an epoch also `random`, where dropout's random numbers are, and `loss`: the
        sum of the losses of rows, and how many rows.
        """
        ...

    def load_state(self, state: Mapping[str, torch.Tensor]) -> None:
        """Remember what `state()` of any step with the same network and optimizer gave."""
        ...

    def decisions(self) -> dict[str, str]:
        """What the step found out by trying on this machine; a resumed run gives it back, to calculate the same bits."""
        ...


FUSED = ("torch.optim.Adam", "torch.optim.AdamW", "torch.optim.SGD")
"""Optimizers that torch can update in one call."""


def make_optimizer(entry: Optimizer, module: nn.Module) -> torch.optim.Optimizer:
    """The torch optimizer of a catalog entry over the module's parameters, fused where torch can."""
    record = entry.lower()
    parameters = list(module.parameters())
    fused = record.target in FUSED and all(parameter.device.type in ("cpu", "cuda") for parameter in parameters)
    return resolve(record.target)(parameters, **record.kwargs, **({"fused": True} if fused else {}))


class EagerStep:
    """The step as every PyTorch user writes it; the reference for all faster ones.

    `forward` stands in for calling the module; `averages` move on after every step; `inspect` looks at gradients and `clip` changes them
    before the update. `precision` is what the network is calculated in.
    """

    def __init__(
        self,
        module: nn.Module,
        loss: LossFunction,
        optimizer: torch.optim.Optimizer,
        data: Source,
        *,
        seed: int = 0,
        forward: Callable[..., Any] | None = None,
        alteration: Alteration | None = None,
        averages: Averages | None = None,
        clip: Clip | None = None,
        inspect: Callable[[nn.Module], None] | None = None,
        precision: Precision | None = None,
    ):
        self.module, self.loss, self.optimizer, self.data, self.seed = module, loss, optimizer, data, seed
        self.precision = precision or Precision()
        self.forward, self.alteration, self.averages = self.precision.forward(module if forward is None else forward), alteration, averages
        self._before_update = [function for function in (inspect, clip) if function is not None]
        self.device = next(module.parameters()).device
        self.tally = Tally(self.device, scale=self.precision.scale)
        self._steps = 0

    def run_epoch(
        self,
        epoch: int,
        order: torch.Tensor,
        batches: Sequence[Batch],
        rates: Sequence[float],
        *,
        first: int = 0,
        last: int | None = None,
        start: int = 0,
    ) -> Iterator[int]:
        """Learn from the rows of `order` step by step; after each the number of steps done."""
        seeds = [0] * len(batches) if self.alteration is None else self.alteration.seeds(epoch, len(batches))
        last = len(batches) if last is None else last
        cuts = [(batches[number][0] - start, batches[number][-1] - start) for number in range(first, last)]
        with closing(self.data.visit(order, cuts)) as deliveries:
            for number, delivery in enumerate(deliveries, first):
                self._seed(epoch, number, first)
                self.learn(delivery.take(), rates[number], form_of(batches[number]), seeds[number])
                yield number + 1

    def run(self, index: torch.Tensor, learning_rate: float, form: Form = (), seed: int = 0) -> None:
        """Learn from the training rows at `index`, (rows,) int64.

        `form` says how many of them are calculated at once, `seed` what their alteration draws.
        """
        self.learn(self.data.pick(index), learning_rate, form, seed)

    def learn(self, rows: Rows, learning_rate: float, form: Form = (), seed: int = 0) -> None:
        """Learn from the rows of a delivery, which it may change; else as `run`."""
        (inputs, targets), count = rows, len(rows[0][0])
        self.module.train()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        if self.alteration is not None:
            targets = self.alteration.extended(Tensors(count, inputs, targets)).targets
            self.alteration.apply(inputs, targets, seed)
        self.module.zero_grad()
        with self.precision.learning():
            self.tally.add(self._backward(inputs, targets, form), count)
        self._update()
        self._steps += 1
        if self.averages is not None:
            self.averages.update(self._steps)

    def _seed(self, epoch: int, number: int, first: int) -> None:
        """Decide what dropout draws from step `number` of the epoch on; `first` is the one that this process begins with."""
        if number == first == 0:
            torch.manual_seed(int(np.random.SeedSequence([self.seed, epoch, 1]).generate_state(1, np.uint64)[0] >> np.uint64(1)))

    def _backward(self, inputs: tuple[torch.Tensor, ...], targets: Mapping[str, torch.Tensor], form: Form) -> torch.Tensor:
        """The loss of all rows, its gradients being added to the weights'."""
        total = torch.zeros((), device=self.device)
        for piece in pieces(self.loss, inputs, targets, form):
            loss = piece.loss(self.forward(*piece.inputs))
            loss.backward()
            total += loss.detach()
        return total

    def _weights(self) -> Iterable[tuple[str, torch.Tensor]]:
        """What the optimizer updates, by name of weight."""
        return self.module.named_parameters()

    def _unscale(self, scale: LossScale) -> None:
        """Take the scale out of the gradients, and note whether all of them are finite."""
        scale.unscale([weight.grad for _, weight in self._weights() if weight.grad is not None])

    def _update(self) -> None:
        """Change the weights by their gradients."""
        scale = self.precision.scale
        if scale is not None:
            self._unscale(scale)
        for function in self._before_update:
            function(self.module)
        if scale is None:
            self.optimizer.step()
        else:
            scale.step(self.optimizer)

    def epoch_loss(self) -> float:
        """The mean loss of a row over the steps since the last call; the only read from the device."""
        return self.tally.read()

    @property
    def overflow(self) -> Overflow | None:
        """What loss scaling came to in the epoch that `epoch_loss` told of; None without scaling."""
        return self.tally.overflow

    def state(self) -> dict[str, torch.Tensor]:
        """What the optimizer remembers: `step`, and `<name in torch.optim>.<weight>`."""
        state = {"step": torch.tensor(float(self._steps)), "random": random_state(self.device)}
        state["loss"] = self.tally.state()
        if self.precision.scale is not None:
            state["loss_scale"] = self.precision.scale.state()
        for weight, parameter in self._weights():
            for name, value in self.optimizer.state.get(parameter, {}).items():
                if isinstance(value, torch.Tensor) and name != "step":
                    state[f"{name}.{weight}"] = value
        return state

    def load_state(self, state: Mapping[str, torch.Tensor]) -> None:
        """Remember what `state()` of this step or of a compiled one gave."""
        self._steps = int(state["step"].item())
        if "random" in state and state["random"].numel() == random_state(self.device).numel():  # a compiled step's is NumPy's
            set_random_state(self.device, state["random"])
            self.tally.load(state["loss"])
        elif "loss" not in state:
            self.tally.load(None)
        skipped = 0
        if self.precision.scale is not None:
            self.precision.scale.load(state.get("loss_scale"))
            skipped = int(self.precision.scale.skipped.item())
        self.optimizer.state.clear()
        if self._steps == skipped:
            return
        fused = self.optimizer.defaults.get("fused")  # then the update reads the count where the weights are
        for weight, parameter in self._weights():
            memories = {key.split(".", 1)[0]: value for key, value in state.items() if key.split(".", 1)[-1] == weight}
            if memories:
                loaded = {name: value.to(parameter.device, copy=True) for name, value in memories.items()}
                count = torch.tensor(float(self._steps - skipped), device=parameter.device if fused else "cpu")
                self.optimizer.state[parameter] = {"step": count, **loaded}

    def decisions(self) -> dict[str, str]:
        """None: nothing is tried."""
        return {}
