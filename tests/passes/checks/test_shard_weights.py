import pytest

from mlpspec.compiler import loads
from mlpspec.diagnostics import SpecError

SPEC = "mlpspec: 1\ninputs: {x: numeric}\ntargets: {y: numeric}\nmodel: [{head: y}]\ntraining:\n  shard_weights: %s\n  %s\n"


def problems(training, *, shards="true"):
    try:
        loads(SPEC % (shards, training))
    except SpecError as error:
        return error.diagnostics
    return []


@pytest.mark.parametrize(
    ("training", "said", "help"),
    [
        ("clip: {adaptive: 0.01}", "`adaptive`", "`norm` or `value`"),
        ("batch_size: auto", "`batch_size: auto`", "a number"),
        ("anomaly: true", "`anomaly`", "`shard_weights: false`"),
        ("step: torch_compile", "`step: torch_compile`", "leave `step` out"),
    ],
)
def test_what_needs_whole_weights_is_refused_where_it_stands(training, said, help):
    [problem] = problems(training)
    assert said in problem.message
    assert "`shard_weights`" in problem.message
    assert help in problem.help
    assert problem.primary is not None
    assert problem.primary.span.start.line == 6
    assert [label.span.start.line for label in problem.secondary] == [5]
    assert not problems(training, shards="false")


def test_an_optimizer_must_say_that_parts_are_updated_as_wholes(monkeypatch):
    from mlpspec.catalog.optimizers import Adam

    monkeypatch.setattr(Adam, "divides", False)
    [problem] = problems("optimizer: adam")
    assert "`adam`" in problem.message


@pytest.mark.parametrize(
    "training", ["clip: 1.0", "clip: {value: 0.1}", "step: compiled", "precision: fp16", "synchronize_batchnorm: true"]
)
def test_all_else_goes(training):
    assert not problems(training.replace("clip: 1.0", "clip: {norm: 1.0}"))
