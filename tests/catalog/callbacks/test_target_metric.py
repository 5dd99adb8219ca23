import pytest

from mlpspec.catalog.callbacks import CallbackEntry, TargetMetric
from mlpspec.testing import check_options


def test_options():
    check_options(TargetMetric(monitor="validation.accuracy", value=0.99), CallbackEntry)


@pytest.mark.parametrize(
    ("monitor", "values", "epoch"),
    [("validation.accuracy", [0.5, None, 0.75, 0.9], 3), ("validation.loss", [0.8, 0.75], 2), ("train.loss", [0.8, 0.9], None)],
)
def test_it_stops_at_the_value(paper_run, begin, monitor, values, epoch):
    run = paper_run().follow(begin({"target_metric": {"monitor": monitor, "value": 0.75}}), monitor, values)
    assert run.stopped == ([] if epoch is None else [(epoch, "target reached")])


def test_a_run_that_had_reached_it_is_over(paper_run, begin):
    run = paper_run(figures={"validation.accuracy": 0.8})
    run.follow(begin({"target_metric": {"monitor": "validation.accuracy", "value": 0.75}}), "validation.accuracy", [])
    assert run.stopped == [(0, "target reached")]


def test_several_targets_go_together():
    from mlpspec.compiler import loads

    one = "{target_metric: {monitor: train.loss, value: 0.1}}"
    loads(f"mlpspec: 1\ninputs: {{x: numeric}}\ntargets: {{y: binary}}\nmodel: [{{head: y}}]\ntraining: {{callbacks: [{one}, {one}]}}\n")
