"""Damaged, foreign and hostile model files: each is refused in words or works; none crashes, and none reads another file."""

from __future__ import annotations

import io
import json
import pickle
import random
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from mlpspec.diagnostics import ModelFileError
from mlpspec.runtime.model_file import model_from_bytes
from mlpspec.seal import ANNOUNCEMENT, KIND, seal

SCRIPT = Path(__file__).with_name("damaged.py")
ACCEPTED = {"worked", "ModelFileError", "DataError"}  # DataError: a flipped bit in the name of a column

LONGEST = 300
"""Seconds after which something hangs."""


def check_all(folder: Path, *commands: str) -> list[dict[str, Any]]:
    """How each file of a folder ended, after checks that hold for all: no crash, no internal error, no file left or changed."""
    place = folder.with_name(f"{folder.name}-checked")
    (place / "answers").mkdir(parents=True)
    data = place / "rows.csv"
    data.write_text("width,height,island\n1,2.5,Dream\nNA,3,Mars\n")
    before = contents(folder)
    command = [sys.executable, str(SCRIPT), str(folder), str(data), str(place / "answers"), *commands]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"crashed after {found[-1:]}: {done.stderr[-500:]}"
    assert done.stderr == ""
    assert sorted(one["file"] for one in found) == sorted(before)
    assert contents(folder) == before
    assert sorted(path.name for path in place.iterdir()) == ["answers", "rows.csv"]
    for one in found:
        assert not one["left"], one
        assert {code for code, _ in one["endings"].values()} <= {0, 4, 5}, one
    return found


def outcomes(folder: Path) -> dict[str, str]:
    """How each file of a folder ended; commands end as Python does."""
    found = check_all(folder, "inspect", "predict")
    for one in found:
        codes = {command: code for command, (code, _) in one["endings"].items()}
        assert codes["inspect"] != 4, one
        assert (5 in codes.values()) == (one["outcome"] == "ModelFileError"), one
    return {one["file"]: one["outcome"] for one in found}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def damage(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    kind = dice.choice(["flip", "flip", "flip", "truncate", "overwrite", "cut", "insert"])
    place = dice.randrange(len(data))
    if kind == "flip":
        for _ in range(dice.choice([1, 1, 3])):
            changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    elif kind == "truncate":
        del changed[place:]
    elif kind == "overwrite":
        changed[place : place + 8] = dice.randbytes(8)
    elif kind == "cut":
        del changed[place : place + dice.randrange(1, 40)]
    else:
        changed[place:place] = dice.randbytes(dice.randrange(1, 40))
    return bytes(changed)


def test_two_hundred_damaged_files(mixed, tmp_path):
    dice = random.Random(20)
    for number in range(200):
        (tmp_path / f"{number:03d}.onnx").write_bytes(damage(mixed, dice))
    (tmp_path / "sound.onnx").write_bytes(mixed)
    found = outcomes(tmp_path)
    assert found.pop("sound.onnx") == "worked"
    assert set(found.values()) <= ACCEPTED
    assert list(found.values()).count("ModelFileError") > 100


def sealed(make, **versions) -> bytes:
    return seal(
        make.model_bytes(make.mixed_graph(), {ANNOUNCEMENT: KIND, **make.card([make.SIZE, make.ISLAND], [make.SPECIES_TARGET])}, **versions)
    )


OUTSIDE = [
    {"location": place, **rest}
    for place in (
        "../secret",
        "/etc/passwd",
        "weights.bin",
        "nowhere",
        "*/_ORT_MEM_ADDR_/*",
        "",
        "file:///etc/passwd",
        "~/weights",
        "a\0b",
        ".",
    )
    for rest in ({}, {"offset": "-8"}, {"length": "99999999999999999999"})
]

VERSIONS = [{"ir_version": version} for version in (0, 11_000, 99, 2**31, 2**62)] + [
    {"opset": version} for version in (99, 0, -1, 10**9, 2**62)
]


def test_every_command_refuses_two_hundred_damaged_files(mixed, make, tmp_path):
    """Whatever is wrong with a file that was exported: code 5 and a reason from every command that opens one."""
    whole, dice = sealed(make), random.Random(20)
    files = {f"damaged{number}": damage(whole, dice) for number in range(150)}
    files |= {f"outside{number}": with_outside_weights(mixed, **entries) for number, entries in enumerate(OUTSIDE)}
    files |= {f"version{number}": sealed(make, **version) for number, version in enumerate(VERSIONS)}
    files |= {f"pickle{protocol}": pickle.dumps({"weights": [1.0] * 20}, protocol) for protocol in range(6)}
    files |= {f"torch{size}": zipped({"archive/data.pkl": bytes(size), "archive/version": b"3"}) for size in (0, 1, 1000, 100_000)}
    assert len(files) >= 200
    assert whole not in files.values()
    for name, data in files.items():
        (tmp_path / f"{name}.onnx").write_bytes(data)
    for one in check_all(tmp_path, "inspect", "predict", "benchmark", "serve"):
        assert one["outcome"] == "ModelFileError", one
        for code, reason in one["endings"].values():
            assert code == 5, one
            assert reason.startswith(("error[invalid-model-file]: ", "error[unsafe-model-file]: ")), one


def test_no_bit_of_a_sealed_file_can_be_flipped(make):
    whole = sealed(make)
    model_from_bytes(whole)
    for bit in range(0, 8 * len(whole), 3):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ModelFileError):
            model_from_bytes(bytes(changed))


def with_outside_weights(data: bytes, **entries: str) -> bytes:
    """The model with its weights moved out of the file."""
    model = onnx.load_model_from_string(data)
    weights = next(tensor for tensor in model.graph.initializer if tensor.name == "weights")
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        entry = weights.external_data.add()
        entry.key, entry.value = key, value
    return model.SerializeToString()


@pytest.mark.parametrize(
    "kind", ["parent", "absolute", "beside", "symlink", "hard link", "missing", "short", "negative", "memory", "no place"]
)
def test_weights_outside_the_file_are_never_read(mixed, make, tmp_path, monkeypatch, kind):
    folder = tmp_path / "models"
    folder.mkdir()
    secret = tmp_path / "secret"
    secret.write_bytes(np.ones((5, 3), np.float32).tobytes())
    (folder / "beside").write_bytes(secret.read_bytes())
    (folder / "symlink").symlink_to(secret)
    (folder / "hard").hardlink_to(secret)
    (folder / "short").write_bytes(b"1234")
    entries = {
        "parent": {"location": "../secret"},
        "absolute": {"location": str(secret)},
        "beside": {"location": "beside"},
        "symlink": {"location": "symlink"},
        "hard link": {"location": "hard"},
        "missing": {"location": "nowhere"},
        "short": {"location": "short"},
        "negative": {"location": "beside", "offset": "-8"},
        "memory": {"location": "*/_ORT_MEM_ADDR_/*", "offset": "4096", "length": "60"},
        "no place": {},
    }[kind]
    models = tmp_path / "run"
    models.mkdir()
    (models / "m.onnx").write_bytes(with_outside_weights(mixed, **entries))
    monkeypatch.chdir(folder)  # where ONNX Runtime would look for the weights of a model given as bytes
    assert outcomes(models) == {"m.onnx": "ModelFileError"}


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip archive, which is what torch.save writes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def test_foreign_and_hostile_files(mixed, make, tmp_path):
    class Trap:
        def __reduce__(self):
            return (print, ("executed",))

    def graph(kind, domain="", **attributes):
        return make.small_graph(
            [make.raw("x", make.FLOAT, 1)],
            [make.raw("y", make.FLOAT, 1)],
            [helper.make_node(kind, ["x"], ["y"], domain=domain, **attributes)],
        )

    card = make.card([{"name": "x", "columns": ["x"]}], [{"name": "y"}])
    endless = make.small_graph(
        [make.raw("x", make.FLOAT, 1)],
        [make.raw("y", make.FLOAT, 1)],
        [helper.make_node("Add", ["x", "y"], ["z"]), helper.make_node("Relu", ["z"], ["y"])],
    )
    files = {
        "pickle": pickle.dumps(Trap()),
        "torch_file": zipped({"archive/data.pkl": pickle.dumps(Trap()), "archive/version": b"3"}),
        "safetensors": (2).to_bytes(8, "little") + b"{}",
        "html": b"<!doctype html><html></html>",
        "truncated_half": mixed[: len(mixed) // 2],
        "truncated_last": mixed[:-1],
        "twice": mixed + mixed,
        "ir_zero": make.model_bytes(make.mixed_graph(), {}, ir_version=0),
        "ir_huge": make.model_bytes(make.mixed_graph(), {}, ir_version=2**31),
        "opset_negative": make.model_bytes(graph("Relu"), card, opset=-1),
        "opset_huge": make.model_bytes(graph("Relu"), card, opset=2**62),
        "old_pickle": pickle.dumps(Trap(), 0),
        "empty": b"",
        "zeros": b"\0" * 1000,
        "noise": random.Random(1).randbytes(5000),
        "ir": make.model_bytes(make.mixed_graph(), {}, ir_version=99),
        "opset": make.model_bytes(make.mixed_graph(), {}, opset=99),
        "opset_zero": make.model_bytes(graph("Relu"), card, opset=0),
        "unknown": make.model_bytes(graph("Nonsense"), card),
        "domain": make.model_bytes(graph("Relu", "evil"), card, domains=["evil"]),
        "attribute": make.model_bytes(graph("Elu", nonsense=1.0), card),
        "cycle": make.model_bytes(endless, card),
        "no_card": make.model_bytes(graph("Relu"), {}),
        "card_of_another": make.model_bytes(make.mixed_graph(), card),
        "deep_card": make.model_bytes(graph("Relu"), {"mlpspec.model": "[" * 100_000}),
    }
    for name, data in files.items():
        (tmp_path / f"{name}.onnx").write_bytes(data)
    found = outcomes(tmp_path)
    assert set(found.values()) == {"ModelFileError"}, found
