from mlpspec.diagnostics import Diagnostic, Label, Position, Source, Span
from mlpspec.diagnostics.render import render_concise


def test_one_line_with_a_place_that_editors_open():
    span = Span(Source("spec.yaml", "a: b"), Position(0, 3), Position(0, 4))
    diagnostic = Diagnostic("wrong-type", "`a` must be a number", primary=Label(span), help="e.g. 1")
    assert render_concise(diagnostic) == "spec.yaml:1:4: error[wrong-type]: `a` must be a number (e.g. 1)"


def test_without_a_place():
    assert render_concise(Diagnostic("no-gpu", "no driver")) == "error[no-gpu]: no driver"
