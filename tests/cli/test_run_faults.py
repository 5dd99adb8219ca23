"""What a damaged, foreign or stopped run, a full disk and signals come to: an exit code, a reason, and nothing half-done."""

import hashlib
import json
import os
import pickle
import shutil
import signal
import struct
import subprocess
import sys
import time
from io import BytesIO

import numpy as np
import pytest


@pytest.fixture(scope="module")
def trained(tmp_path_factory, spec_text, table_text):
    """A folder with spec.yaml, table.csv and one finished run."""
    from mlpspec.compiler import load
    from mlpspec.training.train import train

    folder = tmp_path_factory.mktemp("trained")
    (folder / "spec.yaml").write_text(spec_text)
    (folder / "table.csv").write_text(table_text)
    train(load(folder / "spec.yaml"), runs=folder / "runs")
    return folder


@pytest.fixture
def run(trained, tmp_path):
    """The finished run, for the test alone, in the folder that the command line runs in."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True, symlinks=True)
    [path] = (tmp_path / "runs" / "small").glob("2*")
    return path


def snapshot(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(cli, run, words, *, commands=("evaluate", "export")):
    """Both commands end with 5, say why, and write nothing."""
    before = snapshot(run)
    for command in commands:
        outcome = cli(command, run)
        assert outcome.code == 5, (command, outcome.err)
        assert "error[" in outcome.err
        assert words in outcome.err, (command, outcome.err)
        assert "a fault in mlpspec" not in outcome.err
        assert outcome.out == ""
    assert snapshot(run) == before


def best(run):
    return run / "checkpoints" / (run / "checkpoints" / "best").read_text().strip()


def header(content, body=b""):
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return struct.pack("<Q", len(text)) + text + body


def entry(start, end, shape=(1,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


def tensors_changed(change):
    """The weights with one change, as a valid file."""

    def damage(data):
        from safetensors.numpy import load, save

        tensors = {name: tensor.copy() for name, tensor in load(data).items()}
        change(tensors)
        return save(tensors)

    return damage


def one_nan(tensors):
    tensors["head_kind.weight"][0, 0] = np.nan


def all_infinite(tensors):
    tensors["head_kind.bias"][:] = np.inf


def torch_saved(_):
    import torch

    buffer = BytesIO()
    torch.save({"dense_1.linear.weight": torch.ones(8, 4)}, buffer)
    return buffer.getvalue()


def doubled(data):
    """The first tensor's entry stands twice in the header."""
    length = int.from_bytes(data[:8], "little")
    text = data[8 : 8 + length].decode().rstrip()
    first = json.loads(text)
    name = next(iter(first))
    return header((f'{{"{name}":{json.dumps(first[name])},' + text[1:]).encode(), data[8 + length :])


INVALID = "is not a valid safetensors file"
DAMAGE = {
    "truncated": (lambda data: data[:-3], INVALID),
    "trailing bytes": (lambda data: data + b"\0\0", INVALID),
    "zero length": (lambda data: b"", INVALID),
    "header of 2^62": (lambda data: struct.pack("<Q", 2**62) + data[8:], INVALID),
    "header over 100 MB": (lambda data: struct.pack("<Q", 100_000_001) + data[8:], INVALID),
    "bad JSON": (lambda data: header(b"{nonsense"), INVALID),
    "bad UTF-8": (lambda data: header(b'{"\xff": 1}'), INVALID),
    "deep JSON": (lambda data: header(b"[" * 100_000), INVALID),
    "overlap": (lambda data: header({"a": entry(0, 4), "b": entry(0, 4)}, b"\0" * 4), INVALID),
    "hole": (lambda data: header({"a": entry(0, 4), "b": entry(8, 12)}, b"\0" * 12), INVALID),
    "shape overflow": (lambda data: header({"a": entry(0, 4, (2**62, 2**62))}, b"\0" * 4), INVALID),
    "unknown dtype": (lambda data: header({"a": entry(0, 4, dtype="Q99")}, b"\0" * 4), INVALID),
    "text": (lambda data: b"these are my weights", INVALID),
    "a name twice": (doubled, "stands twice"),
    "pickle": (lambda data: pickle.dumps({"w": [1.0]}), "is a pickle, not safetensors; refused"),
    "old pickle": (lambda data: pickle.dumps({"w": [1.0]}, 2), "is a pickle, not safetensors; refused"),
    "torch.save": (torch_saved, "is a zip archive"),
    "HDF5": (lambda data: b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "is an HDF5 file"),
    "missing tensor": (tensors_changed(lambda t: t.pop("head_kind.bias")), "`head_kind.bias` is missing"),
    "extra tensor": (tensors_changed(lambda t: t.update(extra=np.ones(1, np.float32))), "`extra` belongs to no layer"),
    "wrong shape": (
        tensors_changed(lambda t: t.update({"head_kind.bias": np.ones(3, np.float32)})),
        "`head_kind.bias` is (3,), the spec needs (2,)",
    ),
    "wrong dtype": (tensors_changed(lambda t: t.update({"head_kind.bias": np.ones(2)})), "`head_kind.bias` is torch.float64"),
    "NaN": (tensors_changed(one_nan), "`head_kind.weight` holds NaN or infinite numbers"),
    "infinite": (tensors_changed(all_infinite), "`head_kind.bias` holds NaN or infinite numbers"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_weights(kind, run, cli):
    """Rows M1 to M4: first the file alone is changed, then its manifest too, so that only the content can tell."""
    damage, words = DAMAGE[kind]
    folder = best(run)
    file = folder / "model.safetensors"
    data = damage(file.read_bytes())
    file.write_bytes(data)
    refused(cli, run, words if "refused" in words or ("is a" in words and "`" not in words) else "changed or damaged")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["model.safetensors"] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    refused(cli, run, words)


def test_several_wrong_tensors_are_listed_together(run, cli):
    folder = best(run)
    data = tensors_changed(lambda t: (t.pop("head_kind.bias"), t.update(extra=np.ones(1, np.float32))))(
        (folder / "model.safetensors").read_bytes()
    )
    (folder / "model.safetensors").write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["model.safetensors"] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    outcome = cli("evaluate", run)
    assert outcome.code == 5
    assert "2 errors" in outcome.err


@pytest.mark.parametrize("name", ["model.safetensors", "state.json", "manifest.json"])
def test_one_flipped_bit_anywhere_in_a_checkpoint(name, run, cli):
    """Row M9."""
    file = best(run) / name
    data = file.read_bytes()
    for number in range(12):
        damaged = bytearray(data)
        damaged[number * (len(data) - 1) // 11] ^= 1 << number % 8
        file.write_bytes(damaged)
        refused(cli, run, "checkpoint", commands=("evaluate", "export")[number % 2 : number % 2 + 1])


@pytest.mark.parametrize("name", ["spec.resolved.yaml", "preprocessing.json", "proof_rows.npz"])
def test_one_flipped_bit_in_a_file_of_the_run(name, run, cli):
    file = run / name
    data = file.read_bytes()
    for number in range(6):
        damaged = bytearray(data)
        damaged[number * (len(data) - 1) // 5] ^= 1 << number
        file.write_bytes(damaged)
        refused(cli, run, f"{name} of the run cannot be read", commands=("export",))


def other_weights(trained, run):
    """The checkpoints of a run of the same network on other data."""
    from mlpspec.compiler import load
    from mlpspec.training.train import train

    table = (trained / "table.csv").read_text().replace(".5,", ".75,")
    (run.parents[2] / "table.csv").write_text(table)
    other = train(load(run.parents[2] / "spec.yaml"), runs=run.parents[2] / "others").folder.path
    shutil.rmtree(run / "checkpoints")
    shutil.copytree(other / "checkpoints", run / "checkpoints")


CHANGES = {
    "no checkpoints": (lambda run: shutil.rmtree(run / "checkpoints"), "has no `best` checkpoint"),
    "no manifest": (lambda run: (best(run) / "manifest.json").unlink(), "has no valid manifest"),
    "no weights": (lambda run: (best(run) / "model.safetensors").unlink(), "model.safetensors was changed or damaged"),
    "an empty pointer": (lambda run: (run / "checkpoints" / "best").write_text(""), "does not name a checkpoint"),
    "a pointer to elsewhere": (lambda run: (run / "checkpoints" / "best").write_text("best-/../../../x"), "does not name a checkpoint"),
    "a folder that is gone": (lambda run: shutil.rmtree(best(run)), "has no valid manifest"),
    "no run.json": (lambda run: (run / "run.json").unlink(), "has no run.json"),
    "run.json cut short": (lambda run: (run / "run.json").write_text('{"format": 1,'), "run.json of the run cannot be read"),
    "run.json a list": (lambda run: (run / "run.json").write_text("[]"), "run.json of the run cannot be read"),
    "run.json very deep": (lambda run: (run / "run.json").write_text("[" * 100_000), "run.json of the run cannot be read"),
    "a newer format": (lambda run: edit_info(run, format=2, versions={"mlpspec": "2.3"}), "made by mlpspec 2.3"),
    "no spec": (lambda run: (run / "spec.resolved.yaml").unlink(), "spec.resolved.yaml of the run cannot be read"),
    "an invalid spec": (lambda run: unsealed(run, "spec.resolved.yaml", b"mlpspec: 1\n"), "inputs"),
    "a spec that names code": (
        lambda run: unsealed(run, "spec.resolved.yaml", b"mlpspec: 1\nmodel: !!python/object/apply:os.system [id]\n"),
        "tag",
    ),
    "no preprocessing": (lambda run: (run / "preprocessing.json").unlink(), "preprocessing.json of the run cannot be read"),
    "preprocessing cut short": (lambda run: unsealed(run, "preprocessing.json", b"{"), "preprocessing.json of the run cannot be read"),
    "preprocessing empty": (lambda run: unsealed(run, "preprocessing.json", b"{}"), "preprocessing.json of the run cannot be read"),
}


def edit_info(run, **changes):
    info = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**info, **changes}))


def unsealed(run, name, data):
    (run / name).write_bytes(data)
    edit_info(run, files={})


@pytest.mark.parametrize("kind", CHANGES)
def test_damaged_runs(kind, run, cli):
    change, words = CHANGES[kind]
    change(run)
    refused(cli, run, words)


@pytest.mark.parametrize("data", [b"", b"garbage", b"PK\x03\x04garbage", pickle.dumps([1])], ids=["empty", "garbage", "zip", "pickle"])
def test_damaged_proof_rows(data, run, cli):
    unsealed(run, "proof_rows.npz", data)
    refused(cli, run, "proof_rows.npz of the run cannot be read", commands=("export",))


def test_another_runs_weights(trained, run, cli):
    """Row M4: the same network, other data."""
    other_weights(trained, run)
    refused(cli, run, "belongs to another run")


def test_weights_of_another_network(run, cli, tmp_path):
    assert cli("train", "spec.yaml", "--set", "model.0.dense.units=9", "--runs", "others").code == 0
    [other] = (tmp_path / "others" / "small").glob("2*")
    shutil.rmtree(run / "checkpoints")
    shutil.copytree(other / "checkpoints", run / "checkpoints")
    refused(cli, run, "the spec needs")


def test_a_run_that_is_none(cli, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    for command in ("evaluate", "export"):
        assert cli(command).code == 2
        assert cli(command, "nowhere").code == 2
        assert cli(command, "folder").code == 5
        assert cli(command, "file").code == 5


# where nothing can be written


@pytest.mark.parametrize("runs", ["file", "file/below", "/proc/nowhere", "n" * 300])
def test_a_place_where_no_run_can_be(runs, run, cli, tmp_path):
    """Row R4: before any training."""
    (tmp_path / "file").write_text("x")
    before = snapshot(tmp_path)
    outcome = cli("train", "spec.yaml", "--runs", runs)
    assert outcome.code == 6
    assert "[cannot-write]" in outcome.err
    assert "training on" not in outcome.err
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("target", ["nowhere/model.onnx", "folder", "/proc/model.onnx"])
def test_a_place_where_no_model_can_be(target, run, cli, tmp_path):
    (tmp_path / "folder").mkdir()
    before = snapshot(tmp_path)
    outcome = cli("export", run, "-o", target)
    assert outcome.code == 6
    assert "[cannot-write]" in outcome.err
    assert snapshot(tmp_path) == before


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from mlpspec.cli.main import run
run(sys.argv[2:])
"""


def limited(size, *arguments, cwd):
    """The command line with a limit on the size of files: what a full disk looks like."""
    command = [sys.executable, "-c", LIMITED, str(size), *arguments]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cwd / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("size", [40_000, 6_000])
def test_a_full_disk_while_training(size, run, cli, tmp_path):
    """Row R3: weights of 270 kB on a disk with 40 kB; and one so full that not even the preparations fit. What was there stays."""
    before = snapshot(run)
    done = limited(size, "train", "spec.yaml", "--set", "model.0.dense.units=256", "--set", "model.0.dense.repeat=2", cwd=tmp_path)
    assert done.returncode == 6, done.stderr
    assert "disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert snapshot(run) == before
    assert not list(tmp_path.rglob("*.tmp"))
    [new] = [path for path in (tmp_path / "runs" / "small").glob("2*") if path != run]
    assert not list(new.rglob("*.safetensors"))


def test_a_full_disk_while_exporting(run, cli, tmp_path):
    (run / "model.onnx").write_bytes(b"an older model")
    before = snapshot(tmp_path)
    done = limited(3_000, "export", run, cwd=tmp_path)
    assert done.returncode == 6, done.stderr
    assert "disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    after = {path: data for path, data in snapshot(tmp_path).items() if path.parts[0] != "cache"}
    assert after == before


# signals


def start(folder, *settings, code=""):
    """`mlpspec train` as a process of its own, on its way: an epoch is recorded."""
    arguments = ["train", "spec.yaml", "--runs", "stopped", *(part for setting in settings for part in ("--set", setting))]
    program = f"{code}\nfrom mlpspec.cli.main import run\nrun({arguments!r})\n"
    process = subprocess.Popen([sys.executable, "-c", program], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(folder.glob("stopped/small/2*/metrics.jsonl")):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 75)], ids=["ctrl-c", "sigterm"])
def test_a_signal_stops_after_saving(number, code, run, cli, tmp_path):
    """Row R2."""
    process = start(tmp_path, "training.epochs=1000000")
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == code, err
    assert "stopped after" in err
    assert "--resume" in err
    assert "Traceback" not in err
    assert out == ""
    [stopped] = tmp_path.glob("stopped/small/2*")
    assert json.loads((stopped / "run.json").read_text())["status"] == "stopped"
    assert {"best", "last"} <= {path.name for path in (stopped / "checkpoints").iterdir()}
    exported = cli("export", stopped, "-o", "stopped.onnx")
    assert exported.code == 0, exported.err
    assert (tmp_path / "stopped.onnx").exists()
    assert cli("evaluate", stopped).code == 0


SLOW_SAVING = """
import sys, time
from mlpspec.training.checkpoints import Checkpoints
def slow(*arguments, **options):
    print("saving", file=sys.stderr, flush=True)
    time.sleep(60)
Checkpoints.save = slow
"""


def test_a_second_ctrl_c_ends_at_once(run, tmp_path):
    """Row R2, with a disk that takes a minute to save."""
    process = start(tmp_path, "training.epochs=1000000", code=SLOW_SAVING)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    for line in process.stderr:
        if line == "saving\n":
            break
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 10
    assert process.returncode == 130, err
    assert "Traceback" not in err


def test_a_gpu_asked_for_by_name_is_needed(run, cli, monkeypatch, tmp_path):
    """Row R6."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    before = snapshot(tmp_path)
    outcome = cli("train", "spec.yaml", "--set", "training.device=cuda")
    assert outcome.code == 6
    assert "[no-gpu]" in outcome.err
    assert "training.device=cpu" in outcome.err
    assert snapshot(tmp_path) == before
