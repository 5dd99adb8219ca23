import hashlib
import io
import json
import os
import resource
import signal
import zipfile

import numpy as np
import pytest

from mlpspec.diagnostics import MachineError, ModelFileError, UsageError
from mlpspec.training.run_folder import SEALED, RunFolder


def reseal(folder, name, data):
    """Change a sealed file and its hash in run.json."""
    (folder / name).write_bytes(data)
    info = json.loads((folder / "run.json").read_text())
    info["files"][name] = hashlib.sha256(data).hexdigest()
    (folder / "run.json").write_text(json.dumps(info))


def test_a_new_folder_is_the_latest(tmp_path):
    first = RunFolder.create("small", tmp_path / "deep" / "runs")
    second = RunFolder.create("small", tmp_path / "deep" / "runs")
    assert first.path != second.path
    assert (first.path / "checkpoints").is_dir()
    assert (first.path.parent / "latest").resolve() == second.path.resolve()
    assert {path.name for path in first.path.parent.iterdir()} == {first.path.name, second.path.name, "latest"}


def test_two_runs_in_one_second_do_not_meet(tmp_path, monkeypatch):
    """Row R5: a name that is taken by chance is tried again."""
    from mlpspec.training import run_folder

    tokens = iter(["aaaaaa", "link01", "aaaaaa", "bbbbbb", "link02"])
    monkeypatch.setattr(run_folder.secrets, "token_hex", lambda size: next(tokens))
    monkeypatch.setattr(run_folder.time, "strftime", lambda form: "20260101-120000")
    names = [RunFolder.create("small", tmp_path).path.name for _ in range(2)]
    assert names == ["20260101-120000-aaaaaa", "20260101-120000-bbbbbb"]


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/nowhere", "n" * 300, "named"])
def test_a_place_where_no_folder_can_be(place, tmp_path):
    """Row R4. The tests may run as root, whom permissions do not stop: files stand in the way instead."""
    (tmp_path / "file").write_text("")
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / "small").write_text("")
    with pytest.raises(MachineError, match="cannot be made") as error:
        RunFolder.create("small", tmp_path / place)
    assert error.value.diagnostics[0].code == "cannot-write"
    assert "--runs" in error.value.diagnostics[0].help


@pytest.mark.parametrize("number", ["EACCES", "EROFS", "ENOSPC"])
def test_a_folder_that_the_system_refuses(tmp_path, monkeypatch, number):
    import errno
    from pathlib import Path

    def refuse(self, *_, **__):
        raise OSError(getattr(errno, number), os.strerror(getattr(errno, number)), str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(MachineError, match="cannot be made"):
        RunFolder.create("small", tmp_path / "runs")


def test_a_folder_called_latest_is_in_the_way(tmp_path):
    (tmp_path / "small" / "latest" / "x").mkdir(parents=True)
    with pytest.raises(MachineError, match="cannot be made"):
        RunFolder.create("small", tmp_path)


def test_where_links_are_not_to_be_had_latest_is_a_text_file(tmp_path, monkeypatch):
    from pathlib import Path

    def refuse(*_, **__):
        raise OSError("no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    run = RunFolder.create("small", tmp_path)
    run.write_json("run.json", {"format": 1})
    latest = tmp_path / "small" / "latest"
    assert latest.read_text() == run.path.name + "\n"
    assert RunFolder.open(latest).path == run.path
    latest.write_bytes(b"\xff\n")
    with pytest.raises(ModelFileError, match="does not name a run"):
        RunFolder.open(latest)
    latest.write_text("../../elsewhere\n")
    with pytest.raises(ModelFileError, match="no run.json"):
        RunFolder.open(latest)


def make_run(root, name, folder, written):
    path = root / name / folder
    path.mkdir(parents=True)
    (path / "run.json").write_text('{"format": 1}')
    (path / "spec.yaml").write_text("")
    os.utime(path / "spec.yaml", (written, written))
    return path


def test_the_newest_run_is_that_of_the_latest_start(tmp_path):
    make_run(tmp_path, "b", "20260101-120000-ffffff", 100)
    newest = make_run(tmp_path, "a", "20260102-120000-000000", 50)
    assert RunFolder.open(None, tmp_path).path == newest


def test_within_a_second_the_one_that_was_written_last_is_newest(tmp_path):
    make_run(tmp_path, "a", "20260101-120000-ffffff", 100.1)
    newest = make_run(tmp_path, "a", "20260101-120000-000000", 100.9)
    make_run(tmp_path, "a", "20260101-120000-eeeeee", 100.5)
    (tmp_path / "a" / "latest").symlink_to("20260101-120000-ffffff")
    assert RunFolder.open(None, tmp_path).path == newest


def test_a_started_folder_without_run_json_is_not_a_run(tmp_path):
    run = make_run(tmp_path, "a", "20260101-120000-000000", 100)
    RunFolder.create("a", tmp_path)
    assert RunFolder.open(None, tmp_path).path == run


def test_no_run_at_all(tmp_path):
    with pytest.raises(UsageError, match="there is no run in"):
        RunFolder.open(None, tmp_path / "nowhere")
    with pytest.raises(UsageError, match="there is no run folder"):
        RunFolder.open(tmp_path / "nowhere")
    with pytest.raises(ModelFileError, match="has no run.json"):
        RunFolder.open(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelFileError, match="is not a run folder"):
        RunFolder.open(tmp_path / "file")


def test_latest_leads_to_the_run_itself(tmp_path):
    run = RunFolder.create("small", tmp_path)
    run.write_json("run.json", {"format": 1})
    assert RunFolder.open(tmp_path / "small" / "latest").path == run.path.resolve()


def test_the_files_of_a_run_can_be_read(finished):
    run = RunFolder.open(finished)
    assert run.info()["status"] == "finished"
    assert list(run.preprocessing().inputs) == ["size", "colour"]
    assert [line["epoch"] for line in run.metrics()] == [1, 2, 3]
    rows = run.proof_rows()
    assert rows["size"].dtype == np.float32
    assert rows["colour"].dtype == object
    assert rows["size"].shape == rows["colour"].shape == (12, 1)
    assert run.resolved_spec().startswith("mlpspec: 1")
    assert set(run.seals()) == set(SEALED)


@pytest.mark.parametrize("name", SEALED)
def test_a_sealed_file_with_one_flipped_bit_is_refused(finished, name):
    """Row M9."""
    run = RunFolder.open(finished)
    data = bytearray((finished / name).read_bytes())
    for position in range(0, len(data), max(1, len(data) // 7)):
        damaged = bytearray(data)
        damaged[position] ^= 4
        (finished / name).write_bytes(damaged)
        with pytest.raises(ModelFileError, match="changed or damaged after the run began"):
            {"spec.resolved.yaml": run.resolved_spec, "preprocessing.json": run.preprocessing, "proof_rows.npz": run.proof_rows}[name]()


NOT_JSON = [b"", b"{", b"\xff\xfe", b"[" * 200_000, b"null", b"[]", b"5", b'"text"']


@pytest.mark.parametrize("data", NOT_JSON, ids=lambda data: str(data[:8]))
@pytest.mark.parametrize("name", ["run.json", "preprocessing.json"])
def test_json_that_is_none(finished, name, data):
    if name in SEALED:
        reseal(finished, name, data)
    else:
        (finished / name).write_bytes(data)
    run = RunFolder(finished)
    with pytest.raises(ModelFileError, match=f"{name} of the run cannot be read"):
        run.info() if name == "run.json" else run.preprocessing()


@pytest.mark.parametrize("format", [2, 0, None, "1", [1]])
def test_a_run_of_another_format_says_who_made_it(finished, format):
    """Row M4."""
    info = {"format": format, "versions": {"mlpspec": "2.3"}}
    (finished / "run.json").write_text(json.dumps(info))
    with pytest.raises(ModelFileError, match="made by mlpspec 2.3"):
        RunFolder(finished).info()


def change_preprocessing(change):
    def damage(data):
        content = json.loads(data)
        change(content)
        return json.dumps(content).encode()

    return damage


PREPROCESSING = {
    "another format": lambda c: c.update(format=2),
    "no format": lambda c: c.pop("format"),
    "no inputs": lambda c: c.pop("inputs"),
    "inputs of a wrong type": lambda c: c.update(inputs=5),
    "an input that is a list": lambda c: c.update(inputs=[[]]),
    "no program": lambda c: c["inputs"][0].pop("program"),
    "an unknown field": lambda c: c["inputs"][0].update(code="os.system"),
    "an unknown type": lambda c: c["inputs"][0].update(type="float64"),
    "an unknown operator": lambda c: c["inputs"][0]["program"]["steps"][0].update(op="eval"),
    "a step without constants": lambda c: c["inputs"][0]["program"]["steps"][0].update(constants={}),
    "constants of a wrong type": lambda c: c["inputs"][0]["program"]["steps"][0].update(constants={"values": "x"}),
    "constants of a wrong size": lambda c: c["inputs"][0]["program"]["steps"][0].update(constants={"values": [1.0, 2.0, [3.0]]}),
    "a value from nowhere": lambda c: c["inputs"][0]["program"]["steps"][0].update(inputs=["elsewhere"]),
    "no output": lambda c: c["inputs"][0]["program"].update(outputs=[]),
    "a program of no input": lambda c: c["inputs"][0]["program"].update(inputs=[]),
    "a missing answer": lambda c: c["targets"][0]["decode"].update(outputs=["elsewhere"]),
    "outputs of a wrong type": lambda c: c["targets"][0]["facts"].update(outputs="x"),
    "a wrong number of outputs": lambda c: c["targets"][0]["facts"].update(outputs=-1),
}


@pytest.mark.parametrize("kind", PREPROCESSING)
def test_preprocessing_of_another_form(finished, kind):
    """Its hash agrees: what it says is looked at all the same."""
    data = (finished / "preprocessing.json").read_bytes()
    reseal(finished, "preprocessing.json", change_preprocessing(PREPROCESSING[kind])(data))
    with pytest.raises(ModelFileError, match=r"preprocessing\.json of the run cannot be read"):
        RunFolder(finished).preprocessing()


def rewritten(change):
    """Proof rows with other arrays."""

    def damage(data):
        with np.load(io.BytesIO(data)) as file:
            arrays = {name: file[name] for name in file.files}
        change(arrays)
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    return damage


def npy(array, allow_pickle=False):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


def pickled(_):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("input size.npy", npy(np.array([[print]], object), allow_pickle=True))
    return buffer.getvalue()


def damaged_middle(data):
    middle = len(data) // 3
    return data[:middle] + bytes(byte ^ 0xFF for byte in data[middle : middle + 20]) + data[middle + 20 :]


PROOF_ROWS = {
    "empty": lambda data: b"",
    "truncated": lambda data: data[: len(data) // 2],
    "garbage": lambda data: b"garbage",
    "a damaged middle": damaged_middle,
    "a pickle": lambda data: __import__("pickle").dumps([1.0]),
    "pickled objects": pickled,
    "a single array": lambda data: npy(np.zeros(3)),
    "an input too few": rewritten(lambda arrays: arrays.pop("input size")),
    "an input too many": rewritten(lambda arrays: arrays.update({"input x": np.zeros((12, 1))})),
    "other columns": rewritten(lambda arrays: arrays.update({"input size": np.zeros((12, 2), np.float32)})),
    "another type": rewritten(lambda arrays: arrays.update({"input size": np.zeros((12, 1))})),
    "numbers for texts": rewritten(lambda arrays: arrays.update({"input colour": np.zeros((12, 1), np.float32)})),
    "other rows": rewritten(lambda arrays: arrays.update({"input size": np.zeros((11, 1), np.float32)})),
    "no axes": rewritten(lambda arrays: arrays.update({"input size": np.float32(1)})),
    "no rows": rewritten(lambda arrays: arrays.update({name: array[:0] for name, array in arrays.items()})),
}


@pytest.mark.parametrize("kind", PROOF_ROWS)
def test_proof_rows_of_another_form(finished, kind):
    reseal(finished, "proof_rows.npz", PROOF_ROWS[kind]((finished / "proof_rows.npz").read_bytes()))
    with pytest.raises(ModelFileError, match=r"proof_rows\.npz of the run cannot be read"):
        RunFolder(finished).proof_rows()


def test_proof_rows_survive_any_text(tmp_path, finished):
    run = RunFolder(finished)
    texts = np.array([["red"], [""], ["\u2060"], ["a\nb"], ["\U0001f600" * 20]], object)
    run.write_proof_rows({"size": np.arange(5, dtype=np.float32)[:, None], "colour": texts})
    reseal(finished, "proof_rows.npz", (finished / "proof_rows.npz").read_bytes())
    assert run.proof_rows()["colour"].tolist() == texts.tolist()


def test_a_line_cut_short_by_a_kill_is_left_out(finished):
    with (finished / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "train.lo')
    assert [line["epoch"] for line in RunFolder(finished).metrics()] == [1, 2, 3]


@pytest.mark.parametrize("data", [b"{\n", b"\xff\n", b'{"epoch": 1}\nnonsense\n{"epoch": 3}\n'])
def test_metrics_that_are_damaged(finished, data):
    (finished / "metrics.jsonl").write_bytes(data)
    with pytest.raises(ModelFileError, match=r"metrics\.jsonl of the run cannot be read"):
        RunFolder(finished).metrics()


def test_a_full_disk_is_said_when_a_line_is_added(finished):
    """Row R3, with a limit on the size of files in a child process: the signal that comes with it is ignored."""
    if not hasattr(os, "fork"):
        pytest.skip("needs a child process")
    run = RunFolder(finished)
    size = (finished / "metrics.jsonl").stat().st_size
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5, limits[1]))
        with pytest.raises(MachineError, match=r"cannot write .*metrics\.jsonl"):
            run.append_metrics({"epoch": 4})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert [line["epoch"] for line in run.metrics()] == [1, 2, 3]
