"""A model file: its bytes, known to be an ONNX model that keeps everything inside itself."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field

from mlpspec.diagnostics import MachineError, ModelFileError, UsageError
from mlpspec.runtime.onnx_header import MalformedMessage, OnnxHeader, read_header
from mlpspec.seal import ANNOUNCEMENT, CHECKSUM, broken_seal

MAX_BYTES = 2**31 - 1
"""A protocol buffer message, and with it a self-contained ONNX file, is at most 2 GiB (https://protobuf.dev/programming-guides/proto-limits/)."""

MAX_VERSION = 2**31 - 1

_COPY_AGAIN = "copy or download it again, or export the model again"

_PICKLE = "a pickle, which can run code when it is read"

_KINDS = (
    (b"PK\x03\x04", "a zip archive (PyTorch, Keras, NumPy .npz and Office files are such)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (older Keras models are such)"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x1f\x8b", "compressed with gzip: unpack it"),
    (b"GGUF", "a GGUF file"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"version https://git-lfs", "a Git LFS pointer: fetch the file itself with `git lfs pull`"),
)


@dataclass(frozen=True)
class ModelFile:
    """An ONNX model in memory. `name` is how messages call it; `header` is what its bytes say of versions and operators."""

    name: str
    data: bytes = field(repr=False)
    header: OnnxHeader = field(repr=False)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file, in hexadecimal."""
        import hashlib  # which takes longer to import than a small model to open

        return hashlib.sha256(self.data).hexdigest()


def read_model_file(path: str | os.PathLike[str]) -> ModelFile:
    """Read a model file, once.

    Raises:
        UsageError: when there is no such file, or it is a folder or a device.
        MachineError: when it may not be read.
        ModelFileError: when it is no ONNX model, is damaged, or keeps data outside itself.
    """
    name = str(path)
    try:
        mode = os.stat(path)  # noqa: PTH116  # any path-like
        if stat.S_ISDIR(mode.st_mode):
            found = sorted(file for file in os.listdir(path) if file.endswith(".onnx"))  # noqa: PTH208  # as below
            help = f"it holds {found[0]}: name that" if found else "name the .onnx file"
            raise UsageError(f"{name} is a folder, not a model file", help=help, place=name)
        if not stat.S_ISREG(mode.st_mode):
            raise UsageError(f"{name} is not a file", help="name the .onnx file", place=name)
        if mode.st_size > MAX_BYTES:
            raise ModelFileError(f"the file has {mode.st_size:,} bytes; an ONNX model has at most 2 GiB", place=name)
        with open(path, "rb") as file:  # noqa: PTH123  # importing pathlib takes a tenth of the time that onnxruntime takes
            data = file.read()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"there is no model file {name}", help="`mlpspec export` writes one", place=name) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MachineError(f"the model file {name} cannot be read: {reason}", place=name) from error
    return model_from_bytes(data, name=name)


def model_from_bytes(data: bytes, *, name: str = "model") -> ModelFile:
    """A model file whose bytes are at hand.

    Raises:
        ModelFileError: as `read_model_file`.
    """
    _refuse_other_kinds(data, name)
    try:
        header = read_header(data)
    except MalformedMessage as error:
        if _is_text(data):
            raise _not_onnx("text, or a pickle", name) from error
        raise ModelFileError(f"the file is not an ONNX model, or is damaged: {error}", place=name, help=_COPY_AGAIN) from error
    if header.external:
        where = next(filter(None, header.external), "")
        message = "the model keeps weights outside its own file" + (f", in {where!r}" if where else "") + "; it was not opened"
        help = "mlpspec's exports are one file; for others, `onnx.save(model, path, save_as_external_data=False)`"
        raise ModelFileError(message, code="unsafe-model-file", place=name, help=help)
    if problem := broken_seal(data, header.metadata.get(ANNOUNCEMENT)):
        help = f"{_COPY_AGAIN}; a program that changes it on purpose leaves the metadata `{ANNOUNCEMENT}` and `{CHECKSUM}` out"
        raise ModelFileError(f"the file is damaged, or was changed after it was exported: {problem}", place=name, help=help)
    if not header.nodes:
        raise ModelFileError("the file holds no operators: it is no model, or an empty one", place=name, help="export the model again")
    if problem := _impossible_version(header):
        raise ModelFileError(f"the file is not an ONNX model, or is damaged: {problem}", place=name, help=_COPY_AGAIN)
    return ModelFile(name, data, header)


def _impossible_version(header: OnnxHeader) -> str:
    """A version that no ONNX model has, which ONNX Runtime may take all the same; empty when there is none."""
    if not 1 <= header.ir_version <= MAX_VERSION:
        return f"its IR version is {_signed(header.ir_version)}"
    strange = [version for version in header.opsets.values() if not 1 <= version <= MAX_VERSION]
    if strange:
        return f"it names the operator set {_signed(strange[0])}"
    return "" if header.opsets else "it names no operator set"


def _signed(number: int) -> int:
    """An integer as ONNX means it, of 64 bits with a sign."""
    return number - 2**64 if number >= 2**63 else number


def _refuse_other_kinds(data: bytes, name: str) -> None:
    if not data:
        raise ModelFileError("the file is empty", place=name, help="export the model again")
    kind = _foreign_kind(data)
    if kind:
        raise _not_onnx(kind, name)


def _not_onnx(kind: str, name: str) -> ModelFileError:
    code = "unsafe-model-file" if kind == _PICKLE else ""
    return ModelFileError(f"the file is not an ONNX model but {kind}", code=code, place=name, help="`mlpspec export` writes ONNX models")


def _foreign_kind(data: bytes) -> str:
    """What the file is, when its first bytes are those of something that is no ONNX model; else nothing."""
    head = data[:512]
    for magic, kind in _KINDS:
        if head.startswith(magic):
            return kind
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return _PICKLE
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= len(data) - 8:
        return "a safetensors file: weights without a network"
    if head[4:8] == b"ORTM":
        return "a model in ONNX Runtime's own format (.ort)"
    return "a tar archive" if head[257:262] == b"ustar" else ""


def _is_text(data: bytes) -> bool:
    return all(byte in b"\t\r\n\f" or 32 <= byte < 127 or byte >= 0x80 for byte in data[:64])
