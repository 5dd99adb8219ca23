from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile

import numpy as np
import pytest

from mlpspec.diagnostics import ModelFileError, UsageError
from mlpspec.runtime.model_file import model_from_bytes, read_model_file
from mlpspec.seal import ANNOUNCEMENT, KIND, seal


def zip_bytes() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("data.pkl", b"x")
    return out.getvalue()


def npy_bytes() -> bytes:
    out = io.BytesIO()
    np.save(out, np.zeros(2))
    return out.getvalue()


def safetensors_bytes() -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + b"\0" * 4


def test_reads_a_model(mixed, tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(mixed)
    file = read_model_file(path)
    assert (file.name, file.data) == (str(path), mixed)
    assert file.header.opsets == {"": 20, "ai.onnx.ml": 4}
    assert len(file.sha256) == 64


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (zip_bytes(), "zip archive"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 20, "HDF5"),
        (safetensors_bytes(), "safetensors"),
        (npy_bytes(), "NumPy array"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"hello, this is no model at all\n", "text"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"\x1c\0\0\0ORTM....", "ONNX Runtime's own format"),
        (b"\x08\x0a", "no operators"),
        (b"\x08\x0a\x3a\x7fx", "ends early"),
    ],
)
def test_other_files_are_refused_with_what_they_are(data, reason):
    with pytest.raises(ModelFileError, match=reason) as caught:
        model_from_bytes(data, name="x.onnx")
    assert caught.value.diagnostics[0].place == "x.onnx"


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_are_unsafe(protocol):
    with pytest.raises(ModelFileError, match="pickle") as caught:
        model_from_bytes(pickle.dumps({"w": [1.0]}, protocol))
    assert caught.value.diagnostics[0].code == "unsafe-model-file"


@pytest.mark.parametrize("protocol", [0, 1])
def test_old_pickles_are_refused(protocol):
    with pytest.raises(ModelFileError):
        model_from_bytes(pickle.dumps({"w": [1.0]}, protocol))


def test_missing_folder_and_device(tmp_path, mixed):
    with pytest.raises(UsageError, match="no model file"):
        read_model_file(tmp_path / "missing.onnx")
    with pytest.raises(UsageError, match="is a folder"):
        read_model_file(tmp_path)
    (tmp_path / "a.onnx").write_bytes(mixed)
    with pytest.raises(UsageError) as caught:
        read_model_file(tmp_path)
    assert "a.onnx" in caught.value.diagnostics[0].help
    with pytest.raises(UsageError, match="is not a file"):
        read_model_file("/dev/null")
    with pytest.raises(UsageError, match="no model file"):
        read_model_file(tmp_path / "a.onnx" / "b.onnx")


def test_too_large_is_refused_without_reading(tmp_path):
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.truncate(2**31)  # sparse: takes no room
    with pytest.raises(ModelFileError, match="at most 2 GiB"):
        read_model_file(path)


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ({"ir_version": 0}, "its IR version is 0"),
        ({"ir_version": -3}, "its IR version is -3"),
        ({"opset": 0}, "it names the operator set 0"),
        ({"opset": -1}, "it names the operator set -1"),
        ({"opset": 2**40}, "it names the operator set 1099511627776"),
    ],
)
def test_versions_that_there_are_not(make, versions, words):
    with pytest.raises(ModelFileError, match=words):
        model_from_bytes(make.model_bytes(make.mixed_graph(), {}, **versions))


def test_a_broken_seal(make):
    data = seal(make.model_bytes(make.mixed_graph(), {ANNOUNCEMENT: KIND}))
    assert model_from_bytes(data).data == data
    with pytest.raises(ModelFileError, match="damaged, or was changed after it was exported: its checksum is that of other bytes") as error:
        model_from_bytes(data.replace(b"Softmax", b"SoftMax"))
    assert "`mlpspec.seal` and `mlpspec.crc32`" in error.value.diagnostics[0].help
