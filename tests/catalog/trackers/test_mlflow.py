"""A local store of files, read by MLflow's own client."""

import pytest

from mlpspec.catalog.trackers import Mlflow, Tracker
from mlpspec.testing import check_options


def test_options():
    check_options(Mlflow(experiment="wine"), Tracker)


@pytest.fixture
def client(tmp_path, monkeypatch):
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "store").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    from mlflow.tracking import MlflowClient

    return MlflowClient()


def runs(client, name):
    return client.search_runs([client.get_experiment_by_name(name).experiment_id])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("ended", "status"), [("finished", "FINISHED"), ("early stopping", "FINISHED"), ("failed", "FAILED")])
def test_parameters_figures_and_the_spec(client, logged, ended, status):
    folder = logged(Mlflow(), ended=ended)
    [run] = runs(client, "small")
    assert (run.info.run_name, run.info.status) == (folder.name, status)
    assert run.data.params["model.0.dense.units"] == "8"
    history = client.get_metric_history(run.info.run_id, "train.loss")
    assert [(metric.step, metric.timestamp) for metric in history] == [(n, 1000 * (1_750_000_000 + n)) for n in (1, 2, 3)]
    assert [metric.value for metric in history] == pytest.approx([1, 1 / 2, 1 / 3])
    assert run.data.metrics["final.test.loss"] == 0.5
    assert run.data.tags["mlpspec.ended"] == ended
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["spec.yaml"]


@pytest.mark.filterwarnings("ignore")
def test_a_run_that_goes_on_is_the_same_run(client, logged):
    logged(Mlflow(experiment="wine"), again=True)
    [run] = runs(client, "wine")
    assert run.info.status == "FINISHED"
    assert run.data.metrics["train.loss"] == 0.125
