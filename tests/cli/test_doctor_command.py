from __future__ import annotations

import json
import sys

import pytest

from mlpspec.data.streaming.cache import cached


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPSPEC_CACHE", str(tmp_path))
    return tmp_path / "data"


def fill(folder):
    (folder / "rows").write_bytes(bytes(2_500_000))


def test_the_cache_is_shown(cache, cli):
    assert f"0 entries, 0.0 MB, in {cache};" in cli("doctor").out
    cached("key", lambda folder: (folder / "rows").exists(), fill, lambda text: None)
    assert f"1 entry, 2.5 MB, in {cache};" in cli("doctor").out
    found = json.loads(cli("doctor", "--json").out)["result"]["data_cache"]
    assert (found["folder"], found["entries"], found["bytes"]) == (str(cache), 1, 2_500_000)
    assert found["free"] > 0


def test_the_cache_is_cleared(cache, cli):
    (cache / "old").mkdir(parents=True)
    fill(cache / "old")
    outcome = cli("doctor", "--clear-cache")
    assert outcome.code == 0
    assert f"deleted 1 entry, 2.5 MB, from {cache}" in outcome.out
    assert not (cache / "old").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no lock")
def test_what_is_in_use_stays(cache, cli):
    entry = cached("key", lambda folder: (folder / "rows").exists(), fill, lambda text: None)
    assert cli("doctor", "--clear-cache").out.endswith("; 1 entry in use stays\n")
    assert entry.exists()
    assert json.loads(cli("doctor", "--clear-cache", "--json").out)["result"] == {"removed": 0, "bytes": 0, "in_use": 1}
