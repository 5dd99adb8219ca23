from __future__ import annotations

import pytest

from mlpspec.diagnostics import Diagnostic, Label, Position, Span
from mlpspec.diagnostics.render import render_full
from mlpspec.language.interpolate import interpolate
from mlpspec.language.reader import read
from mlpspec.language.scalars import resolve
from mlpspec.language.tree import Tree

SPEC = """\
# a comment
name: wine
data: {path: wine.csv,
       split: [0.7, 0.3]}
model:
  - dense: {units: 64}  # the first
  - dense:
      units: 32
  -
    head: quality
text: |
  several
  lines
empty:
base: &base {rate: 0.1, note: 'é😀', last: 1}
again: *base
more:
  <<: *base
  rate: 0.2
later: &later
  one: 1
"""


def shown(span: Span) -> str:
    """The text under the caret: from the start of the span to its end, or to the end of the first line."""
    line = span.source.line(span.start.line)
    return line[span.start.column : span.end.column if span.end.line == span.start.line else None]


@pytest.fixture
def tree() -> Tree:
    return read(SPEC, "wine.yaml")


@pytest.mark.parametrize(
    ("path", "key", "value", "line"),
    [
        ((), None, "name: wine", 1),
        (("name",), "name", "wine", 1),
        (("data",), "data", "{path: wine.csv,", 2),
        (("data", "path"), "path", "wine.csv", 2),
        (("data", "split"), "split", "[0.7, 0.3]", 3),
        (("data", "split", 1), None, "0.3", 3),
        (("model",), "model", "- dense: {units: 64}", 5),
        (("model", 0), None, "dense: {units: 64}", 5),
        (("model", 0, "dense", "units"), "units", "64", 5),
        (("model", 1), None, "dense", 6),
        (("model", 1, "dense"), "dense", "units: 32", 7),
        (("model", 2), None, "head: quality", 9),
        (("text",), "text", "|", 10),
        (("empty",), "empty", "", 13),
        (("base",), "base", "{rate: 0.1, note: 'é😀', last: 1}", 14),
        (("base", "note"), "note", "'é😀'", 14),
        (("base", "last"), "last", "1", 14),
        (("again",), "again", "*base", 15),
        (("again", "rate"), "rate", "0.1", 14),
        (("more",), "more", "<<: *base", 17),
        (("more", "rate"), "rate", "0.2", 18),
        (("more", "note"), "note", "'é😀'", 14),
        (("later",), "later", "one: 1", 20),
    ],
)
def test_every_key_and_value_has_its_place(tree: Tree, path: tuple[str | int, ...], key: str | None, value: str, line: int) -> None:
    span = tree.positions.value(path)
    assert (shown(span), span.start.line) == (value, line)
    found = tree.positions.key(path)
    assert (shown(found) if found else None) == key


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_places_hold_with_every_line_break_and_a_byte_order_mark(line_break: str, mark: str) -> None:
    tree = read((mark + SPEC.replace("\n", line_break)).encode(), "wine.yaml")
    assert shown(tree.positions.value(("base", "note"))) == "'é😀'"
    assert tree.positions.value(("model", 1, "dense", "units")).start == Position(7, 13)
    assert tree.source.text[0] == "#"


def test_the_text_under_each_scalar_reads_as_its_value(tree: Tree) -> None:
    def check(data: object, path: tuple[str | int, ...]) -> int:
        if isinstance(data, dict | list):
            parts = data.items() if isinstance(data, dict) else enumerate(data)
            return sum(check(value, (*path, part)) for part, value in parts)
        text = shown(tree.positions.value(path)).strip("'")
        assert text == "|" or resolve(text) == data
        return 1

    assert check({key: value for key, value in tree.data.items() if key != "again"}, ()) == 16


def test_place_falls_back_to_the_nearest_ancestor(tree: Tree) -> None:
    positions = tree.positions
    assert positions.place(("model", 0, "dense", "activation", "relu")) == positions.value(("model", 0, "dense"))
    assert positions.place(("training", "epochs")) == positions.value(())
    assert positions.key(("training",)) is None
    assert positions.origin(("training",)) is None
    with pytest.raises(KeyError):
        positions.value(("training",))


def test_references_name_both_their_places(tree: Tree) -> None:
    positions = tree.positions
    origin = positions.origin(("again",))
    assert origin == positions.value(("base",))
    assert positions.origin(("again", "rate")) is None
    assert positions.use(("again", "rate")) == positions.value(("again",))
    merged = positions.use(("more", "note"))
    assert merged is not None
    assert (shown(merged), merged.start.line) == ("*base", 17)
    assert positions.use(("more", "rate")) is None


def test_related_labels_show_where_a_value_comes_from() -> None:
    text = "vars:\n  base: ten\n  width: $base\nunits: $width\n"
    tree, _ = interpolate(read(text, "s.yaml"))
    positions = tree.positions
    finding = Diagnostic(
        "wrong-type", "`units` must be a number", primary=Label(positions.place(("units",))), secondary=positions.related(("units",))
    )
    assert (
        render_full(finding)
        == """\
error[wrong-type]: `units` must be a number
 --> s.yaml:4:8
  |
2 |   base: ten
  |         --- the value comes from here
3 |   width: $base
  |          ----- by way of this
4 | units: $width
  |        ^^^^^^"""
    )


def test_related_labels_show_where_a_text_is_used() -> None:
    tree, _ = interpolate(read("vars:\n  relu: {leaky_relu: {slop: 1}}\nactivation: $relu\n", "s.yaml"))
    path = ("activation", "leaky_relu", "slop")
    key = tree.positions.key(path)
    assert key is not None
    assert (shown(key), key.start.line) == ("slop", 1)
    [label] = tree.positions.related(path)
    assert (label.message, shown(label.span)) == ("used here", "$relu")


def test_a_part_grafted_elsewhere_keeps_its_places(tree: Tree) -> None:
    part = tree.at(("model", 0))
    grafted = tree.graft(("model", 2), part)
    assert grafted.data["model"] == [{"dense": {"units": 64}}, {"dense": {"units": 32}}, {"dense": {"units": 64}}]
    assert grafted.positions.value(("model", 2, "dense", "units")) == tree.positions.value(("model", 0, "dense", "units"))
    assert tree.data["model"][2] == {"head": "quality"}, "the tree it was made from is as before"
    assert tree.positions.key(("model", 2, "head")) is not None


def test_a_graft_keeps_the_key_unless_another_is_given(tree: Tree) -> None:
    part = tree.at(("data", "path"))
    assert tree.graft(("name",), part).positions.key(("name",)) == tree.positions.key(("name",))
    other = tree.positions.key(("model",))
    assert tree.graft(("fresh",), part, key=other).positions.key(("fresh",)) == other
    with pytest.raises(KeyError):
        tree.graft(("nowhere", "x"), part)
