"""Weights & Biases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Literal, final

from mlpspec.catalog.option import option
from mlpspec.catalog.trackers.base import EpochFacts, RunFacts, Tracker, TrackerLog


@final
class Wandb(Tracker):
    """A run in Weights & Biases: the spec as configuration, figures over the epochs, those at the end as summary.

    Its files lie in `wandb/` of the run folder. Who logs where is said by its own settings and environment variables (WANDB_API_KEY,
    WANDB_ENTITY, WANDB_MODE). A run that goes on is logged to the same run there.
    """

    kind = "wandb"
    main = "project"
    package = "wandb"

    project: str | None = option(default=None, doc="Name of the project. Default: the name of the model.", examples=("penguins",))
    mode: Literal["online", "offline"] | None = option(
        default=None, doc="`offline` keeps all on disk, for `wandb sync`. Default: what WANDB_MODE says."
    )

    def open(self) -> TrackerLog:
        return _WandbRun(self)


class _WandbRun(TrackerLog):
    """A run through wandb's own."""

    def __init__(self, options: Wandb):
        self.options = options
        self.run_id: str | None = None

    def begin(self, run: RunFacts) -> None:
        wandb: Any = import_module("wandb")
        self.run: Any = wandb.init(
            project=self.options.project or run.name,
            name=run.folder.name,
            id=self.run_id,
            resume="allow",
            dir=str(run.folder),
            config=dict(run.spec),
            mode=self.options.mode,
            settings=wandb.Settings(silent=True, console="off"),
        )
        self.run_id = self.run.id

    def epochs(self, epochs: Sequence[EpochFacts]) -> None:
        for epoch in epochs:
            self.run.log(dict(epoch.figures), step=epoch.number)

    def end(self, ended: str, results: Mapping[str, Mapping[str, float | None]]) -> None:
        final = {f"final.{part}.{name}": value for part, figures in results.items() for name, value in figures.items()}
        self.run.summary.update({**final, "ended": ended})
        self.run.finish(exit_code=int(ended == "failed"))

    def state(self) -> dict[str, Any]:
        return {"run_id": self.run_id} if self.run_id is not None else {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.run_id = str(state["run_id"])
