"""The compiled step: traced once, rewritten, run a block of steps at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial

import torch
from torch import nn

from mlpspec.catalog.optimizers import Optimizer
from mlpspec.training.alteration import Alteration
from mlpspec.training.averages import Averages
from mlpspec.training.batches import Batch, Form, batch_bounds, form_of, forms_of
from mlpspec.training.clip import Clip
from mlpspec.training.compiled.block import Block, Change, block_steps
from mlpspec.training.compiled.decisions import Decisions
from mlpspec.training.compiled.flat import flatten
from mlpspec.training.compiled.malloc import keep_freed_memory
from mlpspec.training.compiled.masks import generator_state, mask_generator, set_generator_state
from mlpspec.training.compiled.passes.matmul import choose_libraries
from mlpspec.training.compiled.threads import thread_count, threads
from mlpspec.training.compiled.trace import matmul_operations, trace
from mlpspec.training.compiled.update import Update
from mlpspec.training.device import random_state, sent, set_random_state
from mlpspec.training.loss_scale import Overflow
from mlpspec.training.losses import LossFunction
from mlpspec.training.precision import Precision
from mlpspec.training.source import Source
from mlpspec.training.tally import Tally
from mlpspec.training.tensors import Tensors


class CompiledStep:
    """Learns as `EagerStep` does, to rounding, several times faster.

    The module's parameters become views of one stretch of memory; they stay its parameters, and their values are always the current ones.

    Args:
        module: the network, on the CPU or a CUDA device.
        loss: from outputs and targets to one number.
        optimizer: the catalog entry; its `learning_rate` is not used: each step is given one.
        data: the training rows.
        batches: how often steps of each form come; a number stands for the forms that `batch_bounds` makes of so many rows.
        seed: where dropout's random bits come from.
        given: decisions of an earlier run, so that this one calculates the same bits.
        alteration: what happens to the rows of a step before it learns from them.
        averages: running averages of the weights, which every step moves on.
        clip: what changes the gradients before the update.
        precision: what the network is calculated in.
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
        note: Callable[[str], None] = lambda text: None,
    ):
        self.precision = precision or Precision()
        forms = forms_of(batch_bounds(data.rows, batches)) if isinstance(batches, int) else batches
        self.data, self._note = data, note
        heads = {form: self._head(data, sum(form), alteration) for form in forms}
        traced = {form: trace(module, loss, heads[form], form, self.precision) for form in forms}
        usual = max(forms, key=lambda form: forms[form])
        self._decisions = Decisions(given, thread_count(matmul_operations(traced[usual])))
        self.seed, self.threads, self.alteration, self.averages = seed, self._decisions.threads, alteration, averages
        self.problem: str | None = None
        keep_freed_memory()
        self.device = next(module.parameters()).device
        if self.device.type not in ("cpu", "cuda"):
            raise NotImplementedError(f"a step on {self.device.type}")
        on_gpu = self.device.type == "cuda"
        self.update = Update(optimizer, flatten(module), averages, clip, self.precision.scale)
        self.blocks: dict[Form, Block] = {}
        with threads(self.threads):
            for form in sorted(forms, key=lambda form: -forms[form]):
                choose = partial(choose_libraries, decisions=self._decisions, by_trial=form == usual)
                passes = [] if on_gpu else [choose]
                size = block_steps(traced[form], data.rows, self.device)
                more = {"rates_as_tensors": on_gpu, "tell": self._tell}
                self.blocks[form] = Block(module, loss, self.update, heads[form], traced[form], passes, size, **more)
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
        if first == 0:
            self.generator = mask_generator(self.seed, epoch)
            if self.device.type == "cuda":
                torch.cuda.manual_seed(int(self.generator.integers(2**63)))
        generator = self.generator
        seeds = None if self.alteration is None else self.alteration.seeds(epoch, len(batches))
        stretches = list(self._stretches(batches, first, len(batches) if last is None else last))
        numbers = self._numbers(rates, first)
        cuts = [(batches[done][0] - start, batches[behind - 1][-1] - start) for _, done, behind in stretches]
        with closing(self.data.visit(order, cuts)) as deliveries:
            for (block, done, behind), delivery in zip(stretches, deliveries, strict=True):
                with torch.inference_mode(), threads(self.threads), self.precision.learning():
                    change = self._change(seeds, done)
                    self.tally.add(*block.run(delivery, rates[done:behind], numbers[:, done:behind], self.update.steps, generator, change))
                self.update.steps += behind - done
                yield behind

    def _stretches(self, batches: Sequence[Batch], first: int, last: int) -> Iterator[tuple[Block, int, int]]:
        """The steps from `first` to before `last` that a block can run at once: which block, the first of them, the one behind them."""
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
