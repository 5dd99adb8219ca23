"""Training from end to end: data, network, loop, run folder. Data and shapes are checked before torch is imported."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlpspec.catalog.batch_sizes.auto import Auto
from mlpspec.catalog.batch_sizes.base import Stage
from mlpspec.catalog.trackers.base import RunFacts
from mlpspec.compiler import build_graph
from mlpspec.data.column import raw_inputs
from mlpspec.data.dataset import Dataset
from mlpspec.data.load import load_dataset
from mlpspec.data.streaming.part import StoredPart
from mlpspec.diagnostics import CheckError, DataError, Diagnostic, ModelFileError, Severity, StoppedError, UsageError
from mlpspec.ir.callback import Callback, Use
from mlpspec.ir.graph import Graph
from mlpspec.language.document import Document
from mlpspec.language.writer import plain
from mlpspec.training.group import Group
from mlpspec.training.progress import Progress, Silent
from mlpspec.training.resolved_spec import resolved_spec
from mlpspec.training.resume import check_preprocessing, check_resumable
from mlpspec.training.run_folder import RUNS, RunFolder
from mlpspec.training.tracking import Tracking, refuse_missing_packages

if TYPE_CHECKING:
    import torch
    from torch import nn

    from mlpspec.training.cause import Cause
    from mlpspec.training.evaluation import Evaluation
    from mlpspec.training.feed import Feed, PlannedEpoch
    from mlpspec.training.interrupt import Interrupt
    from mlpspec.training.loop import Position
    from mlpspec.training.source import Source
    from mlpspec.training.whole import Whole

PROOF_ROWS = 1000
"""How many validation rows a run keeps for the export's proof, at most."""


@dataclass(frozen=True)
class TrainingResult:
    """A run that ended well: its folder, its figures by part, and findings that stopped nothing.

    `ended` says why: `finished`, or the reason of the callback that stopped it. `weights` says which ones it is known by: the `best`, an
    `average`, or the `last`; `weights_sha256` is their hash (`training.fingerprint`).
    """

    folder: RunFolder
    ended: str
    best_epoch: int
    weights: str
    weights_sha256: str
    figures: Mapping[str, Mapping[str, float | None]]
    parameters: int
    seconds: float
    warnings: tuple[Diagnostic, ...] = ()


def train(
    document: Document,
    *,
    frame: Any = None,
    runs: Path = RUNS,
    progress: Progress | None = None,
    resume: RunFolder | None = None,
    callbacks: Sequence[Callback] = (),
    dataset: Dataset | None = None,
    folder: RunFolder | None = None,
    group: Group | None = None,
) -> TrainingResult:
    """Train the model of a checked spec and leave a run folder.

    Args:
        document: from `mlpspec.load`.
        frame: rows from memory instead of the files of `data:`: a pandas, polars or pyarrow frame, or a mapping from names to arrays.
        runs: where run folders go.
        progress: what shows how it goes; silent by default.
        resume: go on with this run from its last checkpoint. The weights become, bit for bit, those of a run that never stopped.
        callbacks: what else happens while training runs, told after the spec's own callbacks.
        dataset: the data of the spec, where the caller has it already (see `SharedData`).
        folder: a new run folder that was made for this run, instead of one below `runs`.
        group: the processes that train the model together; each of them makes this call. Alone by default.

    Raises:
        UsageError: when the spec asks for all of several folds; `cross_validate` trains those.
        DataError: when the data does not fit the spec, or has changed since `resume` began; all that is wrong at once.
        SpecError: when the spec is not the one that `resume` was trained with.
        MachineError: when the device or the run folder cannot be had.
        CheckError: when the loss becomes NaN or infinite.
        StoppedError: after a signal; the run is saved.
    """
    spec = document.spec
    if spec.data.split.folds is not None and spec.data.split.fold is None:
        help = "train them with `cross_validate`, or choose one with `fold` beside `folds`"
        raise UsageError(f"the spec asks for {spec.data.split.folds} folds, which are as many runs", help=help)
    refuse_missing_packages(spec.training.logging)
    group = group or Group()

    def prepare() -> tuple[Dataset, Graph]:
        check = (lambda hashes: None) if resume is None else partial(check_resumable, resume, document)
        if dataset is not None:
            check(dataset.hashes)
        loaded = dataset or load_dataset(
            spec.data,
            spec.inputs,
            spec.targets,
            folder=document.folder,
            seed=spec.seed,
            frame=frame,
            sampler=spec.training.sampler,
            say=(progress or Silent()).note if group.leads else lambda text: None,
            check=check,
        )
        refuse_missing_validation(document, loaded)
        graph = build_graph(document, loaded.preprocessing.facts)
        if resume is not None:
            check_preprocessing(resume, loaded)
        return loaded, graph

    loaded, graph = group.together(prepare)
    make = partial(RunFolder.create, spec.name, runs) if folder is None else lambda: folder
    return _Run(document, loaded, graph, make, progress or Silent(), callbacks, resume, group).run()


def refuse_missing_validation(document: Document, dataset: Dataset) -> None:
    """A column of parts may turn out to have no validation rows.

    Raises:
        DataError: when a callback watches them.
    """
    if "validation" in dataset.parts:
        return
    problems = [
        Diagnostic("bad-split", f"`{entry.kind}` watches `{entry.monitored}`, and the data has no validation rows", help=_NO_VALIDATION)
        for entry in document.spec.training.all_callbacks
        if (entry.monitored or "").startswith("validation.")
    ]
    if problems:
        raise DataError(problems)


_NO_VALIDATION = "mark validation rows, or watch `train.loss`"


class _Run:
    """One training run on its way."""

    def __init__(
        self,
        document: Document,
        dataset: Dataset,
        graph: Graph,
        make_folder: Callable[[], RunFolder],
        progress: Progress,
        callbacks: Sequence[Callback],
        resume: RunFolder | None,
        group: Group,
    ):
        from mlpspec.training.device import training_device

        self.document, self.dataset, self.graph, self.progress = document, dataset, graph, progress
        self.spec = document.spec
        self.group = group
        self.device, self.device_reason = group.together(
            lambda: training_device(self.spec.training.device, None if group.size == 1 else group.local_rank)
        )
        self.started = time.time()
        self.resumed, self.folder = resume is not None, resume or self._shared(make_folder)
        self.given = callbacks
        self.opened = ExitStack()

    def _shared(self, make_folder: Callable[[], RunFolder]) -> RunFolder:
        """The run folder that the leading process makes."""
        made = self.group.together(lambda: make_folder() if self.group.leads else None)
        path = self.group.agree(None if made is None else str(made.path))
        return made or RunFolder(Path(path or ""))

    def run(self) -> TrainingResult:
        from mlpspec.training.device import current
        from mlpspec.training.interrupt import Interrupt

        with Interrupt() as interrupt, self.progress, current(self.device), self.opened:
            return self._run(interrupt)

    def _run(self, interrupt: Interrupt) -> TrainingResult:
        from mlpspec.training.precision import remarks

        self.group.together(lambda: self._write_start() if self.group.leads and not self.resumed else None)
        self._build()
        self._follow(interrupt)
        self.progress.note(f"training on {self.device_reason}; step {self.step_reason}")
        if self.data_on != f"rows on {self.device}":
            self.progress.note(self.data_on)
        for remark in remarks(self.spec.training, self.device):
            self.progress.note(remark)
        self._write_info({"status": "running"})
        try:
            with self.group.lost_peers_named():
                ended = self.loop.run(self.position, interrupt)
                result = self._finish(ended) if ended != "interrupted" else None
        except Exception as error:  # not KeyboardInterrupt: a second Ctrl-C ends at once
            if not self.whole.is_divided or isinstance(error, CheckError):  # a loss that is not finite is so for all processes
                self.best.write()
            self._write_info({"status": "failed", "error": str(error)})
            self.callbacks.on_end(self.loop, "failed")
            raise
        if result is None:
            self._write_info({"status": "stopped", "epoch": self.position.epoch, "best_epoch": self.best.epoch})
        self.callbacks.on_end(self.loop, ended)
        if result is None:
            message = f"stopped after {self.position.epoch} of {self.spec.training.epochs} epochs; saved in {self.folder.path}"
            help = f"go on with `mlpspec train {self.document.tree.source.name} --resume {self.folder.path}`"
            raise StoppedError(message, exit_code=interrupt.exit_code or 0, help=help)
        problems = tuple(tracking.problem for tracking in self.trackings if tracking.problem is not None)
        return replace(result, warnings=(*result.warnings, *problems))

    def _build(self) -> None:
        import torch

        from mlpspec.training.alteration import Alteration
        from mlpspec.training.averages import Averages
        from mlpspec.training.checkpoints import Checkpoints
        from mlpspec.training.clip import Clip
        from mlpspec.training.compiled.make import make_step
        from mlpspec.training.losses import TotalLoss
        from mlpspec.training.placement import place, room_on, step_bytes
        from mlpspec.training.plan import Plan
        from mlpspec.training.precision import Precision
        from mlpspec.training.stored_tensors import StoredTensors
        from mlpspec.training.tensors import Tensors

        spec = self.spec
        self.module, self.whole = self._make_network()
        folder, keep = self.folder.path / "checkpoints", spec.training.saving.keep
        self.checkpoints = Checkpoints(folder, self.folder.owner(), keep, whole=self.whole)
        if self.resumed:
            self.group.together(lambda: self._mend() if self.group.leads else None)
            self.checkpoints.load_weights(self.module, "last")
        found = self.dataset.parts.items()
        stored = {name: StoredTensors(part.stored, self.device) for name, part in found if isinstance(part, StoredPart)}
        parts = {
            name: Tensors.from_arrays(part.inputs, part.targets, part.rows, torch.device("cpu"))
            for name, part in found
            if part.rows and name not in stored
        }
        size, rows = spec.training.batch_size, self.dataset.parts["train"].rows
        largest = size.largest(rows, spec.training.accumulate) if isinstance(size, Auto) else max(stage.rows for stage in size.stages())
        self.room = room_on(self.device, step_bytes(self.module, self.graph, min(largest, rows)))
        placed, self.data_on = place(parts, spec.training.data_on, self.device, self.room)
        self.parts: dict[str, Source] = {name: {**placed, **stored}[name] for name, part in found if part.rows}
        self.precision = Precision(spec.training.precision, self.device, tf32=spec.training.tf32)
        self.loss = TotalLoss(spec.targets, self.dataset.preprocessing.targets, self.device)
        by = self.dataset.drawn_by
        self.plan = Plan(spec.training, spec.seed, self.parts["train"].rows, by=by, stages=self._found_stages())
        data = self._feed_rows()
        alteration = Alteration.of(spec, self.device)
        decay = next((entry.running for entry in spec.training.all_callbacks if entry.running), None)
        self.averages = None if decay is None else Averages(decay, self.module)
        self.step, self.step_reason = make_step(
            self.module,
            self.loss if alteration is None else alteration.loss(self.loss),
            spec.training.optimizer,
            data,
            self.plan.forms,
            seed=spec.seed,
            wanted=spec.training.step,
            decisions=self.folder.info().get("decisions") if self.resumed else None,
            alteration=alteration,
            averages=self.averages,
            anomaly=spec.training.anomaly,
            clip=None if spec.training.clip is None else Clip.of(spec.training.clip, self.module, self.graph.outputs.values()),
            group=self.group,
            precision=self.precision,
            divided=self.whole.is_divided,
            note=self._hear,
        )

    def _make_network(self) -> tuple[nn.Module, Whole]:
        """The network with its first weights on the device, and how whole tensors are had of what this process holds."""
        import torch

        from mlpspec.pytorch.module import build_module
        from mlpspec.training.cause import first_weights
        from mlpspec.training.sharded_step import synchronize_batch_norm
        from mlpspec.training.whole import Whole

        training, seed = self.spec.training, self.spec.seed
        divides = training.shard_weights and self.group.size > 1
        if training.shard_weights and not divides:
            self.progress.note("`shard_weights` changes nothing here: one process holds the whole network")
        torch.manual_seed(seed)
        with torch.device("meta") if divides else nullcontext():
            module = build_module(self.graph)
        if self.group.size > 1 and training.synchronize_batchnorm:
            synchronize_batch_norm(module, self.device)
        if not divides:
            self.group.follow(module.to(self.device).state_dict().values())  # another machine's may differ in their last bits
            return module, Whole(self.group)
        from mlpspec.training.divided import divide

        return module, divide(module, self.group, self.device, lambda whole: first_weights(self.graph, seed, whole))

    def _hear(self, text: str) -> None:
        """What a step tells while it runs is shown, and kept beside what it told before."""
        self.step_reason = f"{self.step_reason}; {text}"
        self.progress.note(text)

    def _feed_rows(self) -> Source:
        """Let the training rows be fed, from memory or files; what steps learn from."""
        from mlpspec.training.chunks import ChunkFeed, chunk_rows
        from mlpspec.training.feed import MemoryFeed
        from mlpspec.training.placement import place, place_chunks
        from mlpspec.training.stored_tensors import StoredTensors

        rows, wanted = self.parts["train"], self.spec.training.data_on
        self.feed: Feed
        if not isinstance(rows, StoredTensors):
            self.feed = MemoryFeed(rows, self.plan)
        elif (size := chunk_rows(rows, self.plan)) < rows.rows:
            slots, data, self.data_on = place_chunks(rows, size, wanted, self.device, self.room)
            self.feed = ChunkFeed(rows, self.plan, slots, data)
        else:
            placed, self.data_on = place({"train": rows.in_main_memory()}, wanted, self.device, self.room)
            self.feed = MemoryFeed(placed["train"], self.plan)
        self.opened.callback(self.feed.close)
        return self.feed.data

    def _found_stages(self) -> Sequence[Stage] | None:
        """The batch size where the spec leaves it open."""
        from mlpspec.training.auto_batch_size import find_batch_size, trial
        from mlpspec.training.stored_tensors import in_memory

        training = self.spec.training
        if not isinstance(training.batch_size, Auto):
            return None
        rows, data = training.sampler.rows(self.parts["train"].rows, self.dataset.drawn_by), in_memory(self.parts["train"])
        fits = trial(self.module, self.loss, training.optimizer, data, training.accumulate, training.batch_size.margin, self.precision)
        earlier = self.folder.info().get("batch_size") if self.resumed else None
        found = find_batch_size(training.batch_size, rows, training.accumulate, self.device, fits, earlier=earlier)
        self.progress.note(f"batches of {found.rows:,} rows: {found.reason}")
        return training.batch_size.found(self.group.agree(found.rows))

    def _mend(self) -> None:
        """Go back to an older checkpoint where the last one is damaged and there is one."""
        found = self.checkpoints.mend("last")
        if found is not None:
            self.progress.note(f"the last checkpoint is damaged; going back to {found}")

    def _follow(self, interrupt: Interrupt) -> None:
        """The loop with its callbacks, at the beginning or where the last checkpoint left it."""
        from mlpspec.training.best import Best
        from mlpspec.training.callbacks import Callbacks
        from mlpspec.training.loop import Hooks, Loop, Position
        from mlpspec.training.recording import Record, Show
        from mlpspec.training.statistics import with_statistics

        train = self.parts["train"]
        hooks = Hooks(
            validate=self._validate,
            save=self._save,
            with_statistics=lambda weights: with_statistics(self.module, weights, train),
            find_cause=lambda planned: self._find_cause(planned, interrupt),
        )
        monitor, min_delta = self.spec.training.monitor(has_validation="validation" in self.parts)
        self.best = Best(self.checkpoints, self.module, monitor, min_delta, lambda: self._average("validation"))
        named: list[tuple[str, Callback]] = [("best weights", self.best)]
        if self.group.leads:
            named += [("record", Record(self.folder)), ("display", Show(self.progress, self.best, self.device))]
        named += [(entry.kind, entry.begin()) for entry in self.spec.training.all_callbacks]
        logging = self.spec.training.logging if self.group.leads else ()
        facts = RunFacts(self.spec.name, self.folder.path, plain(self.spec, complete=True), resolved_spec(self.document))
        self.trackings = [Tracking(tracker.kind, tracker.open(), facts) for tracker in logging]
        named += [(f"{tracking.kind} tracker", tracking) for tracking in self.trackings]
        self.callbacks = Callbacks([*named, *((type(callback).__name__, callback) for callback in self.given)])
        self.loop = Loop(
            self.spec,
            self.module,
            self.step,
            self.plan,
            self.feed,
            self.callbacks,
            hooks,
            monitor=monitor,
            folder=self.folder.path,
            running_average=self.averages.tensors if self.averages is not None else None,
            group=self.group,
        )
        self.position = self._resume() if self.resumed else Position()

    def _resume(self) -> Position:
        """Take up step and callbacks where the last checkpoint left them; epochs recorded after it are forgotten."""
        from mlpspec.training.loop import Position

        try:
            position = Position.from_json(self.checkpoints.load_weights(self.module, "last"))
        except TypeError as error:
            raise ModelFileError(f"the last checkpoint has another form: {error}", code="invalid-run") from error
        self.step.load_state(self.checkpoints.load_step_state("last"))
        self.callbacks.load(position.callbacks, self.checkpoints.load_callback_tensors("last"))
        if self.group.leads:
            self.folder.keep_metrics(position.epoch)
        self.progress.note(f"going on after epoch {position.epoch}" + (f", step {position.step}" if position.step else ""))
        return position

    def _average(self, use: Use) -> Mapping[str, torch.Tensor] | None:
        """Averaged weights, where there are some for this use."""
        average = self.callbacks.average()
        return average.weights if average is not None and average.use == use else None

    def _validate(self) -> Mapping[str, float | None]:
        from mlpspec.training.averages import holding

        if "validation" not in self.parts:
            return {}
        average = self._average("validation")
        with nullcontext() if average is None else holding(self.module, average):
            return self._evaluate("validation").figures

    def _evaluate(self, part: str) -> Evaluation:
        from mlpspec.training.evaluation import evaluate
        from mlpspec.training.stored_tensors import in_memory

        rows = in_memory(self.parts[part]) if part == "train" else self.parts[part]
        return evaluate(self.module, rows, self.spec, self.dataset.preprocessing, self.group)

    def _save(self, position: Position) -> None:
        def write() -> None:
            self.best.write()
            weights = self.module.state_dict()
            if self.whole.first_non_finite(weights) is None:  # otherwise the end of the epoch says so; nobody could go on from there
                self.checkpoints.save("last", weights, position.to_json(), self.step.state(), self.callbacks.tensors())

        self.group.together(write)

    def _finish(self, ended: str) -> TrainingResult:
        from mlpspec.report import write_report
        from mlpspec.training.fingerprint import weights_sha256
        from mlpspec.training.summary import report_content

        warnings = (*self.document.warnings, *self.dataset.warnings)
        best_epoch, monitor = self.best.epoch or self.position.epoch, self.loop.monitor
        kept = self._take_up_kept()
        if not self.position.epoch:
            self.folder.write_text("metrics.jsonl", "")
        if kept == "last":
            why = "was undefined in every epoch" if self.position.epoch else "was never measured, as no epoch came to its end"
            message = f"`{monitor}` {why}, so that the last weights count as the best"
            warnings = (*warnings, Diagnostic("undefined-figure", message, Severity.WARNING, help="watch another figure, or train longer"))
        evaluations = {part: self._evaluate(part) for part in self.parts}
        for part, found in evaluations.items():
            if found.rows < self.parts[part].rows:
                message = f"the figures of the {part} part are those of {found.rows:,} of its {self.parts[part].rows:,} rows"
                warnings = (*warnings, Diagnostic("sampled", message, Severity.NOTE, help=f"`mlpspec evaluate --part {part}` takes all"))
        figures = {part: found.figures for part, found in evaluations.items()}
        self.loop.results = figures
        seconds = time.time() - self.started
        outcome = {
            "ended": ended,
            "epoch": self.position.epoch,
            "best_epoch": best_epoch,
            "weights": kept,
            "weights_sha256": weights_sha256(self.module.state_dict(), self.whole),
            "figures": figures,
            "seconds": round(seconds, 3),
        }
        overflow = self.step.overflow
        if overflow is not None:
            outcome |= {"skipped_steps": overflow.total, "loss_scale": overflow.scale}
            if overflow.total:
                skipped = f"{overflow.total:,} of {self.loop.steps:,} steps were skipped"
                self.progress.note(f"{skipped}, as gradients overflowed float16; the loss scale is {overflow.scale:,.10g} now")
        if self.group.leads:
            self._write_info({"status": "finished", **outcome})
            content = report_content(self.folder, self.document, self.dataset, self.graph, evaluations, monitor=monitor, warnings=warnings)
            write_report(content, self.folder.path / "report.html")
        return TrainingResult(
            folder=self.folder,
            ended=ended,
            best_epoch=best_epoch,
            weights=kept,
            weights_sha256=outcome["weights_sha256"],
            figures=figures,
            parameters=self.graph.parameters or 0,
            seconds=seconds,
            warnings=warnings,
        )

    def _find_cause(self, planned: Callable[[int], PlannedEpoch], interrupt: Interrupt) -> Cause | None:
        """Where in the epoch that is under way the loss stopped being finite; None where that cannot be found."""
        from mlpspec.training.cause import find_cause, rewind

        def stopped() -> bool:
            return self.group.greatest(interrupt.exit_code or 0) > 0

        self.progress.note("the loss is not finite; looking for the step and the layer")
        try:
            epoch, step = rewind(self.module, self.graph, self.step, self.checkpoints, self.spec.seed)
            epochs, forward = range(epoch, self.position.epoch), self.precision.forward(self.module, scaled=False)
            return find_cause(self.module, self.step, self.loss, planned, epochs, step, stopped, forward, self.whole)
        except (ModelFileError, RuntimeError):  # the loss is what must be told
            return None

    def _take_up_kept(self) -> str:
        """Put the weights that the run ends with into the module; which they are: `average`, `best` or `last`."""
        average = self.callbacks.average()
        if average is not None:
            position = {"epoch": self.position.epoch, "step": self.position.step, "figures": self.position.figures}
            self.group.together(lambda: self.checkpoints.save("average", average.weights, position))
        weights = self._average("export")
        kept = "average" if weights is not None else "best" if self.best.epoch else "last"
        if kept != "last":
            self.module.load_state_dict(weights or self.best.weights)
        return kept

    def _write_start(self) -> None:
        self.folder.write_text("spec.yaml", self.document.tree.source.text)
        self.folder.write_text("spec.resolved.yaml", resolved_spec(self.document))
        self.folder.write_json("preprocessing.json", self.dataset.preprocessing.to_json())
        part = self.dataset.parts.get("validation")
        part = part if part is not None and part.rows else self.dataset.parts["train"]
        self.folder.write_proof_rows(raw_inputs(self.dataset.preprocessing, part.table, part.index[:PROOF_ROWS]))

    def _write_info(self, changes: Mapping[str, Any]) -> None:
        if not self.group.leads:
            return
        import torch

        self.folder.write_json(
            "run.json",
            {
                "format": 1,
                "name": self.spec.name,
                "started": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(self.started)),
                "seed": self.spec.seed,
                "device": str(self.device),
                "precision": self.spec.training.precision,
                "tf32": self.spec.training.tf32 and self.device.type == "cuda",
                "data_on": self.data_on,
                "step": self.step_reason,
                "decisions": self.step.decisions(),
                "batch_size": max(stage.rows for stage in self.plan.stages),
                "threads": torch.get_num_threads(),
                "processes": self.group.size,
                "job": os.environ.get("TORCHELASTIC_RUN_ID"),
                "rows": {name: part.rows for name, part in self.dataset.parts.items()},
                "data": dict(self.dataset.hashes),
                "files": self.folder.seals(),
                "folder": str(self.document.folder),
                "spec_name": self.document.tree.source.name,
                "parameters": self.graph.parameters,
                "versions": versions(),
                "platform": platform.platform(),
                "cpus": os.cpu_count(),
                **changes,
            },
        )


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    from mlpspec.version import __version__

    return {"mlpspec": __version__, "python": platform.python_version(), **{name: version(name) for name in ("torch", "numpy")}}
