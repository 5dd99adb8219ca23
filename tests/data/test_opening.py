from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlpspec.data.opening import open_table, shown
from mlpspec.diagnostics import DataError, MachineError


def problem(path, **options):
    with pytest.raises(DataError) as error:
        open_table(path, **options)
    [found] = error.value.diagnostics
    return found


def test_files_that_are_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert problem("none.csv").message == "there is no file `none.csv`"
    Path("folder.csv").mkdir()
    assert problem("folder.csv").message == "the folder `folder.csv` holds no data files"
    Path("empty.csv").touch()
    assert problem("empty.csv").message == "`empty.csv` is empty"
    os.mkfifo("pipe.csv")
    assert problem("pipe.csv").message == "`pipe.csv` is not a file"


def test_the_format_follows_the_suffix_or_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.data").write_text("x,y\n1,2\n")
    assert "no suffix that tells its format" in problem("a.data").message
    assert open_table("a.data", format="csv").columns == ("x", "y")
    assert "not an NPZ file" in problem("a.data", format="npz").message


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("x\n1\n")
    monkeypatch.setattr(Path, "open", lambda self, mode: (_ for _ in ()).throw(PermissionError(13, "denied")))
    with pytest.raises(MachineError, match="permission denied"):
        open_table(path)


def test_paths_are_shown_from_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "data" / "a.csv") == str(Path("data", "a.csv"))
    assert shown(tmp_path.parent / "a.csv") == str(tmp_path.parent / "a.csv")
