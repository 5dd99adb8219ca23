"""What a run trains with, made from its spec and its data: network, rows, plan, step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext

import torch
from torch import nn

from mlpspec.catalog.batch_sizes.auto import Auto
from mlpspec.catalog.batch_sizes.base import Stage
from mlpspec.data.dataset import Dataset
from mlpspec.data.streaming.part import StoredPart
from mlpspec.ir.graph import Graph
from mlpspec.language.sections.spec import Spec
from mlpspec.pytorch.module import build_module
from mlpspec.training.alteration import Alteration
from mlpspec.training.auto_batch_size import find_batch_size, trial
from mlpspec.training.averages import Averages
from mlpspec.training.cause import first_weights
from mlpspec.training.checkpoints import Checkpoints
from mlpspec.training.chunks import ChunkFeed, chunk_rows
from mlpspec.training.clip import Clip
from mlpspec.training.compiled.make import make_step
from mlpspec.training.feed import Feed, MemoryFeed
from mlpspec.training.group import Group
from mlpspec.training.losses import TotalLoss
from mlpspec.training.placement import Room, place, place_chunks, room_on, step_bytes
from mlpspec.training.plan import Plan
from mlpspec.training.precision import Precision
from mlpspec.training.run_folder import CHECKPOINTS, RunFolder
from mlpspec.training.sharded_step import synchronize_batch_norm
from mlpspec.training.source import Source
from mlpspec.training.step import Step
from mlpspec.training.stored_tensors import StoredTensors, in_memory
from mlpspec.training.tensors import Tensors
from mlpspec.training.whole import Whole


class Setup:
    """What one process of a run trains with. All processes of a group make theirs together.

    Args:
        spec: the whole spec.
        dataset: its encoded rows.
        graph: its network, every size known.
        device: where to train.
        folder: of the run, which checkpoints are written to.
        group: the processes that train together.
        resumed: take up the weights of the last checkpoint, an older one if it is damaged.
        opened: closes in the end what must be closed.
        note: is told what a user should know.

    Attributes:
        parts: the rows by part, on the device or on their way to it; `data_on` says where they are, in one line.
        step: what learns; `step_reason` says which one it is and why, in one line.

    Raises:
        MachineError: when the rows, or what else was asked for, cannot be had on the device.
        ModelFileError: when no checkpoint to go on from is whole.
    """

    def __init__(
        self,
        spec: Spec,
        dataset: Dataset,
        graph: Graph,
        device: torch.device,
        folder: RunFolder,
        group: Group,
        *,
        resumed: bool,
        opened: ExitStack,
        note: Callable[[str], None],
    ):
        self.spec, self.dataset, self.graph, self.device, self.group, self._note = spec, dataset, graph, device, group, note
        self._earlier = folder.info() if resumed else {}
        self.module, self.whole = self._make_network()
        self.checkpoints = Checkpoints(folder.path / CHECKPOINTS, folder.owner(), spec.training.saving.keep, whole=self.whole)
        if resumed:
            group.together(lambda: self._mend() if group.leads else None)
            self.checkpoints.load_weights(self.module, "last")
        self._room = self._find_room()
        self.parts, self.data_on = self._place_rows()
        self.precision = Precision(spec.training.precision, device, tf32=spec.training.tf32)
        self.loss = TotalLoss(spec.targets, dataset.preprocessing.targets, device)
        self.plan = Plan(spec.training, spec.seed, self.parts["train"].rows, by=dataset.drawn_by, stages=self._find_stages())
        self.feed = self._feed_rows()
        opened.callback(self.feed.close)
        decay = next((entry.running for entry in spec.training.all_callbacks if entry.running), None)
        self.averages = None if decay is None else Averages(decay, self.module)
        self.step, self.step_reason = self._make_step()

    def _make_network(self) -> tuple[nn.Module, Whole]:
        """The network with its first weights on the device, and how whole tensors are had of what this process holds."""
        training, seed = self.spec.training, self.spec.seed
        divides = training.shard_weights and self.group.size > 1
        if training.shard_weights and not divides:
            self._note("`shard_weights` changes nothing here: one process holds the whole network")
        torch.manual_seed(seed)
        with torch.device("meta") if divides else nullcontext():
            module = build_module(self.graph)
        if self.group.size > 1 and training.synchronize_batchnorm:
            synchronize_batch_norm(module, self.device)
        if not divides:
            self.group.follow(module.to(self.device).state_dict().values())  # another machine's may differ in their last bits
            return module, Whole(self.group)
        from mlpspec.training.divided import divide  # importing torch's FSDP takes longer than a small run

        return module, divide(module, self.group, self.device, lambda whole: first_weights(self.graph, seed, whole))

    def _mend(self) -> None:
        """Go back to an older checkpoint where the last one is damaged and there is one."""
        found = self.checkpoints.mend("last")
        if found is not None:
            self._note(f"the last checkpoint is damaged; going back to {found}")

    def _find_room(self) -> Room | None:
        """What a GPU has beside the largest step that there may be."""
        training, rows = self.spec.training, self.dataset.parts["train"].rows
        size = training.batch_size
        largest = size.largest(rows, training.accumulate) if isinstance(size, Auto) else max(stage.rows for stage in size.stages())
        return room_on(self.device, step_bytes(self.module, self.graph, min(largest, rows)))

    def _place_rows(self) -> tuple[dict[str, Source], str]:
        """The parts that have rows, in files or where they will be, and where that is."""
        found = {name: part for name, part in self.dataset.parts.items() if part.rows}
        stored = {name: StoredTensors(part.stored, self.device) for name, part in found.items() if isinstance(part, StoredPart)}
        others = {name: part for name, part in found.items() if name not in stored}
        cpu = torch.device("cpu")
        tensors = {name: Tensors.from_arrays(part.inputs, part.targets, part.rows, cpu) for name, part in others.items()}
        placed, data_on = place(tensors, self.spec.training.data_on, self.device, self._room)
        return {name: {**placed, **stored}[name] for name in found}, data_on

    def _find_stages(self) -> Sequence[Stage] | None:
        """The batch size where the spec leaves it open."""
        training, train = self.spec.training, self.parts["train"]
        size = training.batch_size
        if not isinstance(size, Auto):
            return None
        rows = training.sampler.rows(train.rows, self.dataset.drawn_by)
        fits = trial(self.module, self.loss, training.optimizer, in_memory(train), training.accumulate, size.margin, self.precision)
        found = find_batch_size(size, rows, training.accumulate, self.device, fits, earlier=self._earlier.get("batch_size"))
        self._note(f"batches of {found.rows:,} rows: {found.reason}")
        return size.found(self.group.agree(found.rows))

    def _feed_rows(self) -> Feed:
        """What gives the training rows, from memory or files."""
        rows, wanted = self.parts["train"], self.spec.training.data_on
        if not isinstance(rows, StoredTensors):
            return MemoryFeed(rows, self.plan)
        size = chunk_rows(rows, self.plan)
        if size < rows.rows:
            slots, data, self.data_on = place_chunks(rows, size, wanted, self.device, self._room)
            return ChunkFeed(rows, self.plan, slots, data)
        placed, self.data_on = place({"train": rows.in_main_memory()}, wanted, self.device, self._room)
        return MemoryFeed(placed["train"], self.plan)

    def _make_step(self) -> tuple[Step, str]:
        training, alteration = self.spec.training, Alteration.of(self.spec, self.device)
        return make_step(
            self.module,
            self.loss if alteration is None else alteration.loss(self.loss),
            training.optimizer,
            self.feed.data,
            self.plan.forms,
            seed=self.spec.seed,
            wanted=training.step,
            decisions=self._earlier.get("decisions"),
            alteration=alteration,
            averages=self.averages,
            anomaly=training.anomaly,
            clip=None if training.clip is None else Clip.of(training.clip, self.module, self.graph.outputs.values()),
            group=self.group,
            precision=self.precision,
            divided=self.whole.is_divided,
            note=self._hear,
        )

    def _hear(self, text: str) -> None:
        """What a step tells while it runs is shown, and kept beside what it told before."""
        self.step_reason = f"{self.step_reason}; {text}"
        self._note(text)
