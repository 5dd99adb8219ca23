"""One training run on its way: from a run folder that has begun to one that is finished, or that can be gone on with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from mlpspec.catalog.trackers.base import RunFacts
from mlpspec.data.dataset import Dataset
from mlpspec.diagnostics import CheckError, Diagnostic, ModelFileError, Severity, StoppedError
from mlpspec.ir.callback import Callback, Use
from mlpspec.ir.graph import Graph
from mlpspec.language.document import Document
from mlpspec.language.writer import plain
from mlpspec.report import write_report
from mlpspec.training.averages import holding
from mlpspec.training.best import Best
from mlpspec.training.callbacks import Callbacks
from mlpspec.training.cause import Cause, find_cause, rewind
from mlpspec.training.device import current, training_device
from mlpspec.training.evaluation import Evaluation, evaluate
from mlpspec.training.feed import PlannedEpoch
from mlpspec.training.fingerprint import weights_sha256
from mlpspec.training.group import Group
from mlpspec.training.interrupt import Interrupt
from mlpspec.training.loop import Hooks, Loop, Position
from mlpspec.training.precision import remarks
from mlpspec.training.progress import Progress
from mlpspec.training.recording import Record, Show
from mlpspec.training.resolved_spec import resolved_spec
from mlpspec.training.result import TrainingResult
from mlpspec.training.run_files import run_info, write_start, written_time
from mlpspec.training.run_folder import RunFolder
from mlpspec.training.setup import Setup
from mlpspec.training.statistics import with_statistics
from mlpspec.training.stored_tensors import in_memory
from mlpspec.training.summary import report_content
from mlpspec.training.tracking import Tracking


class TrainingRun:
    """A run, in each of the processes that share it.

    Args:
        document: its spec.
        dataset: the spec's data.
        graph: the network, every size known.
        make_folder: gives the folder of a new run; the leading process calls it.
        progress: what shows how it goes.
        callbacks: what else happens, told after the spec's own callbacks.
        resume: the folder of the run to go on with.
        group: the processes that train together.
    """

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
        self.document, self.dataset, self.graph, self.progress = document, dataset, graph, progress
        self.spec, self.group, self.given = document.spec, group, callbacks
        self.device, self.device_reason = group.together(
            lambda: training_device(self.spec.training.device, None if group.size == 1 else group.local_rank)
        )
        self.started = time.time()
        self.resumed, self.folder = resume is not None, resume or self._shared(make_folder)

    def _shared(self, make_folder: Callable[[], RunFolder]) -> RunFolder:
        """The run folder that the leading process makes."""
        made = self.group.together(lambda: make_folder() if self.group.leads else None)
        path = self.group.agree(None if made is None else str(made.path))
        return made or RunFolder(Path(path or ""))

    def run(self) -> TrainingResult:
        """Train to the end. Raises what `train` does."""
        with Interrupt() as interrupt, self.progress, current(self.device), ExitStack() as opened:
            self._begin(interrupt, opened)
            return self._train(interrupt)

    def _begin(self, interrupt: Interrupt, opened: ExitStack) -> None:
        """All that comes before the first step."""
        writes = self.group.leads and not self.resumed
        self.group.together(lambda: write_start(self.folder, self.document, self.dataset) if writes else None)
        self.setup = Setup(
            self.spec,
            self.dataset,
            self.graph,
            self.device,
            self.folder,
            self.group,
            resumed=self.resumed,
            opened=opened,
            note=self.progress.note,
        )
        self._follow(interrupt)
        self.progress.note(f"training on {self.device_reason}; step {self.setup.step_reason}")
        if self.setup.data_on != f"rows on {self.device}":
            self.progress.note(self.setup.data_on)
        for remark in remarks(self.spec.training, self.device):
            self.progress.note(remark)
        self._write_info({"status": "running"})

    def _train(self, interrupt: Interrupt) -> TrainingResult:
        try:
            with self.group.lost_peers_named():
                ended = self.loop.run(self.position, interrupt)
                result = self._finish(ended) if ended != "interrupted" else None
        except Exception as error:  # not KeyboardInterrupt: a second Ctrl-C ends at once
            if not self.setup.whole.is_divided or isinstance(error, CheckError):  # a loss that is not finite is so for all processes
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

    def _follow(self, interrupt: Interrupt) -> None:
        """The loop with its callbacks, at the beginning or where the last checkpoint left it."""
        train = self.setup.parts["train"]
        hooks = Hooks(
            validate=self._validate,
            save=self._save,
            with_statistics=lambda weights: with_statistics(self.setup.module, weights, train),
            find_cause=lambda planned: self._find_cause(planned, interrupt),
        )
        monitor, min_delta = self.spec.training.monitor(has_validation="validation" in self.setup.parts)
        self.best = Best(self.setup.checkpoints, self.setup.module, monitor, min_delta, lambda: self._average("validation"))
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
            self.setup.module,
            self.setup.step,
            self.setup.plan,
            self.setup.feed,
            self.callbacks,
            hooks,
            monitor=monitor,
            folder=self.folder.path,
            running_average=self.setup.averages.tensors if self.setup.averages is not None else None,
            group=self.group,
        )
        self.position = self._resume() if self.resumed else Position()

    def _resume(self) -> Position:
        """Take up step and callbacks where the last checkpoint left them; epochs recorded after it are forgotten."""
        try:
            position = Position.from_json(self.setup.checkpoints.load_weights(self.setup.module, "last"))
        except TypeError as error:
            raise ModelFileError(f"the last checkpoint has another form: {error}", code="invalid-run") from error
        self.setup.step.load_state(self.setup.checkpoints.load_step_state("last"))
        self.callbacks.load(position.callbacks, self.setup.checkpoints.load_callback_tensors("last"))
        if self.group.leads:
            self.folder.keep_metrics(position.epoch)
        self.progress.note(f"going on after epoch {position.epoch}" + (f", step {position.step}" if position.step else ""))
        return position

    def _average(self, use: Use) -> Mapping[str, torch.Tensor] | None:
        """Averaged weights, where there are some for this use."""
        average = self.callbacks.average()
        return average.weights if average is not None and average.use == use else None

    def _validate(self) -> Mapping[str, float | None]:
        if "validation" not in self.setup.parts:
            return {}
        average = self._average("validation")
        with nullcontext() if average is None else holding(self.setup.module, average):
            return self._evaluate("validation").figures

    def _evaluate(self, part: str) -> Evaluation:
        rows = in_memory(self.setup.parts[part]) if part == "train" else self.setup.parts[part]
        return evaluate(self.setup.module, rows, self.spec, self.dataset.preprocessing, self.group)

    def _save(self, position: Position) -> None:
        def write() -> None:
            self.best.write()
            weights = self.setup.module.state_dict()
            if self.setup.whole.first_non_finite(weights) is None:  # otherwise the end of the epoch says so; nobody could go on from there
                self.setup.checkpoints.save("last", weights, position.to_json(), self.setup.step.state(), self.callbacks.tensors())

        self.group.together(write)

    def _finish(self, ended: str) -> TrainingResult:
        best_epoch, monitor = self.best.epoch or self.position.epoch, self.loop.monitor
        kept = self._take_up_kept()
        if not self.position.epoch:
            self.folder.write_text("metrics.jsonl", "")
        evaluations = {part: self._evaluate(part) for part in self.setup.parts}
        warnings = (*self.document.warnings, *self.dataset.warnings, *self._remarks(kept, evaluations))
        figures = {part: found.figures for part, found in evaluations.items()}
        self.loop.results = figures
        seconds = time.time() - self.started
        outcome = {
            "ended": ended,
            "epoch": self.position.epoch,
            "best_epoch": best_epoch,
            "weights": kept,
            "weights_sha256": weights_sha256(self.setup.module.state_dict(), self.setup.whole),
            "figures": figures,
            "seconds": round(seconds, 3),
        }
        if self.group.leads:
            self._write_info({"status": "finished", **outcome, **self._skipped()})
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

    def _remarks(self, kept: str, evaluations: Mapping[str, Evaluation]) -> Iterator[Diagnostic]:
        """What is to be known about the weights that a run ends with, and about its figures."""
        if kept == "last":
            why = "was undefined in every epoch" if self.position.epoch else "was never measured, as no epoch came to its end"
            message = f"`{self.loop.monitor}` {why}, so that the last weights count as the best"
            yield Diagnostic("undefined-figure", message, Severity.WARNING, help="watch another figure, or train longer")
        for part, found in evaluations.items():
            rows = self.setup.parts[part].rows
            if found.rows < rows:
                message = f"the figures of the {part} part are those of {found.rows:,} of its {rows:,} rows"
                yield Diagnostic("sampled", message, Severity.NOTE, help=f"`mlpspec evaluate --part {part}` takes all")

    def _skipped(self) -> dict[str, Any]:
        """What loss scaling came to, for run.json; it is shown too where steps were skipped."""
        overflow = self.setup.step.overflow
        if overflow is None:
            return {}
        if overflow.total:
            skipped = f"{overflow.total:,} of {self.loop.steps:,} steps were skipped"
            self.progress.note(f"{skipped}, as gradients overflowed float16; the loss scale is {overflow.scale:,.10g} now")
        return {"skipped_steps": overflow.total, "loss_scale": overflow.scale}

    def _find_cause(self, planned: Callable[[int], PlannedEpoch], interrupt: Interrupt) -> Cause | None:
        """Where in the epoch that is under way the loss stopped being finite; None where that cannot be found."""

        def stopped() -> bool:
            return self.group.greatest(interrupt.exit_code or 0) > 0

        self.progress.note("the loss is not finite; looking for the step and the layer")
        made = self.setup
        try:
            epoch, step = rewind(made.module, self.graph, made.step, made.checkpoints, self.spec.seed)
            epochs, forward = range(epoch, self.position.epoch), made.precision.forward(made.module, scaled=False)
            return find_cause(made.module, made.step, made.loss, planned, epochs, step, stopped, forward, made.whole)
        except (ModelFileError, RuntimeError):  # the loss is what must be told
            return None

    def _take_up_kept(self) -> str:
        """Put the weights that the run ends with into the module; which they are: `average`, `best` or `last`."""
        average = self.callbacks.average()
        if average is not None:
            position = {"epoch": self.position.epoch, "step": self.position.step, "figures": self.position.figures}
            self.group.together(lambda: self.setup.checkpoints.save("average", average.weights, position))
        weights = self._average("export")
        kept = "average" if weights is not None else "best" if self.best.epoch else "last"
        if kept != "last":
            self.setup.module.load_state_dict(weights or self.best.weights)
        return kept

    def _write_info(self, changes: Mapping[str, Any]) -> None:
        if self.group.leads:
            info = run_info(self.document, self.dataset, self.graph, self.setup, self.folder, self.group)
            self.folder.write_json("run.json", {**info, "started": written_time(self.started), **changes})
