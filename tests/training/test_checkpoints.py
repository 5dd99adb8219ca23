import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys

import pytest
import torch
from torch import nn

from mlpspec.diagnostics import CheckError, MachineError, ModelFileError
from mlpspec.training.checkpoints import Checkpoints


def network(value=0.0, units=3):
    module = nn.Linear(2, units)
    nn.init.constant_(module.weight, value)
    nn.init.constant_(module.bias, value)
    return module


def state(epoch, step=0):
    return {"epoch": epoch, "step": step, "best_epoch": epoch}


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints", "me")


def save(checkpoints, pointer, epoch, value, step=0, step_state=None):
    return checkpoints.save(pointer, network(value).state_dict(), state(epoch, step), step_state)


def test_a_checkpoint_is_a_folder_with_a_manifest(checkpoints):
    folder = save(checkpoints, "last", 12, 0.5, step=7, step_state={"step": torch.tensor(3.0)})
    assert folder.name == "last-000012-000007"
    assert {file.name for file in folder.iterdir()} == {"model.safetensors", "step.safetensors", "state.json", "manifest.json"}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["owner"] == "me"
    for name, entry in manifest["files"].items():
        data = (folder / name).read_bytes()
        assert entry == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert (checkpoints.folder / "last").read_text() == "last-000012-000007\n"


def test_weights_state_and_step_come_back(checkpoints):
    save(checkpoints, "best", 2, 0.5)
    save(checkpoints, "last", 3, 0.75, step=1, step_state={"momentum": torch.ones(2)})
    module = network()
    assert checkpoints.load_weights(module, "best") == state(2)
    assert torch.equal(module.weight, torch.full((3, 2), 0.5))
    assert checkpoints.load_weights(module, "last") == state(3, 1)
    assert torch.equal(module.weight, torch.full((3, 2), 0.75))
    assert torch.equal(checkpoints.load_step_state("last")["momentum"], torch.ones(2))
    with pytest.raises(ModelFileError, match=r"has no step\.safetensors"):
        checkpoints.load_step_state("best")


def test_only_named_checkpoints_stay(checkpoints):
    save(checkpoints, "best", 1, 0.1)
    for epoch in range(1, 6):
        save(checkpoints, "last", epoch, 0.2 * epoch)
    (checkpoints.folder / ".last-000099-000000").mkdir()  # left behind by a process that was killed
    save(checkpoints, "last", 6, 0.9)
    assert {item.name for item in checkpoints.folder.iterdir()} == {"best", "last", "best-000001-000000", "last-000006-000000"}


def test_so_many_of_the_newest_stay(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=3)
    save(checkpoints, "best", 2, 0.1)
    for epoch, step in ((1, 0), (2, 7), (9, 0), (10, 2), (10, 5)):
        save(checkpoints, "last", epoch, 0.01 * epoch, step)
    assert {folder.name for folder in tmp_path.glob("last-*")} == {"last-000009-000000", "last-000010-000002", "last-000010-000005"}
    assert (tmp_path / "best-000002-000000").is_dir()


def test_where_the_last_one_is_damaged_an_older_one_serves(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=3)
    for epoch in (1, 2, 3):
        save(checkpoints, "last", epoch, 0.1 * epoch)
    assert checkpoints.mend("last") is None
    (tmp_path / "last-000003-000000" / "model.safetensors").write_bytes(b"")
    (tmp_path / "last-000002-000000" / "manifest.json").unlink()
    assert checkpoints.mend("last") == "last-000001-000000"
    assert checkpoints.load_weights(network(), "last")["epoch"] == 1
    save(checkpoints, "last", 2, 0.2)
    assert {folder.name for folder in tmp_path.glob("last-*")} == {"last-000001-000000", "last-000002-000000"}


def test_where_nothing_older_is_whole_the_damage_is_said(checkpoints):
    folder = save(checkpoints, "last", 3, 0.1)
    (folder / "model.safetensors").write_bytes(b"")
    assert checkpoints.mend("last") is None
    with pytest.raises(ModelFileError, match=r"model\.safetensors was changed or damaged"):
        checkpoints.load_weights(network(), "last")


def test_a_checkpoint_that_no_pointer_names_yet_is_taken_over(checkpoints):
    """Killed between the folder and its pointer, and back at the same position after going on."""
    save(checkpoints, "last", 1, 0.1)
    shutil.copytree(checkpoints.folder / "last-000001-000000", checkpoints.folder / "last-000002-000000")
    save(checkpoints, "last", 2, 0.1)
    assert (checkpoints.folder / "last").read_text() == "last-000002-000000\n"
    assert not (checkpoints.folder / "last-000001-000000").exists()


def test_a_damaged_folder_in_the_way_is_replaced(checkpoints):
    folder = save(checkpoints, "last", 1, 0.1)
    (folder / "model.safetensors").write_bytes(b"")
    save(checkpoints, "last", 1, 0.3)
    module = network()
    checkpoints.load_weights(module, "last")
    assert torch.equal(module.bias, torch.full((3,), 0.3))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_not_written(checkpoints, value):
    save(checkpoints, "last", 1, 0.1)
    with pytest.raises(CheckError, match="the weight `weight` became NaN or infinite"):
        save(checkpoints, "last", 2, value)
    assert checkpoints.load_weights(network(), "last")["epoch"] == 1


def test_a_failure_leaves_the_old_checkpoint_and_nothing_else(checkpoints, monkeypatch):
    save(checkpoints, "last", 1, 0.1)
    before = sorted(path for path in checkpoints.folder.rglob("*"))

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MachineError, match="disk is full"):
        save(checkpoints, "last", 2, 0.2)
    monkeypatch.undo()
    assert sorted(path for path in checkpoints.folder.rglob("*")) == before
    assert checkpoints.load_weights(network(), "last")["epoch"] == 1


def test_a_folder_that_cannot_be_made_is_a_fault_of_the_machine(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be written"):
        save(Checkpoints(tmp_path / "file"), "last", 1, 0.1)


def test_another_owners_checkpoint_is_refused(checkpoints):
    save(checkpoints, "best", 1, 0.1)
    with pytest.raises(ModelFileError, match="belongs to another run"):
        Checkpoints(checkpoints.folder, "you").load_weights(network())


def test_another_networks_weights_are_refused(checkpoints):
    save(checkpoints, "best", 1, 0.1)
    with pytest.raises(ModelFileError) as error:
        checkpoints.load_weights(network(units=4))
    assert len(error.value.diagnostics) == 2


def test_refused_weights_leave_the_module_as_it_was(checkpoints):
    folder = save(checkpoints, "best", 1, 0.1)
    reseal(folder, "state.json", b"[]")
    module = network(0.7)
    with pytest.raises(ModelFileError, match=r"state\.json is not a training position"):
        checkpoints.load_weights(module)
    assert torch.equal(module.bias, torch.full((3,), 0.7))


@pytest.mark.parametrize("content", ["", "../elsewhere", "best-1/../x", "last-000001-000000", "best-000009-000000", "\udcff"])
def test_a_pointer_that_names_no_checkpoint(checkpoints, content):
    save(checkpoints, "best", 1, 0.1)
    (checkpoints.folder / "best").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelFileError):
        checkpoints.load_weights(network())


@pytest.mark.parametrize(
    "manifest",
    [
        None,
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"owner": "me"}',
        b'{"owner": "me", "files": []}',
        b'{"owner": "me", "files": {}}',
        b'{"owner": "me", "files": {"model.safetensors": 5}}',
        b'{"owner": "me", "files": {"model.safetensors": {"bytes": "x", "sha256": ""}}}',
        b'{"owner": "me", "files": {"../../secret": {"bytes": 3, "sha256": ""}}}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_a_manifest_that_is_none(checkpoints, manifest):
    folder = save(checkpoints, "best", 1, 0.1)
    if manifest is None:
        (folder / "manifest.json").unlink()
    else:
        (folder / "manifest.json").write_bytes(manifest)
    with pytest.raises(ModelFileError):
        checkpoints.load_weights(network())


def reseal(folder, name, data):
    """Change a file and its entry in the manifest."""
    (folder / name).write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("data", [b"", b"{", b"5", b"{}", b'{"epoch": "x", "step": 0}', b"[" * 100_000, b"\xff"])
def test_a_state_that_is_none(checkpoints, data):
    folder = save(checkpoints, "best", 1, 0.1)
    reseal(folder, "state.json", data)
    with pytest.raises(ModelFileError, match=r"state\.json"):
        checkpoints.load_weights(network())


KILLED = """
import os, signal, sys, time, torch
from pathlib import Path
from torch import nn
from mlpspec.training.checkpoints import Checkpoints

checkpoints = Checkpoints(Path(sys.argv[1]), "me")

def save_for_ever():
    for epoch in range(1_000_000):
        weights = {"weight": torch.full((300, 200), float(epoch)), "bias": torch.full((300,), float(epoch))}
        checkpoints.save("last", weights, {"epoch": epoch, "step": 0})
        if epoch % 3 == 0:
            checkpoints.save("best", weights, {"epoch": epoch, "step": 0})

loaded = 0
for round in range(40):
    child = os.fork()
    if child == 0:
        save_for_ever()
    while not (checkpoints.has("last") and checkpoints.has("best")):
        time.sleep(0.001)  # only in the first round, however slow the machine is
    time.sleep(0.005 + 0.0007 * round)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    for pointer in ("last", "best"):
        if checkpoints.has(pointer):
            module = nn.Linear(200, 300)
            epoch = checkpoints.load_weights(module, pointer)["epoch"]
            assert torch.equal(module.bias.detach(), torch.full((300,), float(epoch)))
            loaded += 1
print(loaded)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")
def test_a_process_killed_at_any_moment_leaves_checkpoints_that_load(tmp_path):
    """Row R1: kill -9 in the middle of a loop that saves, 40 times over; then both checkpoints are whole and agree with their names."""
    command = [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)]
    done = subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 80
