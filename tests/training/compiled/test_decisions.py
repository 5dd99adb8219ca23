from __future__ import annotations

import json

from mlpspec.training.compiled.decisions import Decisions, cache_file


def never():
    raise AssertionError("no trial is needed")


def test_a_trial_is_made_once_for_a_machine():
    assert Decisions(threads=2).get("8x8x8", lambda: "blas", "blas") == "blas"
    again = Decisions(threads=2)
    assert again.get("8x8x8", never, "blas") == "blas"
    assert again.used == {"threads": "2", "8x8x8": "blas"}


def test_other_numbers_of_threads_are_other_machines():
    Decisions(threads=2).get("8x8x8", lambda: "blas", "blas")
    assert Decisions(threads=1).get("8x8x8", lambda: "onednn", "blas") == "onednn"


def test_a_resumed_run_decides_as_before():
    Decisions(threads=2).get("8x8x8", lambda: "blas", "blas")
    resumed = Decisions({"8x8x8": "onednn"}, threads=2)
    assert resumed.get("8x8x8", never, "blas") == "onednn"
    assert Decisions(threads=2).get("8x8x8", never, "blas") == "blas"
    assert Decisions({"threads": "3"}, threads=2).threads == 3


def test_usual_is_what_most_were():
    decisions = Decisions()
    assert decisions.usual("blas") == "blas"
    for key, value in (("a", "onednn"), ("b", "blas"), ("c", "onednn")):
        decisions.get(key, lambda value=value: value, "blas")
    assert decisions.usual("blas") == "onednn"


def test_the_others_do_as_one_decided_and_try_nothing():
    decides = Decisions(threads=2)
    assert decides.number("steps in a block of 8 rows", 7) == 7
    for key, value in (("a", "onednn"), ("b", "blas"), ("c", "onednn")):
        decides.get(key, lambda value=value: value, "blas")
    Decisions(threads=2).get("mine", lambda: "blas", "blas")  # the cache file has it
    follows = Decisions(decides.used, threads=4, decides=False)
    assert follows.threads == 2
    assert follows.number("steps in a block of 8 rows", 9) == 7
    assert [follows.get(key, never, "blas") for key in ("a", "b", "c", "mine", "d")] == ["onednn", "blas", "onednn", "onednn", "onednn"]
    assert Decisions(decides=False).get("d", never, "blas") == "blas"


def test_a_damaged_cache_counts_as_none():
    cache_file().parent.mkdir(parents=True)
    for damage in (b"\xff\x00", b"[1]", b'{"a": 3}', b"{"):
        cache_file().write_bytes(damage)
        assert Decisions().get("key", lambda: "blas", "blas") == "blas"
        assert json.loads(cache_file().read_text())


def test_a_folder_that_cannot_be_written_stops_nothing(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert Decisions().get("key", lambda: "onednn", "blas") == "onednn"
