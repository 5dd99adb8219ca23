"""The `training:` section."""

from __future__ import annotations

from typing import Annotated, Literal

from mlpspec.catalog.batch_sizes import BatchSize, Fixed
from mlpspec.catalog.callbacks import CallbackEntry, Checkpoint, EarlyStopping
from mlpspec.catalog.callbacks.checkpoint import CheckpointOptions
from mlpspec.catalog.callbacks.early_stopping import EarlyStoppingOptions
from mlpspec.catalog.clippings import Clipping
from mlpspec.catalog.metrics.base import Metric
from mlpspec.catalog.mixings import Mixing
from mlpspec.catalog.optimizers import Adam, Optimizer
from mlpspec.catalog.option import OneOrMany, Record, option
from mlpspec.catalog.samplers import Sampler, Sequential, Shuffle
from mlpspec.catalog.schedules import Constant, Schedule
from mlpspec.catalog.trackers import Tracker

Precision = Literal["fp32", "bf16", "fp16"]
"""Of the network while it learns."""


DataOn = Literal["auto", "device", "host"]
"""Where encoded rows are while the network learns."""


class Training(Record):
    """How the model learns."""

    epochs: int = option(
        default=100, minimum=1, maximum=1_000_000, doc="How many times the training rows are seen, at most.", examples=(60,)
    )
    batch_size: BatchSize = option(
        default=Fixed(rows=32), doc="Rows that are calculated at once: a number, or a size that grows or is found out.", examples=(32,)
    )
    accumulate: int = option(
        default=1,
        minimum=1,
        maximum=1_000_000,
        doc="How many batches make one optimizer step: their gradients are added up to those of one batch of all their rows. Batch norm "
        "takes its statistics from each of the batches.",
        examples=(4,),
    )
    drop_last: bool = option(
        default=False,
        doc="Leave out the rows at the end of an epoch that fill no whole step. A last batch of one row joins the one before.",
    )
    sampling: Sampler | None = option(
        default=None, doc="Which rows an epoch visits, and in what order. Default: all of them, shuffled.", examples=("balanced",)
    )
    mixing: Mixing | None = option(
        default=None, doc="How the rows of a step are mixed in pairs, answers included. Default: not at all.", examples=({"mixup": 0.2},)
    )
    optimizer: Optimizer = option(default=Adam(), doc="How gradients change the weights.", examples=("adam",))
    clip: Clipping | None = option(
        default=None, doc="What is done to gradients that are too large. Default: nothing.", examples=({"norm": 1.0},)
    )
    schedule: Schedule = option(default=Constant(), doc="How the learning rate moves.", examples=("cosine",))
    early_stopping: EarlyStoppingOptions | None = option(default=None, doc="When to stop early. Default: never.")
    checkpoint: CheckpointOptions = option(default=CheckpointOptions(), doc="When to save what is needed to go on after a stop.")
    callbacks: tuple[CallbackEntry, ...] = option(
        default=(), doc="What else happens while training runs.", examples=(["reduce_on_plateau", {"time_limit": {"minutes": 30}}],)
    )
    logging: Annotated[tuple[Tracker, ...], OneOrMany] = option(
        default=(),
        doc="Trackers that the run is logged to, beside its folder.",
        examples=("tensorboard", ["tensorboard", {"mlflow": "penguins"}]),
    )
    metrics: tuple[Metric, ...] | None = option(
        default=None, doc="Figures beside the loss. Default: what suits the targets.", examples=(["accuracy", "f1"],)
    )
    step: Literal["compiled", "eager", "torch_compile"] = option(
        default="compiled",
        doc="How a step is calculated: traced once and rewritten, by PyTorch's autograd, or by autograd over torch.compile's network.",
    )
    precision: Precision = option(
        default="fp32",
        doc="What the network is calculated in while it learns. bf16 and fp16 give its large products 16 bits (mixed precision, Keras's "
        "mixed_bfloat16 and mixed_float16); weights, loss, optimizer and every evaluation stay float32. With fp16 gradients are scaled, "
        "and a step whose gradients overflow is skipped and counted.",
        examples=("bf16",),
    )
    tf32: bool = option(
        default=False,
        doc="Let a GPU round the factors of float32 products to 10 bits (TF32) while the network learns: faster, and about 1e-3 away.",
    )
    anomaly: bool = option(
        default=False,
        doc="Look at every number of every step, eagerly and slowly, and name the first layer whose output or gradient is not finite.",
    )
    synchronize_batchnorm: bool = option(
        default=False,
        doc="Where several GPUs train the model together, let batch norm see the rows of all of them; steps are eager then.",
    )
    shard_weights: bool = option(
        default=False,
        doc="Where several processes train the model together, divide weights, gradients and the optimizer's memory among them (FSDP), for "
        "a network that does not fit on one device. Layers are gathered one by one while they are used; steps are eager. A process that "
        "trains alone holds everything.",
    )
    device: str = option(
        default="auto",
        pattern=r"^(auto|cpu|cuda|cuda:[0-9]{1,3})$",
        doc="Where to train: `cuda` (or `cuda:1`) works or fails; only `auto` may choose the CPU, and says so.",
        examples=("auto", "cpu", "cuda"),
    )
    data_on: DataOn = option(
        default="auto",
        doc="Where the encoded rows are while the network learns: on its device, or in main memory (host), from where they are fetched "
        "while others are learnt from. auto: on a GPU as long as they fit beside the step. Of data that is streamed, two chunks are there.",
    )

    shuffle: bool = option(default=True, doc="Visit the training rows in a new order every epoch; false is `sampling: sequential`.")

    def problem(self) -> str | None:
        """Two words for the order of the rows; a search for overflows that are meant to happen; TF32 without a GPU."""
        if self.sampling is not None and not self.shuffle:
            return f"`shuffle: false` and `sampling: {self.sampling.kind}` both say in what order rows are visited; keep one of them"
        if self.anomaly and self.precision == "fp16":
            return "`anomaly` would stop at the overflows that `precision: fp16` skips; look with `precision: bf16` or fp32"
        if self.tf32 and self.device == "cpu":
            return "`tf32` is about GPUs, and `device: cpu` asks for none; remove one of them"
        return None

    @property
    def sampler(self) -> Sampler:
        """The sampler that `sampling` or `shuffle` means."""
        return self.sampling or (Shuffle() if self.shuffle else Sequential())

    @property
    def all_callbacks(self) -> tuple[CallbackEntry, ...]:
        """All callbacks, with those that have a section of their own; a checkpoint is always among them."""
        listed = {type(entry) for entry in self.callbacks}
        stopping = () if self.early_stopping is None else (EarlyStopping(**vars(self.early_stopping)),)
        saving = () if Checkpoint in listed else (Checkpoint(**vars(self.checkpoint)),)
        return (*stopping, *saving, *self.callbacks)

    @property
    def saving(self) -> Checkpoint:
        """When checkpoints are made, and how many stay."""
        return next(entry for entry in self.all_callbacks if isinstance(entry, Checkpoint))

    def monitor(self, *, has_validation: bool) -> tuple[str, float]:
        """The figure that decides which weights are the best, and by how much it must be better to count."""
        for entry in self.all_callbacks:
            if isinstance(entry, EarlyStopping):
                return entry.monitor, entry.min_delta
        return ("validation.loss" if has_validation else "train.loss"), 0.0
