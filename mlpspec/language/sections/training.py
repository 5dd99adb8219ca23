"""The `training:` section."""

from __future__ import annotations

from typing import Literal

from mlpspec.catalog.metrics.base import Metric
from mlpspec.catalog.optimizers import Adam, Optimizer
from mlpspec.catalog.option import Record, option
from mlpspec.catalog.schedules import Constant, Schedule


class EarlyStopping(Record):
    """Stop when the monitored figure has not become better for a while; the best weights are kept either way."""

    monitor: str = option(
        default="validation.loss",
        doc="The figure that decides what is best: `validation.loss`, `train.loss`, `validation.METRIC`, or `validation.TARGET.METRIC`.",
        examples=("validation.loss", "validation.accuracy"),
    )
    patience: int = option(default=10, minimum=1, doc="How many epochs without a better figure are allowed.", examples=(10,))
    min_delta: float = option(default=0.0, minimum=0.0, doc="By how much a figure must be better to count.")


class Checkpoint(Record):
    """When training saves what it needs to go on; it also does so at its end and when a signal stops it."""

    seconds: float = option(default=30.0, above=0.0, doc="About this long passes between two checkpoints, at most.", examples=(60,))
    epochs: int | None = option(default=None, minimum=1, doc="Also after every so many epochs.", examples=(5,))
    steps: int | None = option(default=None, minimum=1, doc="Also after about every so many steps.", examples=(1000,))


class Training(Record):
    """How the model learns."""

    epochs: int = option(
        default=100, minimum=1, maximum=1_000_000, doc="How many times the training rows are seen, at most.", examples=(60,)
    )
    batch_size: int = option(default=32, minimum=1, maximum=10_000_000, doc="Rows in one optimizer step.", examples=(32,))
    optimizer: Optimizer = option(default=Adam(), doc="How gradients change the weights.", examples=("adam",))
    schedule: Schedule = option(default=Constant(), doc="How the learning rate moves.", examples=("cosine",))
    early_stopping: EarlyStopping | None = option(default=None, doc="When to stop early. Default: never.")
    checkpoint: Checkpoint = option(default=Checkpoint(), doc="When to save what is needed to go on after a stop.")
    metrics: tuple[Metric, ...] | None = option(
        default=None, doc="Figures beside the loss. Default: what suits the targets.", examples=(["accuracy", "f1"],)
    )
    step: Literal["compiled", "eager", "torch_compile"] = option(
        default="compiled",
        doc="How a step is calculated: traced once and rewritten, by PyTorch's autograd, or by autograd over torch.compile's network.",
    )
    device: str = option(
        default="auto",
        pattern=r"^(auto|cpu|cuda|cuda:[0-9]{1,3})$",
        doc="Where to train: `cuda` (or `cuda:1`) works or fails; only `auto` may choose the CPU, and says so.",
        examples=("auto", "cpu", "cuda"),
    )
    shuffle: bool = option(default=True, doc="Visit the training rows in a new order every epoch.")
