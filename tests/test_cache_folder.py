from __future__ import annotations

from pathlib import Path

from mlpspec.cache_folder import cache_folder


def test_where_it_is(monkeypatch):
    monkeypatch.delenv("MLPSPEC_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == Path.home() / ".cache" / "mlpspec"
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/mlpspec")
    monkeypatch.setenv("MLPSPEC_CACHE", "/scratch/mine")
    assert cache_folder() == Path("/scratch/mine")
