"""MLflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, final

from mlpspec.catalog.option import option
from mlpspec.catalog.trackers.base import EpochFacts, RunFacts, Tracker, TrackerLog


@final
class Mlflow(Tracker):
    """A run in MLflow: the spec's options as parameters, its text as an artifact, figures over the epochs, those at the end as `final.*`.

    Where MLflow keeps its runs is said by its own environment variable MLFLOW_TRACKING_URI. A run that goes on is logged to the same MLflow
    run.
    """

    kind = "mlflow"
    main = "experiment"
    package = "mlflow"

    experiment: str | None = option(default=None, doc="Name of the experiment. Default: the name of the model.", examples=("penguins",))

    def open(self) -> TrackerLog:
        return _MlflowRun(self.experiment)


MOST_PARAMETERS, MOST_METRICS, LONGEST_VALUE = 100, 1000, 500
"""What MLflow takes in one call, and of one value."""

STATUS = {"failed": "FAILED", "interrupted": "KILLED"}


class _MlflowRun(TrackerLog):
    """A run through MLflow's client."""

    def __init__(self, experiment: str | None):
        self.experiment = experiment
        self.run_id: str | None = None

    def begin(self, run: RunFacts) -> None:
        self.entities: Any = import_module("mlflow.entities")
        self.client: Any = import_module("mlflow.tracking").MlflowClient()
        if self.run_id is not None:
            self.client.update_run(self.run_id, status="RUNNING")
            return
        name = self.experiment or run.name
        found = self.client.get_experiment_by_name(name)
        experiment = found.experiment_id if found is not None else self.client.create_experiment(name)
        self.run_id = self.client.create_run(experiment, run_name=run.folder.name, tags={"mlpspec.run": str(run.folder)}).info.run_id
        parameters = [self.entities.Param(key, str(value)[:LONGEST_VALUE]) for key, value in run.options.items()]
        for some in _portions(parameters, MOST_PARAMETERS):
            self.client.log_batch(self.run_id, params=some)
        self.client.log_text(self.run_id, run.text, "spec.yaml")

    def epochs(self, epochs: Sequence[EpochFacts]) -> None:
        metrics = [
            self.entities.Metric(name, value, round(1000 * epoch.time), epoch.number)
            for epoch in epochs
            for name, value in epoch.figures.items()
        ]
        for some in _portions(metrics, MOST_METRICS):
            self.client.log_batch(str(self.run_id), metrics=some)

    def end(self, ended: str, results: Mapping[str, Mapping[str, float | None]]) -> None:
        for part, figures in results.items():
            for name, value in figures.items():
                if value is not None:
                    self.client.log_metric(str(self.run_id), f"final.{part}.{name}", value)
        self.client.set_tag(str(self.run_id), "mlpspec.ended", ended)
        self.client.set_terminated(str(self.run_id), STATUS.get(ended, "FINISHED"))

    def state(self) -> dict[str, Any]:
        return {"run_id": self.run_id} if self.run_id is not None else {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.run_id = str(state["run_id"])


def _portions(items: list[Any], size: int) -> list[list[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
