"""Optimizers over flat memory: what they remember, and the calls of their update."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from mlpspec.catalog.optimizers import Optimizer
from mlpspec.training.averages import Averages
from mlpspec.training.clip import Clip
from mlpspec.training.compiled.add_up import write_add_up
from mlpspec.training.compiled.clip import write_clip
from mlpspec.training.compiled.flat import Flat
from mlpspec.training.compiled.lower import Gradient
from mlpspec.training.compiled.program import FIRST, RATE, Call, Name, Program
from mlpspec.training.compiled.scaling import write_count, write_keep, write_rescale, write_restore, write_unscale
from mlpspec.training.group import ALONE, Group
from mlpspec.training.loss_scale import LossScale

aten = torch.ops.aten


@dataclass(frozen=True)
class Stretch:
    """Weights that are updated by one call, and their gradient: flat memory, or the result of a step."""

    names: tuple[str, ...]
    gradient: torch.Tensor | Name


class Update:
    """The update of one optimizer. `state` holds what it remembers by torch.optim's names, `steps` how often it ran.

    Gradients are added up over the processes of a group first, and clipped before the update. Running averages of the weights, where there
    are any, come to lie in flat memory too and move on after.
    With a loss scale gradients are unscaled in between, and a step in which one is not finite changes neither weights nor memories.

    Raises:
        NotImplementedError: for an optimizer that this file does not know.
    """

    def __init__(
        self,
        entry: Optimizer,
        weights: Flat,
        averages: Averages | None = None,
        clip: Clip | None = None,
        scale: LossScale | None = None,
        group: Group = ALONE,
    ):
        record = entry.lower()
        if record.target not in UPDATES:
            raise NotImplementedError(f"the optimizer {record.target}")
        self.options: Mapping[str, Any] = record.kwargs
        names, self._write = UPDATES[record.target]
        self.weights, self.gradients = weights, weights.like()
        self.state: dict[str, Flat] = {name: weights.like() for name in names(record.kwargs)}
        self.steps = 0
        self.averages, self.clip, self.scale, self.group = averages, clip, scale, group
        if scale is not None and self.options.get("dampening"):  # the first step would be another one, known only on the device
            raise NotImplementedError("dampening with a scaled loss")
        if averages is not None:
            self.average = weights.like()
            averages.move(self.average.views)

    def write(
        self, program: Program, gradients: Mapping[str, Gradient], step_number: Name, rate: Name = RATE, share: Name | None = None
    ) -> None:
        """Add the update to a program.

        Args:
            program: of one step.
            gradients: where they lie.
            step_number: the tensor with the number of the step, counted from 1.
            rate: the learning rate: RATE, a number, or a tensor without axes.
            share: the tensor with the share that the new weights have in the running averages.
        """
        if self.group.size > 1:
            gradients = write_add_up(program, self.gradients, gradients)
        if self.scale is not None:
            gradients = write_unscale(self.scale, program, self.gradients, gradients)
            step_number = write_count(self.scale, program, step_number)
        if self.clip is not None:
            gradients = write_clip(self.clip, program, self.weights, self.gradients, gradients)
        stretches = _stretches(self.weights, gradients)
        if stretches:
            self._write(_Writer(self, program, stretches, step_number, rate))
        if self.scale is not None:
            write_rescale(self.scale, program)
        if self.averages is not None:
            for average, source in ((self.average.all, self.weights.all), *self.averages.pairs(self.weights.shapes)):
                program.calls.append(Call(aten.lerp_.Tensor, (program.tensor(average), program.tensor(source), share)))


def _stretches(weights: Flat, gradients: Mapping[str, Gradient]) -> list[Stretch]:
    """Neighbours whose gradients are neighbours too go together."""
    stretches: list[tuple[list[str], Any]] = []
    end = None
    for name in weights.shapes:
        gradient = gradients.get(name)
        if gradient is None:
            end = None
        elif gradient.fixed is None:
            stretches.append(([name], gradient.fresh))
            end = None
        else:
            if end is not None and gradient.fixed.data_ptr() == end:
                names, first = stretches[-1]
                names.append(name)
                stretches[-1] = (names, first)
            else:
                stretches.append(([name], gradient.fixed))
            end = gradient.fixed.data_ptr() + gradient.fixed.nbytes
    return [
        Stretch(tuple(names), first if isinstance(first, Name) else _widened(first, sum(weights.shapes[name].numel() for name in names)))
        for names, first in stretches
    ]


def _widened(first: torch.Tensor, numel: int) -> torch.Tensor:
    """`numel` numbers from where `first` begins."""
    return torch.as_strided(first, (numel,), (1,), first.storage_offset())


class _Writer:
    """What an update needs while it is written."""

    def __init__(self, update: Update, program: Program, stretches: Sequence[Stretch], step_number: Name, rate: Name):
        self.update, self.program, self.stretches, self.step_number, self.rate = update, program, stretches, step_number, rate
        self.options = update.options

    def weights(self, state: str | None = None) -> list[torch.Tensor]:
        """The flat memory of each stretch in the weights, or in one of the optimizer's memories."""
        flat = self.update.weights if state is None else self.update.state[state]
        return [flat.stretch(stretch.names) for stretch in self.stretches]

    def listed(self, state: str | None = None) -> Name:
        """That as a list variable; an empty list for a memory that the options do without."""
        return self.program.list([] if state is not None and state not in self.update.state else self.weights(state))

    def gradients(self) -> Name | list[Name]:
        """The gradients of all stretches."""
        fixed = [stretch.gradient for stretch in self.stretches if isinstance(stretch.gradient, torch.Tensor)]
        if len(fixed) == len(self.stretches):
            return self.program.list(fixed)
        return [self.gradient(stretch) for stretch in self.stretches]

    def gradient(self, stretch: Stretch) -> Name:
        """The gradient of a stretch."""
        return stretch.gradient if isinstance(stretch.gradient, Name) else self.program.tensor(stretch.gradient)

    def fused(self, packet: torch._ops.OpOverloadPacket, *args: Any, **kwargs: Any) -> None:
        """Add a call of a fused update: the overload for rates that are numbers, or the one for tensors. It skips an overflow itself."""
        if self.update.scale is not None:
            kwargs["found_inf"] = self.program.tensor(self.update.scale.found)
        self.call(packet.default if self.rate is RATE else packet.tensor_lr, *args, lr=self.rate, **kwargs)

    def descend(self, weight: Name, direction: Name, scratch: Name) -> None:
        """Take rate * direction off the weight; `scratch` may be overwritten."""
        if self.rate is RATE:
            self.call(aten.sub_.Tensor, weight, direction, alpha=RATE)
        else:
            self.call(aten.mul.out, direction, self.rate, out=scratch)
            self.call(aten.sub_.Tensor, weight, scratch)

    def call(self, operator: torch._ops.OpOverload, *args: Any, **kwargs: Any) -> None:
        """Add a call."""
        self.program.calls.append(Call(operator, args, kwargs))


def _adam(writer: _Writer, packet: torch._ops.OpOverloadPacket) -> None:
    options = writer.options
    writer.fused(
        packet,
        writer.listed(),
        writer.gradients(),
        writer.listed("exp_avg"),
        writer.listed("exp_avg_sq"),
        writer.listed("max_exp_avg_sq"),
        [writer.step_number] * len(writer.stretches),
        beta1=options["betas"][0],
        beta2=options["betas"][1],
        weight_decay=float(options["weight_decay"]),
        eps=options["eps"],
        amsgrad=options["amsgrad"],
        maximize=False,
    )


def _sgd(writer: _Writer) -> None:
    options = writer.options
    writer.fused(
        aten._fused_sgd_,
        writer.listed(),
        writer.gradients(),
        writer.listed("momentum_buffer"),
        weight_decay=float(options["weight_decay"]),
        momentum=float(options["momentum"]),
        dampening=float(options["dampening"]),
        nesterov=options["nesterov"],
        maximize=False,
        # a first step that was skipped leaves no momentum; without dampening one that begins as zero is the same
        is_first_step=FIRST if writer.update.scale is None else False,
    )


def _rmsprop(writer: _Writer) -> None:
    """The operations of torch.optim.RMSprop in its order, on flat memory."""
    options, program, scale = writer.options, writer.program, writer.update.scale
    changed = [tensor for state in (None, *writer.update.state) for tensor in writer.weights(state)]
    copies = [] if scale is None else write_keep(scale, program, changed)
    numel = max(weight.numel() for weight in writer.weights())
    memory = torch.empty(2, numel, dtype=writer.update.weights.all.dtype, device=writer.update.weights.all.device)
    for number, stretch in enumerate(writer.stretches):
        size = writer.weights()[number].numel()
        # a fresh gradient has its weight's shape, so that all else is looked at in that shape
        shape = writer.update.weights.shapes[stretch.names[0]] if isinstance(stretch.gradient, Name) else torch.Size([size])

        def shaped(state: str | None = None, number: int = number, shape: torch.Size = shape) -> Name:
            return program.tensor(writer.weights(state)[number].view(shape))

        weight, gradient, square = shaped(), writer.gradient(stretch), shaped("square_avg")
        divisor, decayed = (program.tensor(part[:size].view(shape)) for part in memory)
        if options["weight_decay"]:
            writer.call(aten.add.out, gradient, weight, alpha=options["weight_decay"], out=decayed)
            gradient = decayed
        writer.call(aten.mul_.Scalar, square, options["alpha"])
        writer.call(aten.addcmul_.default, square, gradient, gradient, value=1 - options["alpha"])
        if options["centered"]:
            mean = shaped("grad_avg")
            writer.call(aten.lerp_.Scalar, mean, gradient, 1 - options["alpha"])
            writer.call(aten.addcmul.out, square, mean, mean, value=-1, out=divisor)
            writer.call(aten.sqrt_.default, divisor)
        else:
            writer.call(aten.sqrt.out, square, out=divisor)
        writer.call(aten.add_.Scalar, divisor, options["eps"])
        if options["momentum"]:
            moved = shaped("momentum_buffer")
            writer.call(aten.mul_.Scalar, moved, options["momentum"])
            writer.call(aten.addcdiv_.default, moved, gradient, divisor)
            writer.descend(weight, moved, divisor)
        else:
            writer.call(aten.div.out, gradient, divisor, out=divisor)
            writer.descend(weight, divisor, divisor)
    if scale is not None:
        write_restore(scale, program, changed, copies)


def _adam_state(options: Mapping[str, Any]) -> list[str]:
    return ["exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if options["amsgrad"] else [])]


def _sgd_state(options: Mapping[str, Any]) -> list[str]:
    return ["momentum_buffer"] if options["momentum"] else []


def _rmsprop_state(options: Mapping[str, Any]) -> list[str]:
    extra = [name for name, there in (("momentum_buffer", options["momentum"]), ("grad_avg", options["centered"])) if there]
    return ["square_avg", *extra]


UPDATES: dict[str, tuple[Callable[[Mapping[str, Any]], list[str]], Callable[[_Writer], None]]] = {
    "torch.optim.Adam": (_adam_state, lambda writer: _adam(writer, aten._fused_adam_)),
    "torch.optim.AdamW": (_adam_state, lambda writer: _adam(writer, aten._fused_adamw_)),
    "torch.optim.SGD": (_sgd_state, _sgd),
    "torch.optim.RMSprop": (_rmsprop_state, _rmsprop),
}
"""For each optimizer what it remembers, and its update."""
