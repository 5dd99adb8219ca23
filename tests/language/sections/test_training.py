"""What a spec may write after `batch_size:` and `sampling:`, and what is said about the rest."""

from __future__ import annotations

import pytest

from mlpspec.catalog.batch_sizes import Auto, Fixed, Growth
from mlpspec.catalog.samplers import Balanced, Sequential, Shuffle
from mlpspec.compiler import loads
from mlpspec.diagnostics import SpecError
from mlpspec.training.resolved_spec import resolved_spec

SPEC = "mlpspec: 1\ninputs: {x: numeric}\ntargets: {y: binary}\nmodel: [{head: y}]\ntraining:\n  %s\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("32", Fixed(rows=32)),
        ("{fixed: 32}", Fixed(rows=32)),
        ("auto", Auto()),
        ("{growth: {start: 8, maximum: 64}}", Growth(start=8, maximum=64)),
    ],
)
def test_forms_of_a_batch_size(written, meant):
    document = loads(SPEC % f"batch_size: {written}")
    assert document.spec.training.batch_size == meant
    assert loads(resolved_spec(document)).spec.training.batch_size == meant


def test_a_number_stays_a_number():
    assert "  batch_size: 48\n" in resolved_spec(loads(SPEC % "batch_size: 48"))


@pytest.mark.parametrize(
    ("written", "code", "message", "help"),
    [
        ("0", "out-of-range", "`batch_size` must be at least 1, got 0", "at least 1"),
        ('"64"', "wrong-type", '`batch_size` must be a whole number, or a batch size: a name, or a name with options, got text "64"', "64"),
        ("3.5", "wrong-type", "must be a whole number", ""),
        ("true", "wrong-type", "must be a whole number", ""),
        ("grow", "unknown-name", "there is no batch size `grow`", "did you mean `growth`?"),
        ("growth", "missing-option", "the batch size `growth` needs options", "write `growth: {start: 32, maximum: 512}`"),
        ("{growth: {start: 8, maximum: 4}}", "invalid-spec", "can only grow", ""),
    ],
)
def test_mistakes(written, code, message, help):
    with pytest.raises(SpecError) as error:
        loads(SPEC % f"batch_size: {written}")
    [diagnostic] = error.value.diagnostics
    assert diagnostic.code == code
    assert message in diagnostic.message
    assert help in diagnostic.help
    assert diagnostic.primary is not None
    assert diagnostic.primary.span.start.line == 5


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("epochs: 1", Shuffle()),
        ("shuffle: true", Shuffle()),
        ("shuffle: false", Sequential()),
        ("sampling: balanced", Balanced()),
        ("sampling: {balanced: y}", Balanced(by="y")),
    ],
)
def test_the_sampler(written, meant):
    assert loads(SPEC % written).spec.training.sampler == meant


def test_a_contradiction_is_shown_where_its_options_are_written():
    with pytest.raises(SpecError) as error:
        loads(SPEC % "epochs: 3\n  tf32: true", settings=["training.device=cpu"])
    [diagnostic] = error.value.diagnostics
    assert diagnostic.primary is not None
    assert (diagnostic.primary.span.start.line, diagnostic.primary.span.start.column) == (6, 8)  # `true` of tf32, counted from 0
    [other] = diagnostic.secondary
    assert (other.span.source.name, other.message) == ("--set", "`device` is here")
