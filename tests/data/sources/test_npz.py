from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from mlpspec.data.opening import open_table
from mlpspec.diagnostics import DataError


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def make(**arrays):
        np.savez_compressed("t.npz", **arrays)
        return open_table("t.npz")

    return make


def zipped(path, **members: bytes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return path


def npy(array, *, shape=None) -> bytes:
    """An array file; with `shape`, one whose header says something else than is there."""
    buffer = io.BytesIO()
    if shape is None:
        np.save(buffer, array)
    else:
        header = {"descr": array.dtype.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(buffer, header)
        buffer.write(array.tobytes())
    return buffer.getvalue()


def test_columns_and_arrays(table):
    images = np.arange(24, dtype=np.uint8).reshape(3, 4, 2)
    t = table(
        images=images, number=np.array([1.5, np.nan, 3], ">f4"), whole=np.arange(3), text=np.array(["a", "", "c"]),
        flag=np.array([True, False, True]),
        tall=np.ones((3, 1)), matrix=np.asfortranarray(np.arange(6.0).reshape(3, 2)),
    )  # fmt: skip
    assert t.rows == 3
    assert {name: t.column(name).kind for name in t.columns} == {
        "images": "array", "number": "number", "whole": "integer", "text": "text", "flag": "boolean", "tall": "number", "matrix": "array",
    }  # fmt: skip
    assert np.array_equal(t.column("images").array(), images)
    assert np.array_equal(t.column("matrix").array(), [[0, 1], [2, 3], [4, 5]])
    assert np.array_equal(t.column("number").numbers().values, [1.5, np.nan, 3], equal_nan=True)
    assert t.column("tall").numbers().values.tolist() == [1, 1, 1]
    assert t.column("tall").array().shape == (3, 1)
    assert t.column("text").texts().tolist() == ["a", "", "c"]
    assert t.column("flag").texts().tolist() == ["true", "false", "true"]
    assert t.place(199) == "t.npz: row 200"
    with pytest.raises(KeyError):
        t.column("other")


def test_objects_are_refused(tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], object), allow_pickle=True)
    path = zipped(tmp_path / "t.npz", x=buffer.getvalue(), y=npy(np.array([1j])))
    with pytest.raises(DataError) as error:
        open_table(path)
    assert [("Python objects" in d.message, "complex128" in d.message) for d in error.value.diagnostics] == [(True, False), (False, True)]


def test_different_numbers_of_rows(table):
    with pytest.raises(DataError, match=r"different numbers of rows: `x` 3, `y` 2"):
        table(x=np.ones(3), y=np.ones(2))
    with pytest.raises(DataError, match="`version` is a single value"):
        table(x=np.ones(3), version=1)


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    import mlpspec.data.sources.npz as npz

    monkeypatch.setattr(npz, "FREE_BYTES", 1 << 20)
    path = zipped(tmp_path / "t.npz", x=npy(np.zeros(4 << 20, np.uint8)))
    with pytest.raises(DataError, match="was not unpacked"):
        open_table(path)


@pytest.mark.parametrize("shape", [(2**40,), (2**40, 2**40), (3,), (1, 1)])
def test_a_header_that_lies_about_the_size(tmp_path, shape):
    path = zipped(tmp_path / "t.npz", x=npy(np.zeros(2), shape=shape))
    with pytest.raises(DataError, match="declares the shape"):
        open_table(path)


def test_damaged_files(tmp_path):
    path = tmp_path / "t.npz"
    np.savez(path, x=np.arange(1000))
    good = path.read_bytes()
    path.write_bytes(good[:-50])
    with pytest.raises(DataError):
        open_table(path)
    changed = bytearray(good)
    changed[500] ^= 255
    path.write_bytes(changed)
    with pytest.raises(DataError, match="damaged"):
        open_table(path).column("x")
    path.write_bytes(b"no zip at all")
    with pytest.raises(DataError, match="is not an NPZ file"):
        open_table(path)
    zipped(path, x=b"no array")
    with pytest.raises(DataError, match="cannot be read"):
        open_table(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(DataError, match=r"notes\.txt"):
        open_table(path)
    zipfile.ZipFile(path, "w").close()
    with pytest.raises(DataError, match="no columns"):
        open_table(path)


def test_needs_no_polars(tmp_path):
    np.savez(tmp_path / "t.npz", x=np.array(["1", "2"]))
    code = (
        "import sys; sys.modules['polars'] = None\n"
        "from mlpspec.data.opening import open_table\n"
        f"assert open_table({str(tmp_path / 't.npz')!r}).column('x').numbers().values.sum() == 3"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_times(tmp_path):
    np.savez(tmp_path / "t.npz", when=np.array(["1970-01-02", "NaT"], "M8[D]"))
    column = open_table(tmp_path / "t.npz").column("when")
    assert column.kind == "time"
    assert (column.seconds().values.tolist(), column.seconds().missing.tolist()) == ([86400, 0], [1])
