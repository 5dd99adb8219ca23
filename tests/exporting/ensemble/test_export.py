from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import onnxruntime as ort
import pytest

from mlpspec.diagnostics import CheckError, ModelFileError, UsageError
from mlpspec.exporting.ensemble import export as module
from mlpspec.exporting.ensemble.export import ensemble_answers, export_ensemble
from mlpspec.exporting.ensemble.members import load_ensemble
from mlpspec.exporting.export import export
from mlpspec.training.run_folder import RunFolder

ROWS = {
    "size": np.array([[1.5], [np.nan], [9.5], [-300], [4.4]], np.float32),
    "colour": np.array([["red"], ["violet"], ["never seen"], ["blue"], ["green"]], object),
}


def run(path, rows=ROWS):
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, rows), strict=True))


def test_answers_are_the_means_of_the_folds_files(crossed):
    """Every fold is exported by itself, as any run, and NumPy averages what the files say."""
    found = run(export_ensemble(crossed, crossed.path / "all.onnx").path)
    folds = [run(export(RunFolder.open(crossed.path / "folds" / str(number))).path) for number in (1, 2, 3)]
    assert found.keys() == folds[0].keys()
    for name in ("kind_probability", "on_probability", "tags_probability", "price", "price_interval", "pair"):
        mean = np.mean([fold[name] for fold in folds], axis=0)
        np.testing.assert_allclose(found[name], mean, rtol=1e-4, atol=1e-5)
        assert found[name].shape == folds[0][name].shape
    assert any(np.ptp([fold["price"] for fold in folds], axis=0) > 1)  # the folds do differ
    assert found["kind"].tolist() == [["a", "b", "c"][number] for number in found["kind_probability"].argmax(axis=1)]
    assert found["on"].tolist() == [str(int(probability >= 0.5)) for probability in found["on_probability"][:, 1]]
    assert found["tags"].tolist() == (found["tags_probability"] >= 0.5).astype(int).tolist()


def test_the_reference_is_the_mean_of_the_trained_pipelines(crossed):
    """What the proof compares with, against single runs of the trained pipelines."""
    from mlpspec.exporting.trained import trained_answers
    from mlpspec.training.run_document import load_run_document, load_run_module

    said = []
    for number in (1, 2, 3):
        fold = RunFolder.open(crossed.path / "folds" / str(number))
        preprocessing = fold.preprocessing()
        graph, network = load_run_module(fold, load_run_document(fold), preprocessing)
        said.append(trained_answers(network, graph, preprocessing, ROWS))
    found = ensemble_answers(load_ensemble(crossed, ()))(ROWS).answers
    for name in ("kind_probability", "on_probability", "tags_probability", "price", "price_interval", "pair"):
        np.testing.assert_allclose(found[name], np.mean([one[name] for one in said], axis=0), rtol=1e-6)


def test_the_file_says_what_it_is(crossed):
    import onnx

    result = export_ensemble(crossed)
    assert result.path == crossed.path / "model.onnx"
    model = onnx.load(result.path)
    properties = {entry.key: entry.value for entry in model.metadata_props}
    card, made = json.loads(properties["mlpspec.model"]), json.loads(properties["mlpspec.run"])
    [colours] = next(item for item in card["inputs"] if item["name"] == "colour")["categories"]
    assert set(colours) == {"red", "green", "blue", "violet"}  # what any fold knows
    assert made["folds"] == 3
    folds = [json.loads((crossed.path / "folds" / str(number) / "run.json").read_text()) for number in (1, 2, 3)]
    assert made["parameters"] == sum(fold["parameters"] for fold in folds)
    assert made["proof"] == json.loads((crossed.path / "proof.json").read_text())
    assert {node.name.split("/")[0] for node in model.graph.node} >= {"fold1", "fold2", "fold3"}


def test_what_is_not_asked_for_is_not_calculated(crossed):
    whole = export_ensemble(crossed, crossed.path / "whole.onnx")
    labels = export_ensemble(crossed, crossed.path / "labels.onnx", settings=["export.outputs=[label]"])
    assert set(run(labels.path)) == {"kind", "on", "tags", "price", "pair"}
    assert labels.nodes < whole.nodes
    assert run(labels.path)["kind"].tolist() == run(whole.path)["kind"].tolist()


def test_a_difference_leaves_no_file(crossed, monkeypatch):
    right = ensemble_answers(load_ensemble(crossed, ()))

    def wrong(rows):
        found = right(rows)
        return replace(found, answers={**found.answers, "price": found.answers["price"] + 1})

    monkeypatch.setattr(module, "ensemble_answers", lambda _: wrong)
    with pytest.raises(CheckError, match="`price` differs") as error:
        export_ensemble(crossed)
    assert "export the folds one by one" in error.value.diagnostics[0].help
    assert not (crossed.path / "model.onnx").exists()


def test_what_is_no_ensemble(crossed):
    with pytest.raises(UsageError, match="is one run"):
        export_ensemble(RunFolder.open(crossed.path / "folds" / "1"))
    for setting in ("export.precision=fp16", "export.uncertainty={mc_dropout: {samples: 3}}"):
        with pytest.raises(UsageError, match="at fp32 and without uncertainty"):
            export_ensemble(crossed, settings=[setting])
    crossed.write_json("run.json", {**crossed.info(), "status": "stopped"})
    with pytest.raises(UsageError, match="is not finished"):
        export_ensemble(crossed)


def test_a_damaged_fold(crossed):
    (crossed.path / "folds" / "2" / "preprocessing.json").write_text("{}")
    with pytest.raises(ModelFileError):
        export_ensemble(crossed)
