from mlpspec.diagnostics import Diagnostic, Label, Position, Source, Span
from mlpspec.diagnostics.render import render_full

SOURCE = Source("spec.yaml", "model:\n  - linaer: 8\n\n\n\n\n\n\n\n  - add: {from: [a, b]}\n")


def span(line, start, end, source=SOURCE):
    return Span(source, Position(line, start), Position(line, end))


def test_the_caret_is_as_wide_as_the_culprit():
    found = render_full(
        Diagnostic("unknown-name", "there is no layer `linaer`", primary=Label(span(1, 4, 10)), help="did you mean `linear`?")
    )
    assert found == (
        "error[unknown-name]: there is no layer `linaer`\n"
        " --> spec.yaml:2:5\n"
        "  |\n"
        "2 |   - linaer: 8\n"
        "  |     ^^^^^^\n"
        "help: did you mean `linear`?"
    )


def test_a_second_place_is_marked_with_dashes_in_the_text_s_order():
    found = render_full(Diagnostic("shape-mismatch", "no", primary=Label(span(9, 4, 7)), secondary=(Label(span(1, 4, 10), "starts here"),)))
    lines = found.splitlines()
    assert lines[1:] == [
        "  --> spec.yaml:10:5",
        "   |",
        " 2 |   - linaer: 8",
        "   |     ------ starts here",
        "10 |   - add: {from: [a, b]}",
        "   |     ^^^",
    ]


def test_a_place_in_another_text_is_named():
    other = Source("--set", "training.epochs=ten")
    found = render_full(
        Diagnostic("wrong-type", "no", primary=Label(span(1, 4, 10)), secondary=(Label(span(0, 16, 19, other), "set here"),))
    )
    assert found.endswith(" = --set:1:17: set here")


def test_wide_characters_keep_the_caret_in_place():
    source = Source("s", "名: x")
    found = render_full(Diagnostic("wrong-type", "no", primary=Label(span(0, 3, 4, source))))
    assert found.splitlines()[-1] == "  |     ^"


def test_long_lines_are_cut_around_the_caret():
    source = Source("s", "x" * 5000 + "!" + "y" * 5000)
    lines = render_full(Diagnostic("wrong-type", "no", primary=Label(span(0, 5000, 5001, source)))).splitlines()
    assert len(lines[-2]) < 200
    assert lines[-2][lines[-1].index("^")] == "!"


def test_control_characters_do_not_reach_the_terminal():
    source = Source("s", "a\x1b[31mb")
    assert "\x1b" not in render_full(Diagnostic("wrong-type", "no", primary=Label(span(0, 0, 1, source))))


def test_a_place_without_text_is_named():
    assert render_full(Diagnostic("bad-cell", "no", place="t.csv:7")).splitlines()[1] == " --> t.csv:7"


def test_colour_only_when_asked():
    diagnostic = Diagnostic("wrong-type", "no", primary=Label(span(1, 4, 10)))
    assert "\x1b[" in render_full(diagnostic, colour=True)
    assert "\x1b[" not in render_full(diagnostic)
