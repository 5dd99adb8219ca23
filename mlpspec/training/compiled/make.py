"""The step that a run uses, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import torch
from torch import fx, nn

from mlpspec.catalog.optimizers import Optimizer
from mlpspec.training.alteration import Alteration
from mlpspec.training.anomaly import InspectedLoss, Inspector, inspect_gradients
from mlpspec.training.averages import Averages
from mlpspec.training.batches import Form
from mlpspec.training.clip import Clip
from mlpspec.training.compiled.step import CompiledStep
from mlpspec.training.group import ALONE, Group
from mlpspec.training.losses import LossFunction
from mlpspec.training.precision import Precision
from mlpspec.training.sharded_step import ShardedStep
from mlpspec.training.source import Source
from mlpspec.training.step import EagerStep, Step, make_optimizer

Wanted = Literal["compiled", "eager", "torch_compile"]


def make_step(
    module: nn.Module,
    loss: LossFunction,
    optimizer: Optimizer,
    data: Source,
    batches: int | Mapping[Form, int],
    *,
    seed: int = 0,
    wanted: Wanted = "compiled",
    decisions: Mapping[str, str] | None = None,
    alteration: Alteration | None = None,
    averages: Averages | None = None,
    clip: Clip | None = None,
    anomaly: bool = False,
    group: Group | None = None,
    precision: Precision | None = None,
    divided: bool = False,
    note: Callable[[str], None] = lambda text: None,
) -> tuple[Step, str]:
    """The wanted step, or the eager one where the compiled cannot be had, and one line that says which it is and why.

    Args:
        module: the network on the device of the data.
        loss: from outputs and targets to one number.
        optimizer: the catalog entry.
        data: the training rows.
        batches: how often steps of each form come; a number stands for the forms that `batch_bounds` makes of so many rows.
        seed: where dropout's random bits come from.
        wanted: `compiled`, `eager`, or `torch_compile`: eager with the network through torch.compile.
        decisions: what `decisions()` of the step of an earlier run gave.
        alteration: what happens to the rows of a step before it learns from them; `loss` is then the one that it gave.
        averages: running averages of the weights, which every step moves on.
        clip: what changes the gradients before the update.
        anomaly: look at every number of a step, which is eager then; the module is one that `build_module` made.
        group: the processes that share every batch. Of several `anomaly` looks at the gradients only, and `torch_compile` is eager.
        precision: what the network is calculated in.
        divided: whether each process of the group holds a part of every weight; see `divide`.
        note: is told what turns out later about how steps run.
    """
    group = group or ALONE
    more: dict[str, Any] = {"seed": seed, "alteration": alteration, "averages": averages, "clip": clip, "precision": precision}
    if divided:
        from mlpspec.training.divided_step import DividedStep  # importing torch's FSDP takes longer than a small run

        reason = f"eager, as {group.size} processes share every batch and divide the weights"
        return DividedStep(module, loss, optimizer, data, group, **more), reason
    together = f"; {group.size} processes share every batch" if group.size > 1 else ""
    problem = None
    if wanted == "compiled" and not anomaly:
        make = partial(CompiledStep, module, loss, optimizer, data, batches, group=group, note=note, **more)
        step, problem = _compiled(make, decisions, group)
        if step is not None:
            return step, step.description + together
    reason = why_eager(wanted, problem, anomaly=anomaly, group=group)
    if group.size > 1:
        return ShardedStep(module, loss, make_optimizer(optimizer, module), data, group, anomaly=anomaly, **more), reason + together
    if anomaly:
        assert isinstance(module, fx.GraphModule)
        more |= {"forward": Inspector(module), "inspect": inspect_gradients}
        loss = InspectedLoss(loss)
    elif wanted == "torch_compile":
        more["forward"] = torch.compile(module)
    return EagerStep(module, loss, make_optimizer(optimizer, module), data, **more), reason


def why_eager(wanted: str, problem: str | None, *, anomaly: bool, group: Group) -> str:
    """Why a step is eager, in a few words.

    Args:
        wanted: what the spec asks for.
        problem: why it cannot be compiled, where that was tried.
        anomaly: whether numbers are looked at.
        group: the processes that share every batch.

    >>> why_eager("torch_compile", None, anomaly=False, group=Group(rank=0, size=2))
    'eager, because torch.compile is for a process that trains alone'
    """
    if anomaly:
        return f"eager with a look at every {'gradient' if group.size > 1 else 'number'}, as asked"
    if wanted == "compiled":
        return f"eager, because the step cannot be compiled: {problem}"
    if wanted == "torch_compile":
        alone = "eager with the network through torch.compile, as asked"
        return alone if group.size == 1 else "eager, because torch.compile is for a process that trains alone"
    return "eager, as asked"


def _compiled(
    make: Callable[..., CompiledStep], decisions: Mapping[str, str] | None, group: Group
) -> tuple[CompiledStep | None, str | None]:
    """The compiled step, or why there is none.

    In a group the leading process comes first and the others do as it decided; all have the compiled step or none has it.
    """

    def attempt(given: Mapping[str, str] | None) -> tuple[CompiledStep | None, str | None]:
        try:
            return make(given=given), None
        except (NotImplementedError, RuntimeError, ValueError, TypeError, KeyError, IndexError) as error:
            return None, (str(error) or type(error).__name__).splitlines()[0]

    step, problem = attempt(decisions) if group.leads else (None, None)
    problem, given = group.agree((problem, None if step is None else step.decisions()))
    if problem is None and not group.leads:
        step, problem = attempt(given)
    if group.greatest(problem is not None):
        return None, problem or "another process cannot"
    return step, None
