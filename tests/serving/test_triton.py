import re

import pytest

from mlpspec.diagnostics import MachineError, ModelFileError, UsageError
from mlpspec.runtime.card import Value
from mlpspec.serving.triton import triton_config, write_triton_repository


@pytest.fixture
def file(model, tmp_path):
    path = tmp_path / "exact.onnx"
    path.write_bytes(model)
    return path


def tensors(config, kind):
    """For each input or output of a configuration its fields."""
    blocks = re.findall(rf"^{kind} {{\n(.*?)^}}", config, re.MULTILINE | re.DOTALL)
    return [dict(re.findall(r"^  (\w+):? (.*)$", block, re.MULTILINE)) for block in blocks]


def test_the_repository_has_model_configuration_and_labels(file, tmp_path, model):
    folder = write_triton_repository(file, tmp_path / "models", max_batch=128, max_delay_ms=2.5)
    assert folder == tmp_path / "models" / "exact"
    assert sorted(str(path.relative_to(tmp_path / "models")) for path in (tmp_path / "models").rglob("*")) == [
        "exact",
        "exact/1",
        "exact/1/model.onnx",
        "exact/config.pbtxt",
        "exact/position_labels.txt",
        "exact/tag_probability_labels.txt",
    ]
    assert (folder / "1" / "model.onnx").read_bytes() == model
    assert (folder / "tag_probability_labels.txt").read_text() == "red\nblue\n"
    config = (folder / "config.pbtxt").read_text()
    assert config.startswith('name: "exact"\nbackend: "onnxruntime"\n')
    assert "max_batch_size: 128\n" in config
    assert "dynamic_batching { max_queue_delay_microseconds: 2500 }" in config
    assert tensors(config, "input") == [
        {"name": '"size"', "data_type": "TYPE_FP32", "dims": "[ 2 ]"},
        {"name": '"word"', "data_type": "TYPE_STRING", "dims": "[ 1 ]"},
        {"name": '"code"', "data_type": "TYPE_INT64", "dims": "[ 1 ]"},
        {"name": '"image"', "data_type": "TYPE_FP32", "dims": "[ 2, 2 ]"},
    ]
    assert tensors(config, "output") == [
        {"name": '"tag"', "data_type": "TYPE_STRING", "dims": "[ 1 ]", "reshape": "{ shape: [ ] }"},
        {"name": '"tag_probability"', "data_type": "TYPE_FP32", "dims": "[ 2 ]", "label_filename": '"tag_probability_labels.txt"'},
        {"name": '"total"', "data_type": "TYPE_FP32", "dims": "[ 1 ]", "reshape": "{ shape: [ ] }"},
        {"name": '"position"', "data_type": "TYPE_FP32", "dims": "[ 2 ]", "label_filename": '"position_labels.txt"'},
    ]


def test_nothing_is_overwritten(file, tmp_path):
    write_triton_repository(file, tmp_path / "models")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "models").rglob("*")}
    with pytest.raises(UsageError, match="is there already"):
        write_triton_repository(file, tmp_path / "models")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "models").rglob("*")} == before


def test_another_name_goes_beside_it(file, tmp_path):
    write_triton_repository(file, tmp_path / "models")
    folder = write_triton_repository(file, tmp_path / "models", name="second")
    assert folder.name == "second"
    assert 'name: "second"' in (folder / "config.pbtxt").read_text()


@pytest.mark.parametrize("name", ["a/b", "..", "/abs"])
def test_a_name_that_leads_elsewhere_is_refused(file, tmp_path, name):
    with pytest.raises(UsageError, match="cannot be the name of a folder"):
        write_triton_repository(file, tmp_path / "models", name=name)
    assert not (tmp_path / "models").exists()


def test_a_file_that_is_no_model_leaves_nothing(tmp_path):
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(ModelFileError):
        write_triton_repository(tmp_path / "text.onnx", tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_folder_that_cannot_be_made_is_the_machines_fault(file, tmp_path):
    (tmp_path / "models").write_text("a file")
    with pytest.raises(MachineError) as caught:
        write_triton_repository(file, tmp_path / "models")
    assert caught.value.diagnostics[0].code == "cannot-write"
    assert (tmp_path / "models").read_text() == "a file"


def test_texts_are_quoted_and_unknown_sizes_are_minus_one(predictor):
    value = Value('a"b\\c', "tensor(float)", ("batch", "length", 3))
    config = triton_config('x"y', predictor.card, [value], [], max_batch=1, max_delay_ms=0)
    assert 'name: "x\\"y"' in config
    assert tensors(config, "input") == [{"name": r'"a\"b\\c"', "data_type": "TYPE_FP32", "dims": "[ -1, 3 ]"}]
