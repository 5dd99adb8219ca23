from __future__ import annotations

from mlpspec.compiler import load, loads
from mlpspec.data.sharing import SharedData
from mlpspec.training.folds.fold import FoldResult, fold_document, train_fold
from mlpspec.training.resolved_spec import resolved_spec

FOLDS = "data.split.folds=3"


def test_a_fold_is_a_spec_of_its_own(small):
    one = fold_document(load(small / "spec.yaml", settings=[FOLDS]), 2)
    assert loads(resolved_spec(one), folder=small).spec == one.spec == load(small / "spec.yaml", settings=[FOLDS, "data.split.fold=2"]).spec


def test_a_fold_that_is_done_is_kept(small):
    document, data = load(small / "spec.yaml", settings=[FOLDS]), SharedData()
    train_fold(document, 2, small / "run", data)
    written = (small / "run/folds/2/run.json").stat().st_mtime_ns
    train_fold(document, 2, small / "run", data)
    assert (small / "run/folds/2/run.json").stat().st_mtime_ns == written
    result = FoldResult.read(small / "run", 2)
    assert (result.ended, result.rows) == ("finished", {"train": 30, "validation": 10, "test": 20})
    longer = load(small / "spec.yaml", settings=[FOLDS, "training.epochs=5"])
    train_fold(longer, 2, small / "run", data)
    assert len(FoldResult.read(small / "run", 2).folder.metrics()) == 5


def test_a_fold_that_never_reached_a_checkpoint_begins_anew(small):
    (small / "run/folds/1/checkpoints").mkdir(parents=True)
    (small / "run/folds/1/spec.yaml").write_text("half of it")
    train_fold(load(small / "spec.yaml", settings=[FOLDS]), 1, small / "run", SharedData())
    assert FoldResult.read(small / "run", 1).ended == "finished"
