from __future__ import annotations

import errno
import io
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from mlpspec.diagnostics import Diagnostic, MachineError, SpecError, UsageError
from mlpspec.diagnostics.render import render_full
from mlpspec.language import reader
from mlpspec.language.reader import MAX_BYTES, read, read_file


def data(text: str | bytes) -> Any:
    return read(text, "spec.yaml").data


def findings(text: str | bytes) -> list[Diagnostic]:
    with pytest.raises(SpecError) as caught:
        read(text, "spec.yaml")
    return list(caught.value.diagnostics)


def place(finding: Diagnostic) -> tuple[int, int]:
    """Line and column from 1, as shown to people."""
    assert finding.primary is not None
    start = finding.primary.span.start
    return start.line + 1, start.column + 1


# What PyYAML and others make of these texts differs; what mlpspec makes of each is here.

READ = [
    *((f"lr: {n}", {"lr": float(n)}) for n in ("1e-3", "1E-3", "1e3", "12e03", "1.0e3", "1.0e-3", "1.e-3", ".5e-3", "1.0e+3")),
    *((f"a: {word}", {"a": word}) for word in ("yes", "no", "on", "off", "Yes", "NO", "On", "y", "n", "none", "None", "nan", "inf")),
    ("on: 1\nno: 2\nyes: 3", {"on": 1, "no": 2, "yes": 3}),
    ("a: 0o10\nb: 0x1F\nc: 0b11", {"a": 8, "b": 31, "c": "0b11"}),
    ("a: 1:30\nb: 190:20:30", {"a": "1:30", "b": "190:20:30"}),
    ("a: 2024-01-01\nb: 2024-13-45", {"a": "2024-01-01", "b": "2024-13-45"}),
    ("version: 1.10", {"version": 1.1}),
    ("b: &b {x: 1, y: 2}\na:\n  <<: *b\n  y: 3", {"b": {"x": 1, "y": 2}, "a": {"y": 3, "x": 1}}),
    ("b: &b {x: 1, y: 2}\nc: &c {x: 3, z: 4}\na: {<<: [*b, *c], w: 5}", {
        "b": {"x": 1, "y": 2}, "c": {"x": 3, "z": 4}, "a": {"w": 5, "x": 1, "y": 2, "z": 4}}),
    ("'<<': {a: 1}\n\"<<b\": 2", {"<<": {"a": 1}, "<<b": 2}),
    ("a: &a [1]\nb: *a\nc: &a 2\nd: [*a, *a]", {"a": [1], "b": [1], "c": 2, "d": [2, 2]}),
    ("&k key: *k", {"key": "key"}),
    ("a: 1\t\nb:\t2\t# c", {"a": 1, "b": 2}),
    ("\ufeffa: 1", {"a": 1}),
    (b"\xef\xbb\xbfa: \xc3\xa9", {"a": "é"}),
    ("a: 1\r\nb:\r\n  - 2\r\n", {"a": 1, "b": [2]}),
    ("a: 1\rb:\r  - 2\r", {"a": 1, "b": [2]}),
    ("a: 1\n...\n", {"a": 1}),
    ("%YAML 1.2\n---\na: 1\n...\n# end", {"a": 1}),
    ("a: 1", {"a": 1}),
    ("a:", {"a": None}),
    ("a: 'no'\nb: \"1e3\"\n'1': x\n\"~\": y", {"a": "no", "b": "1e3", "1": "x", "~": "y"}),
    ("a: b\u00a0c\n'd\u00a0': e", {"a": "b\u00a0c", "d\u00a0": "e"}),
    ("a: 'two\n  lines'\nb: >-\n  folded\n  text\nc: |\n  kept\n", {"a": "two lines", "b": "folded text", "c": "kept\n"}),
    ("[" * 64 + "]" * 64, json.loads("[" * 64 + "]" * 64)),
    ("- 1\n- {a: b}", [1, {"a": "b"}]),
    ("just a text", "just a text"),
    ("--- ~", None),
]  # fmt: skip

REFUSED = [
    # text, code, line:column, a part of the message, a part of the help
    ("a: 1\n1: x", "not-a-key", (2, 1), "`1` reads as a number", '"1"'),
    ("~: x", "not-a-key", (1, 1), "`~` reads as nothing", '"~"'),
    ("true: x", "not-a-key", (1, 1), "reads as true or false", '"true"'),
    ("1e3: x", "not-a-key", (1, 1), "reads as a number", '"1e3"'),
    ("010: x", "not-a-key", (1, 1), "reads as a number", '"010"'),
    (": x", "yaml-syntax", (1, 1), "a key is missing before this colon", "key: value"),
    ("{a: 1, : x}", "yaml-syntax", (1, 8), "a key is missing before this colon", "key: value"),
    ("?\n: x", "not-a-key", (1, 2), "a key is missing here", "before the colon"),
    ("? [a]\n: b", "not-a-key", (1, 3), "this is a list", ""),
    ("? {a: b}\n: c", "not-a-key", (1, 3), "this is a mapping", ""),
    ("a: &x 1\n*x : b", "not-a-key", (2, 1), "this is an alias", ""),
    ("a: [0, 010]", "ambiguous-scalar", (1, 8), "`010` is 8 to some YAML readers and 10 to others", "`10`"),
    ("a: 08", "ambiguous-scalar", (1, 4), "`08`", '"08"'),
    ("a: 1_000", "ambiguous-scalar", (1, 4), "`1_000`", "`1000`"),
    ("a: 1_0.5", "ambiguous-scalar", (1, 4), "`1_0.5`", "`10.5`"),
    ("a: 1.0e+400", "ambiguous-scalar", (1, 4), "out of range", ""),
    ("a: .nan", "ambiguous-scalar", (1, 4), "not a finite number", ""),
    ("a: -.inf", "ambiguous-scalar", (1, 4), "not a finite number", ""),
    ("a: " + "9" * 20, "too-large", (1, 4), "more than 19 digits", ""),
    ("a: " + "9" * 5000, "too-large", (1, 4), "more than 19 digits", ""),
    ("a: !!int _", "yaml-feature", (1, 4), "`!!int`", ""),
    ("a: !!bool abc", "yaml-feature", (1, 4), "`!!bool`", ""),
    ("a: !!float abc", "yaml-feature", (1, 4), "`!!float`", ""),
    ("a: &x !!int 1", "yaml-feature", (1, 7), "`!!int`", ""),
    ('a: "\\U00110000"', "yaml-syntax", (1, 5), "`\\U00110000` is not an escape", "single quotes"),
    ("!!python/object/apply:os.system [ls]", "yaml-feature", (1, 1), "`!!python/object/apply:os.system`", ""),
    ("a: !!binary aGk=", "yaml-feature", (1, 4), "`!!binary`", ""),
    ("a: !!set {x}", "yaml-feature", (1, 4), "`!!set`", ""),
    ("a: !!omap [x: 1]", "yaml-feature", (1, 4), "`!!omap`", ""),
    ("a: ! x", "yaml-feature", (1, 4), "`!`", ""),
    ("!u!x a", "yaml-feature", (1, 1), "tags are not read", ""),
    ("a: 1\nb: 2\na: 3", "duplicate-key", (3, 1), "the key `a` stands twice", "keep one"),
    ("{1: a, true: b, 1.0: c}", "not-a-key", (1, 2), "`1`", '"1"'),
    ("x: &b {a: 1}\n<<: *b\n<<: *b", "duplicate-key", (3, 1), "`<<` stands twice", "[*first, *second]"),
    ("<<: 3", "yaml-feature", (1, 5), "`<<` merges mappings only", "*defaults"),
    ("<<: [{a: 1}, b]", "yaml-feature", (1, 14), "`<<` merges mappings only", ""),
    ("a: &a [*a]", "yaml-feature", (1, 8), "`*a` stands inside its own anchor", ""),
    ("a: &a {b: {c: *a}}", "yaml-feature", (1, 15), "`*a` stands inside its own anchor", ""),
    ("a: [*_mm]", "yaml-feature", (1, 5), "there is no anchor `&_mm`", 'quote it: "*_mm"'),
    ("[" * 65, "too-large", (1, 65), "more than 64 deep", ""),
    ("[" * 500, "too-large", (1, 65), "more than 64 deep", ""),
    ("a: &a " + "[" * 60 + "]" * 60 + "\nb: [[[[*a]]]]", "too-large", (2, 8), "more than 64 deep", ""),
    ("", "empty-spec", None, "the spec is empty", "mlpspec init"),
    ("# only\n\n  # comments\n", "empty-spec", None, "the spec is empty", "mlpspec init"),
    ("---\n...\n", "empty-spec", None, "the spec is empty", "mlpspec init"),
    ("a: 1\n---\nb: 2", "yaml-feature", (2, 1), "a second document begins here", ""),
    ("%YAML 1.1\n---\na: 1", "yaml-feature", (1, 1), "YAML 1.2", "%YAML"),
    ("a:\n\tb: 1", "yaml-syntax", (2, 1), "a tab stands in the indentation", "spaces"),
    ("a:\n  b: 1\n  \tc: 1", "yaml-syntax", (3, 3), "a tab stands in the indentation", "spaces"),
    ("a: 1\n\tb: 1", "yaml-syntax", (2, 1), "a tab stands in the indentation", "spaces"),
    ("a: 1\n".encode("utf-16"), "encoding", None, "UTF-16 or UTF-32, as the byte order mark at byte 0", "UTF-8"),
    ("a: 1\n".encode("utf-32"), "encoding", None, "UTF-16 or UTF-32", "UTF-8"),
    ("a: 1\n".encode("utf-16-le"), "encoding", (1, 2), "U+0000 at byte 1", "UTF-16: save it as UTF-8"),
    ("a: 1\nb: modèle\n".encode("latin-1"), "encoding", (2, 7), "byte 11 (0xE8) is not UTF-8", "UTF-8"),
    (b"\xef\xbb\xbf\xc3\xa9: \xff", "encoding", (1, 4), "byte 7 (0xFF)", "UTF-8"),
    (b"a: \xc3", "encoding", (1, 4), "byte 3 (0xC3)", "UTF-8"),
    ("a: é\x00", "encoding", (1, 5), "U+0000 at byte 5", "remove it"),
    ('a: "x\\0y"', "encoding", (1, 4), "NUL", "remove"),
    (b"\xef\xbb\xbfa: \x07", "encoding", (1, 4), "U+0007 at byte 6", "remove it"),
    ("a: b\u2028c", "encoding", (1, 5), "U+2028", "remove it"),
    ("a: b\x85c", "encoding", (1, 5), "U+0085", "remove it"),
    ("a: \ufeffb", "encoding", (1, 4), "U+FEFF", "remove it"),
    ("a: \ud800", "encoding", (1, 4), "U+D800", "remove it"),
    ("epochs:60", "wrong-type", (1, 1), "one text", "a space after the colon"),
    ("epochs:60\nlr: 3", "yaml-syntax", (1, 1), "a space is missing after the colon", "key: value"),
    ("a: 1\nlr:3\nb: 4", "yaml-syntax", (2, 1), "a space is missing after the colon", "key: value"),
    ("{lr:3, b: 4}", "yaml-syntax", (1, 2), "`lr:3` has no value", "a space after the colon"),
    ("a:\n\u00a0 b: 1", "yaml-syntax", (2, 1), "U+00A0", "space bar"),
    ("a\u3000b: 1", "yaml-syntax", (1, 1), "U+3000", "space bar"),
    ("a: \u00a064", "yaml-syntax", (1, 4), "U+00A0", "space bar"),
    ("a: 64\u200b", "yaml-syntax", (1, 4), "U+200B", "space bar"),
    ("x" * (MAX_BYTES + 1), "too-large", None, "larger than 1 MiB", ""),
    ("é" * (MAX_BYTES // 2 + 1), "too-large", None, "larger than 1 MiB", ""),
    ("\n".join(f"k{i}: 1" for i in range(50_000)) + "\nl: [" + "a," * 50_000 + "]", "too-large", None, "more than 100,000 values", ""),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_what_is_read(text: str | bytes, expected: Any) -> None:
    found = data(text)
    assert found == expected
    assert repr(found).replace("-0.0", "0.0") == repr(expected), "types are equal too"


@pytest.mark.parametrize(("text", "code", "where", "message", "help"), REFUSED)
def test_what_is_refused(text: str | bytes, code: str, where: tuple[int, int] | None, message: str, help: str) -> None:
    first, *others = findings(text)
    assert first.code == code
    assert message in first.message
    assert help in first.help
    if where:
        assert place(first) == where
    assert (first.primary is not None) or first.place == "spec.yaml"
    assert "Traceback" not in render_full(first)
    assert len(others) == (2 if text == "{1: a, true: b, 1.0: c}" else 0)


def test_all_mistakes_of_one_pass_are_reported() -> None:
    found = findings("a: 010\na: 2\n1: x\nb: !!int 3\nc: [.inf, 1_000, *nix]\nd: {e: 1, e: 2}")
    assert [(d.code, place(d)[0]) for d in found] == [
        ("ambiguous-scalar", 1), ("duplicate-key", 2), ("not-a-key", 3), ("yaml-feature", 4),
        ("ambiguous-scalar", 5), ("ambiguous-scalar", 5), ("yaml-feature", 5), ("duplicate-key", 6),
    ]  # fmt: skip


def test_a_syntax_error_ends_the_pass() -> None:
    found = findings("a: 010\nb: [1\nc: 010\n")
    assert [d.code for d in found] == ["ambiguous-scalar", "yaml-syntax"]


# Any text at all.

SIGNS = [*"ab01.:-,[]{}&*!|>'\"%@`#?<~$_= \t\n\r", "\n  ", "- ", ": ", "<<", "\u00a0", "\ufeff", "\x00", "é"]
YAML_LIKE = st.lists(st.sampled_from(SIGNS), max_size=40).map("".join)


@given(st.one_of(st.text(), YAML_LIKE, st.binary()))
@example("a: !<")
@example("'")
@example("? ")
@example("a: &a")
@example("...")
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    try:
        tree = read(text, "spec.yaml")
    except SpecError as error:
        found = error.diagnostics
    else:
        json.dumps(tree.data, allow_nan=False)
        return
    assert found
    for diagnostic in found:
        assert render_full(diagnostic)
        if diagnostic.primary:
            start = diagnostic.primary.span.start
            assert 0 <= start.column <= len(diagnostic.primary.span.source.line(start.line))


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**18), 10**18), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.sampled_from("abcdefgnoy .:#-'\"[]{}é😀\n"), max_size=12),
)  # fmt: skip
DATA = st.recursive(
    st.dictionaries(st.text(st.sampled_from("abcxyz_"), min_size=1, max_size=6), LEAVES, min_size=1, max_size=4),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.sampled_from("pqrs"), inner, min_size=1, max_size=3),
    max_leaves=8,
)


@given(DATA, st.booleans())
def test_reads_as_pyyaml_does_where_both_versions_of_yaml_agree(value: Any, flow: bool) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    assert data(text) == yaml.safe_load(text) == value


def test_reads_an_ordinary_spec_as_pyyaml_does() -> None:
    text = """\
mlpspec: 1
vars: &v {width: 64, rate: 0.001}
inputs:
  measurements:
    numeric: {columns: [a, b, "flipper_*"], scale: standardize}
  island: category
model:
  - dense: {units: $width, activation: {leaky_relu: {negative_slope: 0.02}}}
  - head: species
copy:
  <<: *v
  rate: 0.5
training: {epochs: 60, shuffle: true, note: null}
"""
    assert data(text) == yaml.safe_load(text)


def test_a_spec_of_twenty_layers_is_read_fast() -> None:
    layer = "  - dense: {units: $width, activation: relu, initializer: he_normal, batchnorm: true, dropout: 0.2}\n"
    text = "mlpspec: 1\nmodel:\n" + layer * 20

    def seconds() -> float:
        begin = time.perf_counter()
        read(text, "spec.yaml")
        return time.perf_counter() - begin

    assert min(seconds() for _ in range(20)) < 0.02  # about 0.001 on a quiet machine


# Files.


def test_a_file_is_read_and_named(tmp_path: Path) -> None:
    path = tmp_path / "wine.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    tree = read_file(path)
    assert tree.data == {"a": 1}
    assert tree.source.name == str(path)
    assert read_file(str(path)).data == {"a": 1}


def test_a_missing_file_is_a_wrong_call_with_a_near_name(tmp_path: Path) -> None:
    (tmp_path / "wine.yaml").touch()
    with pytest.raises(UsageError, match=r"there is no file .*wien\.yaml") as caught:
        read_file(tmp_path / "wien.yaml")
    assert caught.value.exit_code == 2
    assert caught.value.diagnostics[0].help == "did you mean `wine.yaml`?"
    assert caught.value.diagnostics[0].place == str(tmp_path / "wien.yaml")
    with pytest.raises(UsageError) as caught:
        read_file(tmp_path / "no" / "wine.yaml")
    assert caught.value.diagnostics[0].help == f"there is no folder {tmp_path / 'no'} either"
    with pytest.raises(UsageError, match="there is no file"):
        read_file(tmp_path / "wine.yaml" / "x")


def test_folders_and_pipes_are_no_specs(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        read_file(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="is not a file"):
        read_file(tmp_path / "pipe")
    with pytest.raises(UsageError, match="cannot be the name of a file"):
        read_file("a\0b")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_an_unreadable_file_is_the_machines_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text("a: 1")

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(MachineError, match=f"cannot be read: {os.strerror(number)}") as caught:
        read_file(path)
    assert caught.value.exit_code == 6
    assert str(path) in str(caught.value)


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse: takes no room on the disk
    begin = time.perf_counter()
    with pytest.raises(SpecError, match="larger than 1 MiB"):
        read_file(path)
    assert time.perf_counter() - begin < 2


class _Input:
    def __init__(self, content: bytes):
        self.buffer = io.BytesIO(content)


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Input(b"a: 1"))
    tree = read_file("-")
    assert (tree.data, tree.source.name) == ({"a": 1}, "<stdin>")
    stream = _Input(b"x" * (MAX_BYTES + 10))
    monkeypatch.setattr(sys, "stdin", stream)
    with pytest.raises(SpecError, match="larger than 1 MiB"):
        read_file("-")
    assert stream.buffer.tell() == MAX_BYTES + 1


def test_standard_input_without_content(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Input(b""))
    with pytest.raises(UsageError, match="standard input is empty"):
        read_file("-")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="standard input is empty"):
        read_file("-")
    closed = _Input(b"")
    closed.buffer.close()
    monkeypatch.setattr(sys, "stdin", closed)
    with pytest.raises(MachineError, match="standard input cannot be read"):
        read_file("-")
    monkeypatch.setattr(sys, "stdin", _Input(b"# nothing"))
    with pytest.raises(SpecError, match="the spec is empty"):
        read_file("-")


def test_the_public_names() -> None:
    assert {"Tree", "read", "read_file"} <= set(reader.__all__)
