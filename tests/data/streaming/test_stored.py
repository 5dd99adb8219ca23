from __future__ import annotations

import json
import os
import sys

import numpy as np
import pytest

from mlpspec.data.encode import EncodedRows
from mlpspec.data.streaming.stored import RowsWriter, StoredRows
from mlpspec.diagnostics import DataError, MachineError


def rows(start, end):
    numbers = np.arange(start, end)
    return EncodedRows(
        {"x": np.stack([numbers, -numbers], 1).astype(np.float32), "image": np.ones((end - start, 2, 3), np.float32)}, {"y": numbers}
    )


@pytest.fixture
def stored(tmp_path):
    with RowsWriter(tmp_path / "train") as writer:
        for start, end in ((0, 10), (10, 11), (11, 50)):
            writer.write(rows(start, end), end - start)
    return StoredRows.from_json(json.loads(json.dumps(writer.stored().to_json())), tmp_path / "train")


def test_rows_as_they_were_written(stored):
    assert (stored.rows, stored.row_bytes) == (50, 8 + 24 + 8)
    assert all(array.is_whole for array in stored.arrays)
    whole = rows(0, 50)
    for name, array in whole.inputs.items():
        assert (stored.inputs[name].mapped() == array).all()
        assert stored.inputs[name].dtype == array.dtype
    assert (stored.targets["y"].mapped() == whole.targets["y"]).all()


def test_stretches_are_read_one_behind_another(stored):
    memory = np.empty((7, 2), np.float32)
    stored.inputs["x"].read_into(memory, [(40, 43), (0, 1), (9, 12)])
    assert memory[:, 0].tolist() == [40, 41, 42, 0, 9, 10, 11]
    part = np.zeros(10, np.int64)
    stored.targets["y"].read_into(part[4:6], [(20, 22)])
    assert part.tolist() == [0, 0, 0, 0, 20, 21, 0, 0, 0, 0]


def test_a_file_that_ends_too_early(stored):
    path = stored.targets["y"].path
    path.write_bytes(path.read_bytes()[:-8])
    assert not stored.targets["y"].is_whole
    with pytest.raises(DataError, match="ends too early"):
        stored.targets["y"].read_into(np.empty(10, np.int64), [(40, 50)])


def test_an_array_without_rows(tmp_path):
    with RowsWriter(tmp_path / "test") as writer:
        writer.write(rows(0, 0), 0)
    [image] = [array for name, array in writer.stored().inputs.items() if name == "image"]
    assert image.mapped().shape == (0, 2, 3)
    assert image.is_whole
    image.read_into(np.empty((0, 2, 3), np.float32), [])


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes")
def test_a_full_disk(tmp_path):
    """A limit on the size of files fails as a full disk does."""
    import subprocess

    program = (
        "import resource, signal, sys\n"
        "import numpy as np\n"
        "from pathlib import Path\n"
        "from mlpspec.data.encode import EncodedRows\n"
        "from mlpspec.data.streaming.stored import RowsWriter\n"
        "from mlpspec.diagnostics import MachineError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    with RowsWriter(Path(sys.argv[1])) as writer:\n"
        "        writer.write(EncodedRows({'x': np.zeros((1000, 1), np.float32)}, {}), 1000)\n"
        "except MachineError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "train")], capture_output=True, text=True, env=dict(os.environ))
    assert "disk is full" in done.stdout, done.stderr


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "train").write_text("a file")
    with pytest.raises(MachineError, match="cannot write"):
        RowsWriter(tmp_path / "train").write(rows(0, 1), 1)
