import pytest

from mlpspec.compiler import loads
from mlpspec.diagnostics import SpecError

SPEC = "mlpspec: 1\ninputs: {x: numeric}\ntargets: %s\nmodel: %s\ntraining:\n  %s\n"
ONE, TWO = "[{head: y}]", "[{dense: {units: 4, name: body}}, {head: y}, {head: {target: z, from: body}}]"


def problems(targets, training, model=ONE):
    try:
        loads(SPEC % (targets, model, training))
    except SpecError as error:
        return error.diagnostics
    return []


@pytest.mark.parametrize("kind", ["balanced", "stratified"])
@pytest.mark.parametrize(
    ("targets", "by", "model", "said"),
    [
        ("{y: numeric}", "", ONE, "no targets of classes"),
        ("{y: numeric}", "y", ONE, "numeric target `y`"),
        ("{y: multilabel}", "y", ONE, "multilabel target `y`"),
        ("{y: binary, z: category}", "", TWO, "2 targets of classes"),
    ],
)
def test_a_sampler_by_classes_needs_classes(kind, targets, by, model, said):
    [problem] = problems(targets, f"sampling: {{{kind}: {by}}}" if by else f"sampling: {kind}", model)
    assert said in problem.message
    assert problem.primary is not None
    assert problem.primary.span.start.line == 5
    assert f"sampling: {{{kind}: NAME}}" in problem.help


@pytest.mark.parametrize(
    ("targets", "sampling", "model"),
    [
        ("{y: binary}", "balanced", ONE),
        ("{y: binary, z: category}", "{stratified: z}", TWO),
        ("{y: numeric}", "{balanced: region}", ONE),
        ("{y: numeric}", "{weighted: w}", ONE),
    ],
)
def test_samplers_that_know_enough(targets, sampling, model):
    assert problems(targets, f"sampling: {sampling}", model) == []


def test_two_words_for_the_order():
    [problem] = problems("{y: binary}", "shuffle: false\n  sampling: balanced")
    assert "both say in what order" in problem.message
