from __future__ import annotations

import pytest

from mlpspec.diagnostics import Diagnostic, SpecError
from mlpspec.diagnostics.render import render_full
from mlpspec.language.reader import read

SYNTAX = {
    "a: 1\nb: 2\na: 3\n": """\
error[duplicate-key]: the key `a` stands twice in one mapping
 --> spec.yaml:3:1
  |
1 | a: 1
  | - first written here
3 | a: 3
  | ^
help: keep one of them""",
    "model: [a, b\ntraining:\n  epochs: 3\n": """\
error[yaml-syntax]: this `[` is not closed, or a comma is missing
 --> spec.yaml:1:8
  |
1 | model: [a, b
  |        ^
2 | training:
  |         - the text cannot go on like this inside it
help: write `]` where the list ends, and a comma between its parts""",
    "- {a: 1 b: 2}": """\
error[yaml-syntax]: a comma or `}` is missing before this
 --> spec.yaml:1:10
  |
1 | - {a: 1 b: 2}
  |          ^
help: put a comma between the parts; quote a text that holds such a character""",
    "a: [1, 2}\nb: 1": """\
error[yaml-syntax]: a list opened with `[` is closed with `}`
 --> spec.yaml:1:9
  |
1 | a: [1, 2}
  |    - opened here
1 | a: [1, 2}
  |         ^
help: close it with `]`""",
    "a: 'it is\nb: 1\n": """\
error[yaml-syntax]: this quote is not closed
 --> spec.yaml:1:4
  |
1 | a: 'it is
  |    ^
help: close it with the same quote""",
    'a: "x\nb: "y"\n': """\
error[yaml-syntax]: this quote is not closed
 --> spec.yaml:1:4
  |
1 | a: "x
  |    ^
2 | b: "y"
  |    - until here
help: close it with the same quote on its own line""",
    "epochs: 3\n  rate: 1\n": """\
error[yaml-syntax]: this line is indented deeper than the one above it, which has its value already
 --> spec.yaml:2:3
  |
1 | epochs: 3
  | --------- this key has its value
2 |   rate: 1
  |   ^^^^^^^
help: give lines of one mapping the same indentation""",
    "a:\n    b: 1\n  c: 2\n": """\
error[yaml-syntax]: the indentation of this line fits no line above it
 --> spec.yaml:3:3
  |
3 |   c: 2
  |   ^^^^
help: indent it as far as the lines that it belongs to""",
    "name: wine: red": """\
error[yaml-syntax]: a second `: ` stands on one line
 --> spec.yaml:1:11
  |
1 | name: wine: red
  |           ^
help: quote the text if the colon belongs to it; or begin the inner mapping on a line of its own""",
    "a: 1\nmodel\nb: 2": """\
error[yaml-syntax]: this line has no colon
 --> spec.yaml:2:1
  |
2 | model
  | ^^^^^
help: a line in a mapping is `key: value`""",
    'path: "C:\\data"': """\
error[yaml-syntax]: `\\d` is not an escape that YAML knows
 --> spec.yaml:1:10
  |
1 | path: "C:\\data"
  |          ^^
help: write the text in single quotes, where \\ has no meaning; or write \\\\ for one \\""",
    "a: @home": """\
error[yaml-syntax]: unquoted text cannot begin with `@`
 --> spec.yaml:1:4
  |
1 | a: @home
  |    ^
help: quote the text""",
}


def findings(text: str) -> list[Diagnostic]:
    with pytest.raises(SpecError) as caught:
        read(text, "spec.yaml")
    return list(caught.value.diagnostics)


def place(finding: Diagnostic) -> tuple[int, int]:
    """Line and column from 1, as shown to people."""
    assert finding.primary is not None
    start = finding.primary.span.start
    return start.line + 1, start.column + 1


@pytest.mark.parametrize(("text", "expected"), SYNTAX.items())
def test_a_syntax_error_says_what_to_mend(text: str, expected: str) -> None:
    [finding] = findings(text)
    assert render_full(finding) == expected


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("a: 1\n- b", (2, 1), "a list item stands among the keys"),
        ("- a\nb: 1", (2, 1), "a key stands among the items"),
        ("a: - b", (1, 4), "begins on a line of its own"),
        ('a: "x" y', (1, 8), "the value has ended before this"),
        ("{}\n{}", (2, 1), "the text goes on after its value has ended"),
        ("a: ]", (1, 4), "no open bracket"),
        ("a: {\n  b: 1\n}}", (3, 2), "no open bracket"),
        ("a: [,]", (1, 5), "a value is missing here, `,`"),
        ("a: *.csv", (1, 4), "cannot begin with `*`"),
        ("a: & b", (1, 4), "cannot begin with `&`"),
        ("a: |x", (1, 4), "`|` and `>` begin a text"),
        ("%FOO\n---\na: 1", (1, 1), "an instruction to YAML readers"),
        ("%YAML 2.0\n---\na: 1", (1, 1), "an instruction to YAML readers"),
        ("x" * 1100 + ": 1", (1, 1101), "short"),
        ("a: ? b", (1, 4), "cannot begin with `?`"),
        ("- 'it's'", (1, 7), "the value has ended before this"),
        ('a: "x\n---\n', (1, 4), "this quote is not closed"),
    ],
)  # fmt: skip
def test_where_a_syntax_error_stands(text: str, where: tuple[int, int], message: str) -> None:
    [finding] = findings(text)
    assert finding.code == "yaml-syntax"
    assert message in finding.message
    assert place(finding) == where
