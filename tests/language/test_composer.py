from __future__ import annotations

import time
import tracemalloc

import pytest
import yaml

from mlpspec.diagnostics import Diagnostic, MachineError, Source, SpecError
from mlpspec.language.composer import compose
from mlpspec.language.reader import read


def merge_bomb(levels: int) -> str:
    return "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}\n" for i in range(1, levels + 1))


def laughs() -> str:
    first = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
    return first + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9))


BOMBS = {
    "merges": merge_bomb(22),
    "billion laughs": laughs(),
    "lists": "[" * 1_000_000,
    "lists, 40,000": "[" * 40_000,
    "mappings": "{a: " * 200_000,
    "block lists": "- " * 500_000,
    "explicit keys": "? " * 500_000,
    "ten megabytes": "a: 1\n" * 2_000_000,
    "keys": "".join(f"k{i}: 1\n" for i in range(110_000)),
    "refused numbers": "[" + "010," * 200_000,
    "unknown aliases": "[" + "".join(f"*x{i}," for i in range(90_000)),
    "equal keys": "a: 1\n" * 200_000,
    "digits": "a: " + "1" * 1_000_000,
}


def findings(text: str) -> list[Diagnostic]:
    with pytest.raises(SpecError) as caught:
        read(text, "spec.yaml")
    return list(caught.value.diagnostics)


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_are_stopped_early(text: str) -> None:
    begin = time.perf_counter()
    found = findings(text)
    assert time.perf_counter() - begin < 2
    assert 1 <= len(found) <= 100
    assert found[-1].code in {"too-large", "ambiguous-scalar", "yaml-feature", "duplicate-key"}


@pytest.mark.parametrize("name", ["merges", "billion laughs", "lists"])
def test_bombs_take_little_memory(name: str) -> None:
    tracemalloc.start()
    try:
        findings(BOMBS[name])
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


def test_an_alias_counts_as_what_it_repeats() -> None:
    ten_thousand = "a: &a [" + "1," * 9_999 + "]\n"
    assert len(compose(Source("spec.yaml", ten_thousand + "b: [*a, *a, *a, *a, *a, *a, *a, *a]")).data["b"]) == 8
    [finding] = findings(ten_thousand + "b: [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]")
    assert finding.code == "too-large"


def test_aliases_give_copies() -> None:
    found = compose(Source("spec.yaml", "a: &a {x: [1]}\nb: *a\nc: {<<: *a}")).data
    found["b"]["x"].append(2)
    found["c"]["x"].append(3)
    assert found == {"a": {"x": [1]}, "b": {"x": [1, 2]}, "c": {"x": [1, 3]}}


def test_without_the_c_parser_the_reader_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader")
    with pytest.raises(MachineError, match="without its C parser") as caught:
        read("a: 1", "spec.yaml")
    assert caught.value.diagnostics[0].code == "missing-package"


def test_a_value_for_a_place_deep_in_a_tree_has_the_rest_of_the_depth() -> None:
    text = "[" * 60 + "]" * 60
    compose(Source("--set", text), depth=4)
    with pytest.raises(SpecError, match="more than 64 deep"):
        compose(Source("--set", text), depth=5)


def test_what_is_parsed_may_differ_from_what_is_shown() -> None:
    tree = compose(Source("--set", "epochs=60"), "       60")
    assert tree.data == 60
    assert tree.positions.value(()).start == (0, 7)
