"""Offline: what wandb itself has written, and what it was told."""

import pytest

from mlpspec.catalog.trackers import Tracker, Wandb
from mlpspec.testing import check_options


def test_options():
    check_options(Wandb(project="wine", mode="offline"), Tracker)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("again", [False, True])
def test_a_run_on_disk(logged, again, monkeypatch, tmp_path):
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    told = []
    real = wandb.init
    monkeypatch.setattr(wandb, "init", lambda **options: told.append(options) or real(**options))
    folder = logged(Wandb(project="wine", mode="offline"), again=again)
    written = list((folder / "wandb").glob("offline-run-*/*.wandb"))
    assert written
    assert all(file.stat().st_size > 0 for file in written)
    assert (told[0]["project"], told[0]["name"], told[0]["config"]["training"]["epochs"]) == ("wine", folder.name, 3)
    if again:
        assert told[1]["id"] in written[0].name
