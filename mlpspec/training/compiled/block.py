"""A block of steps of one form: rows gathered at once, steps run in one call, the loss calculated from all outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import fx, nn

from mlpspec.training.compiled.cuda_graph import GraphRunner
from mlpspec.training.compiled.emit import emit, emit_python
from mlpspec.training.compiled.losses import joining
from mlpspec.training.compiled.lower import Fixed, Slots, Value, lower
from mlpspec.training.compiled.masks import Masks
from mlpspec.training.compiled.memory import Pool
from mlpspec.training.compiled.passes.column_sums import multiply_instead_of_sum
from mlpspec.training.compiled.passes.counters import hoist_counters
from mlpspec.training.compiled.passes.cross_entropy import close_cross_entropy
from mlpspec.training.compiled.passes.dropout import keep_one_copy, take_out_masks
from mlpspec.training.compiled.passes.fold import fold_constants
from mlpspec.training.compiled.passes.noise import drop_noise
from mlpspec.training.compiled.program import RATE
from mlpspec.training.compiled.rows import BlockRows, Change
from mlpspec.training.compiled.trace import Role, Traced, layout
from mlpspec.training.compiled.update import Update
from mlpspec.training.losses import LossFunction
from mlpspec.training.source import Delivery
from mlpspec.training.tensors import Tensors

PASSES = (drop_noise, fold_constants, close_cross_entropy, take_out_masks, keep_one_copy, hoist_counters, multiply_instead_of_sum)

BLOCK_BYTES, BLOCK_STEPS = {"cpu": 4 << 20, "cuda": 64 << 20}, 128
"""A block has as many steps as fit into this memory, and at most so many. A processor keeps it in its cache; a GPU has room for more."""


class Block:
    """The steps of one form, rewritten and ready to run.

    Args:
        module: the network.
        loss: from outputs and targets to one number.
        update: the optimizer over the network's weights.
        rows: those of a step, of all processes.
        traced: the step recorded on them; it is rewritten.
        more: rewrites after those that every step gets: the choice of libraries for the matrix products.
        steps: how many the block has.
        altered: whether rows are altered before a step learns from them.
        rates_as_tensors: hand learning rates to the operators as tensors, as a CUDA graph needs them.
        tell: is given the reason where no CUDA graph can be captured.
    """

    def __init__(
        self,
        module: nn.Module,
        loss: LossFunction,
        update: Update,
        rows: Tensors,
        traced: Traced,
        more: Sequence[Callable[[Traced], None]],
        steps: int,
        altered: bool,
        *,
        rates_as_tensors: bool = False,
        tell: Callable[[str], None] = lambda problem: None,
    ):
        self.rates_as_tensors, self.tell, self.steps = rates_as_tensors, tell, steps
        self.loss, self.device, self.division, self.altered = loss, update.weights.all.device, traced.division, altered
        heads = zip(traced.heads, traced.head_nodes, strict=True)
        outputs = {name: torch.empty(layout(node).shape, device=self.device) for name, node in heads}
        self.scale = update.scale
        # a step that overflows is left out of the loss, for which its own must be known
        one_by_one = not traced.heads or self.scale is not None
        targets = {name: self.division.take(target) for name, target in rows.targets.items()}
        self.joining = None if one_by_one else joining(loss, outputs, targets)
        if self.joining is not None:
            traced.drop_loss()
        for rewrite in (*PASSES, *more):
            rewrite(traced)
        with torch.inference_mode():
            self._build(traced, rows, module, update)

    def _build(self, traced: Traced, rows: Tensors, module: nn.Module, update: Update) -> None:
        read = {role.key for node, role in traced.roles.items() if role.kind == "everyone" and node.users}
        self.rows = BlockRows(rows, self.division, self.steps, read=read, altered=self.altered)
        self.one_hots: list[tuple[torch.Tensor, torch.Tensor, float]] = []
        self.masks: list[Masks] = []
        self.counters = [module.get_buffer(name) for name in traced.counters]
        self.numbers, self.rates, self.shares = torch.zeros(3, self.steps, device=self.device)
        weights, buffers = update.weights.views, dict(module.named_buffers())
        placeholders = {node: self._placeholder(role, traced, weights, buffers) for node, role in traced.roles.items() if node.users}
        self.pool = Pool(self.device)
        on_gpu = self.device.type == "cuda"
        self.program, gradients = lower(traced, placeholders, self._kept(traced), update.gradients.views, self.pool, random=on_gpu)
        rate = self.program.slot(self.rates.unbind()) if self.rates_as_tensors else RATE
        self.averages = update.averages
        share = self.program.slot(self.shares.unbind()) if self.averages is not None else None
        update.write(self.program, gradients, self.program.slot(self.numbers.unbind()), rate, share)
        if on_gpu:
            self._run, self.engine = GraphRunner(emit_python(self.program), self.tell), "a CUDA graph"
        else:
            self._run, self.engine = emit(self.program)

    def _placeholder(self, role: Role, traced: Traced, weights: Mapping[str, torch.Tensor], buffers: Mapping[str, torch.Tensor]) -> Value:
        match role.kind:
            case "parameter":
                return Fixed(weights[role.key])
            case "buffer":
                return Fixed(buffers[role.key])
            case "constant":
                return Fixed(traced.constants[role.key].to(self.device))
            case "input":
                return self._slots(self.rows.inputs[role.key])
            case "target":
                return self._slots(self.rows.targets[role.key])
            case "everyone":
                return self._slots(self.rows.everyone[role.key])
            case "one_hot":
                classes, value = role.detail
                memory = torch.zeros(self.steps * self.rows.batch, classes, device=self.device)
                self.one_hots.append((memory, self.rows.targets[role.key], value))
                return self._slots(memory)
            case "mask":
                shape, keep, dtype = role.detail
                self.masks.append(Masks.make(self.steps, shape, keep, self.device, dtype))
                return Slots(self.masks[-1].memory.unbind())
            case "scale":
                assert self.scale is not None
                return Fixed(self.scale.value)

    def _slots(self, rows: torch.Tensor) -> Slots:
        return Slots(self.rows.by_step(rows))

    def _kept(self, traced: Traced) -> dict[fx.Node, Slots]:
        """Memory for what the loss of a block is calculated from: the outputs, or the loss of each step."""
        if self.joining is None:
            self.losses = torch.zeros(self.steps, device=self.device)
            assert traced.loss_node is not None
            return {traced.loss_node: Slots(self.losses.unbind())}
        self.outputs: dict[str, torch.Tensor] = {}
        kept: dict[fx.Node, Slots] = {}
        for name, node in zip(traced.heads, traced.head_nodes, strict=True):
            known = layout(node)
            memory = torch.zeros(self.steps * self.rows.batch, *known.shape[1:], dtype=known.dtype, device=self.device)
            self.outputs[name] = memory
            kept[node] = self._slots(memory)
        return kept

    def run(
        self,
        delivery: Delivery,
        rates: Sequence[float],
        numbers: torch.Tensor,
        done: int,
        generator: np.random.Generator,
        change: Change | None = None,
        labels: Mapping[str, torch.Tensor] | None = None,
    ) -> tuple[torch.Tensor, int]:
        """Learn from the rows of a delivery, a step for each learning rate; `done` steps ran before.

        `numbers` has the rates again, and the shares of the new weights in running averages, (2, steps) on the device. `change` is what
        happens to the rows of each step first. `rows.fill` says what a delivery has, and what `labels` are for.

        Returns what this process adds to the mean loss of a row, or to that of each step, (steps,), and how many rows of all processes each
        of these numbers is for.
        """
        steps = len(rates)
        self.rows.fill(delivery, steps, change, labels or {})
        self._prepare(numbers, done, generator)
        self._run(steps, list(rates), [done + number == 0 for number in range(steps)])
        for counter in self.counters:
            counter.add_(steps)
        if self.joining is None:
            return self.losses[:steps], self.rows.whole
        own = steps * self.rows.batch
        value = self.loss(_first(self.outputs, own), _first(self.rows.targets, own))
        value, part = (value, self.rows.batch / self.rows.whole) if self.joining == "mean" else (value / steps, 1.0)
        part *= self.division.weight
        return value if part == 1.0 else value * part, steps * self.rows.whole

    def _prepare(self, given: torch.Tensor, done: int, generator: np.random.Generator) -> None:
        steps = given.shape[1]
        own = steps * self.rows.batch
        for memory, target, value in self.one_hots:
            memory[:own].zero_().scatter_(1, target[:own].unsqueeze(1), value)
        for masks in self.masks:
            masks.fill(generator, steps)
        torch.arange(done + 1, done + 1 + steps, out=self.numbers[:steps])
        if self.rates_as_tensors:
            self.rates[:steps].copy_(given[0])
        if self.averages is not None:
            self.shares[:steps].copy_(given[1])


def block_steps(traced: Traced, rows: int, device: torch.device, *, altered: bool) -> int:
    """How many steps of `rows` training rows a block has; `altered` as for `Block`."""
    kinds, division, whole = {"input", "target", "one_hot", "mask"}, traced.division, sum(traced.division.whole)
    sizes = [layout(node) for node, role in traced.roles.items() if role.kind in kinds]
    each = sum(known.numel * known.dtype.itemsize for known in sizes)
    if altered and division.is_divided:
        each += each * whole // division.rows
    return max(1, min(BLOCK_STEPS, BLOCK_BYTES[device.type] // max(1, each), -(-rows // whole)))


def _first(tensors: Mapping[str, torch.Tensor], rows: int) -> dict[str, torch.Tensor]:
    return {name: tensor[:rows] for name, tensor in tensors.items()}
