import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file

from mlpspec.compiler import loads
from mlpspec.diagnostics import ModelFileError
from mlpspec.training.run_document import load_run_document, load_run_module
from mlpspec.training.run_folder import RunFolder


def load_all(run):
    return load_run_module(run, load_run_document(run), run.preprocessing())


def test_the_document_is_the_spec_with_its_settings(train_in, spec_text):
    run = train_in(spec_text, "training.epochs=1", "model.0.dense.units=5").folder
    assert load_run_document(run).spec == loads(spec_text, settings=["training.epochs=1", "model.0.dense.units=5"]).spec


def test_the_module_has_the_best_weights(finished):
    graph, module = load_all(RunFolder(finished))
    name = (finished / "checkpoints" / "best").read_text().strip()
    saved = load_file(finished / "checkpoints" / name / "model.safetensors")
    assert {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()} == {n: t.shape for n, t in saved.items()}
    assert all(np.array_equal(tensor.numpy(), saved[name]) for name, tensor in module.state_dict().items())
    assert graph.outputs.keys() == {"kind"}


def test_without_a_best_checkpoint_the_last_one_is_taken(finished):
    """A run that was stopped in its first epoch has judged none."""
    for path in (finished / "checkpoints").glob("best*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    info = json.loads((finished / "run.json").read_text())
    (finished / "run.json").write_text(json.dumps({name: value for name, value in info.items() if name != "weights"}))
    load_all(RunFolder(finished))


def test_without_any_checkpoint(finished):
    shutil.rmtree(finished / "checkpoints")
    with pytest.raises(ModelFileError, match="has no `best` checkpoint"):
        load_all(RunFolder(finished))


def test_a_spec_that_is_no_longer_valid(finished):
    spec = (finished / "spec.resolved.yaml").read_text().replace("units: 8", "unit: 8")
    (finished / "spec.resolved.yaml").write_text(spec)
    unsealed(finished)
    with pytest.raises(ModelFileError) as error:
        load_run_document(RunFolder(finished))
    assert {finding.code for finding in error.value.diagnostics} == {"unknown-option", "missing-option"}


def test_a_spec_of_another_network_lists_every_tensor_that_differs(finished):
    spec = (finished / "spec.resolved.yaml").read_text().replace("units: 8", "units: 9")
    (finished / "spec.resolved.yaml").write_text(spec)
    unsealed(finished)
    with pytest.raises(ModelFileError) as error:
        load_all(RunFolder(finished))
    assert [finding.message for finding in error.value.diagnostics] == [
        "the tensor `dense_1.linear.bias` is (8,), the spec needs (9,)",
        "the tensor `dense_1.linear.weight` is (8, 4), the spec needs (9, 4)",
        "the tensor `head_kind.weight` is (2, 8), the spec needs (2, 9)",
    ]


def test_preprocessing_that_the_network_does_not_take(finished):
    """Its facts say three categories, its program gives two."""
    content = json.loads((finished / "preprocessing.json").read_text())
    for step in content["inputs"][1]["program"]["steps"]:
        if step["op"] == "one_hot":
            step["constants"]["depth"] = 2
    (finished / "preprocessing.json").write_text(json.dumps(content))
    unsealed(finished)
    with pytest.raises(ModelFileError, match=r"preprocessing\.json of the run cannot be read: `colour` becomes"):
        load_all(RunFolder(finished))


def test_another_runs_weights_of_the_same_shape_are_refused(finished, train_in, spec_text):
    """Row M4: the same network, trained on other numbers."""
    table = "size,colour,kind\n" + "".join(f"{row * 7 % 31},{['red', 'green', 'blue'][row % 3]},{'ab'[row % 2]}\n" for row in range(60))
    other = train_in(spec_text, table=table).folder.path
    shutil.rmtree(finished / "checkpoints")
    shutil.copytree(other / "checkpoints", finished / "checkpoints")
    with pytest.raises(ModelFileError, match="belongs to another run"):
        load_all(RunFolder(finished))


def unsealed(folder):
    info = json.loads((folder / "run.json").read_text())
    del info["files"]
    (folder / "run.json").write_text(json.dumps(info))
