import json
import pickle
import struct
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

from mlpspec.diagnostics import ModelFileError
from mlpspec.training.tensor_file import differences, file_pieces, read_tensors, refuse_foreign

PATH = Path("model.safetensors")
TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.zeros(2)}


def test_tensors_come_back():
    found = read_tensors(save(TENSORS), PATH)
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in TENSORS.items())


def test_pieces_are_the_bytes_of_the_safetensors_library():
    tensors = {
        "ü.weight": torch.randn(3, 2),
        "count": torch.tensor(7),
        "a": torch.randn(5).bfloat16(),
        "half": torch.randn(1, 2).half(),
        "double": torch.randn(2).double(),
        "bits": torch.tensor([True, False, True]),
        "bytes": torch.arange(5, dtype=torch.uint8),
        "whole": torch.arange(4, dtype=torch.int32),
        "short": torch.arange(3, dtype=torch.int16),
        "small": torch.arange(3, dtype=torch.int8),
        "none": torch.zeros(0, 4),
    }
    asked = []

    def gather(tensor):
        asked.append(tensor)
        return tensor

    pieces = file_pieces(tensors, gather)
    begun = next(pieces)
    assert not asked  # a tensor is made whole when its piece is due
    assert b"".join((begun, *pieces)) == save(tensors)
    assert len(asked) == len(tensors)


@pytest.mark.parametrize("size", range(0, 1200, 8))
def test_no_length_of_the_header_looks_like_a_pickle(size):
    """The file begins with the header's length; 128, 384, 640 and so on begin with a pickle's first byte."""
    data = save({"w": torch.ones(1)}, metadata={"x": "y" * size})
    assert torch.equal(read_tensors(data, PATH)["w"], torch.ones(1))


def with_header(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def tensor(start, end, shape=(1,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


DAMAGED = {
    "empty": b"",
    "seven bytes": b"\0" * 7,
    "truncated": save(TENSORS)[:-1],
    "trailing bytes": save(TENSORS) + b"\0",
    "header of 2^62": struct.pack("<Q", 2**62) + b"{}",
    "header over 100 MB": struct.pack("<Q", 100_000_001) + b"{" + b" " * 64,
    "bad JSON": with_header(b"{nonsense"),
    "bad UTF-8": with_header(b'{"\xff": 1}'),
    "a list": with_header(b"[]"),
    "deep JSON": with_header(b"[" * 100_000),
    "overlap": with_header({"a": tensor(0, 4), "b": tensor(0, 4)}, b"\0" * 4),
    "hole": with_header({"a": tensor(0, 4), "b": tensor(8, 12)}, b"\0" * 12),
    "beyond the end": with_header({"a": tensor(0, 400)}, b"\0" * 4),
    "backwards": with_header({"a": tensor(4, 0)}, b"\0" * 4),
    "shape overflow": with_header({"a": tensor(0, 4, (2**62, 2**62))}, b"\0" * 4),
    "shape against size": with_header({"a": tensor(0, 4, (2,))}, b"\0" * 4),
    "unknown dtype": with_header({"a": tensor(0, 4, dtype="Q99")}, b"\0" * 4),
    "negative shape": with_header({"a": tensor(0, 4, (-1,))}, b"\0" * 4),
    "text": b"hello, I am a file of weights",
    "ONNX": b"\x08\x0a\x12\x07mlpspec",
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_damaged_files_are_refused_with_the_reason(kind):
    with pytest.raises(ModelFileError, match=r"model\.safetensors is not a valid safetensors file: .+"):
        read_tensors(DAMAGED[kind], PATH)


def test_a_name_that_stands_twice_is_refused():
    """The library would take the last one."""
    one = json.dumps(tensor(0, 4)).encode()
    with pytest.raises(ModelFileError, match="`a` stands twice"):
        read_tensors(with_header(b'{"a": ' + one + b', "a": ' + one + b"}", b"\0" * 4), PATH)


def zipped():
    buffer = BytesIO()
    torch.save({"a": torch.ones(3)}, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        *((pickle.dumps({"w": [1.0]}, protocol), "a pickle") for protocol in (2, 3, 4, 5)),
        (zipped(), "a zip archive"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 64, "an HDF5 file"),
    ],
)
def test_other_kinds_of_files_are_named(data, kind):
    with pytest.raises(ModelFileError, match=f"model.safetensors is {kind}.*refused") as error:
        read_tensors(data, PATH)
    assert error.value.diagnostics[0].code == "unsafe-model-file"
    with pytest.raises(ModelFileError):
        refuse_foreign(data[:16], PATH)


def test_a_real_zip_is_named():
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("weights", "1")
    with pytest.raises(ModelFileError, match="zip archive"):
        read_tensors(buffer.getvalue(), PATH)


def test_differences_are_listed_one_by_one():
    wanted = {
        "missing": torch.zeros(1),
        "shape": torch.zeros(2, 3),
        "type": torch.zeros(2),
        "nan": torch.zeros(2),
        "infinite": torch.zeros(2),
        "count": torch.tensor(1),
        "good": torch.zeros(2),
    }
    found = {
        "extra": torch.zeros(1),
        "shape": torch.zeros(3, 2),
        "type": torch.zeros(2, dtype=torch.float64),
        "nan": torch.tensor([0.0, np.nan]),
        "infinite": torch.tensor([0.0, np.inf]),
        "count": torch.tensor(3),
        "good": torch.ones(2),
    }
    messages = [finding.message for finding in differences(found, wanted, PATH)]
    assert messages == [
        "the tensor `extra` belongs to no layer of the spec",
        "the tensor `infinite` holds NaN or infinite numbers",
        "the tensor `missing` is missing",
        "the tensor `nan` holds NaN or infinite numbers",
        "the tensor `shape` is (3, 2), the spec needs (2, 3)",
        "the tensor `type` is torch.float64, the spec needs torch.float32",
    ]
    assert differences(wanted, wanted, PATH) == []
