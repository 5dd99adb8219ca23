"""The compiled step: traced once, rewritten, run a block of steps at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import accumulate, pairwise

import torch
from torch import nn

from mlpspec.catalog.optimizers import Optimizer
from mlpspec.training.alteration import Alteration
from mlpspec.training.averages import Averages
from mlpspec.training.batches import Batch, Form, batch_bounds, form_of, forms_of
from mlpspec.training.clip import Clip
from mlpspec.training.compiled.block import Block, block_steps
from mlpspec.training.compiled.decisions import BLOCK, Decisions
from mlpspec.training.compiled.flat import flatten
from mlpspec.training.compiled.malloc import keep_freed_memory
from mlpspec.training.compiled.masks import generator_state, mask_generator, set_generator_state
from mlpspec.training.compiled.passes.matmul import choose_libraries
from mlpspec.training.compiled.rows import Change
from mlpspec.training.compiled.threads import thread_count, threads
from mlpspec.training.compiled.trace import matmul_operations, trace
from mlpspec.training.compiled.update import Update
from mlpspec.training.device import random_state, sent, set_random_state
from mlpspec.training.group import ALONE, Group
from mlpspec.training.loss_scale import Overflow
from mlpspec.training.losses import LossFunction
from mlpspec.training.precision import Precision
from mlpspec.training.source import Cut, Source
from mlpspec.training.tally import Tally
from mlpspec.training.tensors import Tensors

Stretch = tuple[Block, int, int]
"""Steps that a block can run at once: which block, the first of them, the one behind them."""


class CompiledStep:
    """Learns as `EagerStep` does, to rounding, several times faster.

    The module's parameters become views of one stretch of memory; they stay its parameters, and their values are always the current ones.

    In a group each process calculates its part of every step (`training.division`), the gradients are added up between backward and
    update, and so all have the same weights. Batch norm's running statistics are each process's own until the loop lets all follow the
    leading one. What dropout draws follows from seed, epoch, process, and the step that a block begins with.

    Args:
        module: the network, on the CPU or a CUDA device.
        loss: from outputs and targets to one number.
        optimizer: the catalog entry; its `learning_rate` is not used: each step is given one.
        data: the training rows.
        batches: how often steps of each form come; a number stands for the forms that `batch_bounds` makes of so many rows.
        seed: where dropout's random bits come from.
        given: decisions of an earlier run, so that this one calculates the same bits; in a group those of the leading process.
        alteration: what happens to the rows of a step before it learns from them.
        averages: running averages of the weights, which every step moves on.
        clip: what changes the gradients before the update.
        precision: what the network is calculated in.
        group: the processes that share every batch.
        note: what is told where no CUDA graph can be captured, once.

    Raises:
        NotImplementedError, RuntimeError: for what cannot be compiled; the module still learns eagerly.
    """

    def __init__(
        self,
        module: nn.Module,
        loss: LossFunction,
        optimizer: Optimizer,
        data: Source,
        batches: int | Mapping[Form, int],
        *,
        seed: int = 0,
        given: Mapping[str, str] | None = None,
        alteration: Alteration | None = None,
        averages: Averages | None = None,
        clip: Clip | None = None,
        precision: Precision | None = None,
        group: Group = ALONE,
        note: Callable[[str], None] = lambda text: None,
    ):
        if any(isinstance(part, nn.SyncBatchNorm) for part in module.modules()):
            raise NotImplementedError("batch norm is synchronized between processes")
        self.precision, self.group = precision or Precision(), group
        forms = forms_of(batch_bounds(data.rows, batches)) if isinstance(batches, int) else batches
        self.data, self._note = data, note
        heads = {form: self._head(data, sum(form), alteration) for form in forms}
        traced = {form: trace(module, loss, heads[form], form, self.precision, group) for form in forms}
        usual = max(forms, key=lambda form: forms[form])
        self._decisions = Decisions(given, thread_count(matmul_operations(traced[usual])), decides=group.leads)
        self.seed, self.threads, self.alteration, self.averages = seed, self._decisions.threads, alteration, averages
        self.problem: str | None = None
        keep_freed_memory()
        self.device = next(module.parameters()).device
        if self.device.type not in ("cpu", "cuda"):
            raise NotImplementedError(f"a step on {self.device.type}")
        on_gpu = self.device.type == "cuda"
        self.update = Update(optimizer, flatten(module), averages, clip, self.precision.scale, group)
        self.blocks: dict[Form, Block] = {}
        with threads(self.threads):
            for form in sorted(forms, key=lambda form: -forms[form]):
                choose = partial(choose_libraries, decisions=self._decisions, by_trial=form == usual)
                passes = [] if on_gpu else [choose]
                key = f"{BLOCK}{' + '.join(map(str, form))} rows"
                altered = alteration is not None
                size = self._decisions.number(key, block_steps(traced[form], data.rows, self.device, altered=altered))
                more = {"rates_as_tensors": on_gpu, "tell": self._tell}
                self.blocks[form] = Block(module, loss, self.update, heads[form], traced[form], passes, size, altered, **more)
        self.generator = mask_generator(seed, 0)
        self.tally = Tally(self.device, torch.float64, self.precision.scale)

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
        """Learn from the rows of `order` step by step; after each block the number of steps done."""
        seeds = None if self.alteration is None else self.alteration.seeds(epoch, len(batches))
        stretches = list(self._stretches(batches, first, len(batches) if last is None else last))
        numbers = self._numbers(rates, first)
        places = [(batches[done][0] - start, batches[behind - 1][-1] - start) for _, done, behind in stretches]
        with closing(self.data.visit(*self._visited(order, stretches, places))) as deliveries:
            for (block, done, behind), delivery, labels in zip(stretches, deliveries, self._labels(order, stretches, places), strict=True):
                self._seed(epoch, done)
                with torch.inference_mode(), threads(self.threads), self.precision.learning(), self.group.lost_peers_named():
                    change, before = self._change(seeds, done), self.update.steps
                    losses, rows = block.run(delivery, rates[done:behind], numbers[:, done:behind], before, self.generator, change, labels)
                    self.tally.add(self.group.add_up(losses), rows)
                self.update.steps += behind - done
                yield behind

    def _seed(self, epoch: int, number: int) -> None:
        """Decide what dropout draws from step `number` of the epoch on. A process alone has one sequence of random numbers an epoch."""
        if self.group.size == 1 and number > 0:
            return
        own = [number, self.group.rank] if self.group.size > 1 else []
        self.generator = mask_generator(self.seed, epoch, *own)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(int(self.generator.integers(2**63)))

    def _visited(self, order: torch.Tensor, stretches: Sequence[Stretch], places: Sequence[Cut]) -> tuple[torch.Tensor, Sequence[Cut]]:
        """What is visited of an epoch's order, and where that is cut: in a group the rows that this process needs, else all."""
        if self.group.size == 1:
            return order, places
        wanted = [block.rows.wanted(order[begin:end]) for (block, _, _), (begin, end) in zip(stretches, places, strict=True)]
        return torch.cat(wanted), list(pairwise([0, *accumulate(map(len, wanted))]))

    def _labels(self, order: torch.Tensor, stretches: Sequence[Stretch], places: Sequence[Cut]) -> Iterator[dict[str, torch.Tensor]]:
        """For each stretch the targets of all its rows that its steps read and that no delivery has."""
        if not any(block.rows.labels for block, _, _ in stretches):
            yield from ({} for _ in stretches)
            return
        targets = self.data.targets
        there = sent(order, next(iter(targets.values())).device)
        for (block, _, _), (begin, end) in zip(stretches, places, strict=True):
            yield {name: sent(targets[name].index_select(0, there[begin:end]), self.device) for name in block.rows.labels}

    def _stretches(self, batches: Sequence[Batch], first: int, last: int) -> Iterator[Stretch]:
        """The steps from `first` to before `last`, as blocks can run them at once."""
        done = first
        while done < last:
            form = form_of(batches[done])
            block, behind = self.blocks[form], done + 1
            while behind < min(last, done + block.steps) and form_of(batches[behind]) == form:
                behind += 1
            yield block, done, behind
            done = behind

    def _numbers(self, rates: Sequence[float], first: int) -> torch.Tensor:
        """The learning rate of each step of an epoch, and the share that its weights have in running averages: (2, steps), on the device.

        They go there once an epoch, so that nobody waits for it within.
        """
        averages, before = self.averages, self.update.steps - first
        shares = [0.0 if averages is None else averages.decay.share(before + number) for number in range(1, len(rates) + 1)]
        return sent(torch.tensor([list(rates), shares]), self.device)

    @staticmethod
    def _head(data: Source, rows: int, alteration: Alteration | None) -> Tensors:
        """Rows to trace a step with."""
        head = data.head(rows)
        return head if alteration is None else alteration.extended(head)

    def _tell(self, problem: str) -> None:
        """No graph can be captured: that is said once."""
        if self.problem is None:
            self.problem = problem
            self._note(f"steps run call by call, as no CUDA graph can be captured: {problem}")

    def _change(self, seeds: Sequence[int] | None, first: int) -> Change | None:
        """What a block does to the rows of its step number i, the step number first + i of the epoch."""
        alteration = self.alteration
        if alteration is None or seeds is None:
            return None
        return lambda number, inputs, targets: alteration.apply(inputs, targets, seeds[first + number])

    def epoch_loss(self) -> float:
        """The mean loss of a row over the steps since the last call."""
        return self.tally.read()

    @property
    def overflow(self) -> Overflow | None:
        """What loss scaling came to in the epoch that `epoch_loss` told of; None without scaling."""
        return self.tally.overflow

    def state(self) -> dict[str, torch.Tensor]:
        """What the step remembers: `step`, `random`, `loss`, `<name in torch.optim>.<weight>`; `loss_scale`; of a GPU `device_random`."""
        memories = {f"{name}.{weight}": view for name, flat in self.update.state.items() for weight, view in flat.views.items()}
        drawn = {"device_random": random_state(self.device)} if self.device.type == "cuda" else {}
        scale = {} if self.precision.scale is None else {"loss_scale": self.precision.scale.state()}
        number = torch.tensor(float(self.update.steps))
        return {"step": number, "random": generator_state(self.generator), "loss": self.tally.state(), **drawn, **scale, **memories}

    def load_state(self, state: Mapping[str, torch.Tensor]) -> None:
        """Remember what `state()` of this step or of an eager one gave."""
        self.update.steps = int(state["step"].item())
        if "random" in state and bytes(state["random"][:1].tolist()) == b"{":  # an eager step's random state is torch's
            set_generator_state(self.generator, state["random"])
            if "device_random" in state and self.device.type == "cuda":
                set_random_state(self.device, state["device_random"])
            self.tally.load(state["loss"])
        elif "loss" not in state:
            self.tally.load(None)
        if self.precision.scale is not None:
            self.precision.scale.load(state.get("loss_scale"))
        for name, flat in self.update.state.items():
            for weight, view in flat.views.items():
                if f"{name}.{weight}" in state:
                    view.copy_(state[f"{name}.{weight}"])

    @property
    def description(self) -> str:
        """One line: how it runs, on how many threads, in what blocks."""
        block = next(iter(self.blocks.values()))
        threads = f"{self.threads} thread{'s' if self.threads > 1 else ''}"
        return f"compiled: {len(block.program.calls)} calls a step through {block.engine}, {threads}, blocks of {block.steps} steps"

    def decisions(self) -> dict[str, str]:
        """What was decided by trying, for a resumed run."""
        return dict(self._decisions.used)
