"""From a file, or its text, to a tree with positions."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path

from mlpspec.diagnostics import Diagnostic, Label, MachineError, Position, Source, Span, SpecError, UsageError, did_you_mean
from mlpspec.language.composer import compose
from mlpspec.language.tree import Tree

__all__ = ["MAX_BYTES", "Tree", "check_characters", "read", "read_file"]

MAX_BYTES = 1 << 20

_BOM = "\ufeff"
# Control characters, lone surrogates, and what some programs take for a line break and others do not (YAML 1.2.2, section 5.4).
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_BREAK = re.compile(r"\r\n|\r|\n")
_NO_SPACE = re.compile(r"[\w.-]+:\S")
_UTF_16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")


def read_file(path: Path | str) -> Tree:
    """`read` for a file; `-` is standard input. At most 1 MiB and one byte are read.

    Raises:
        SpecError: as `read`.
        UsageError: when there is no such file, or it is a folder, a pipe or a device, or standard input is empty.
        MachineError: when the file cannot be read.
    """
    name = str(path)
    return read(_standard_input(), "<stdin>") if name == "-" else read(_content(Path(path), name), name)


def read(text: str | bytes, name: str) -> Tree:
    r"""The tree that the text of a spec writes: YAML 1.2 core, strictly.

    >>> read("epochs: 60\nrate: 1e-3\nshuffle: no", "spec.yaml").data
    {'epochs': 60, 'rate': 0.001, 'shuffle': 'no'}

    Args:
        text: the text, or its bytes in UTF-8; a byte order mark is allowed.
        name: what messages call it, such as the path of the file.

    Raises:
        SpecError: with every mistake that can be found in one pass; a text that is not YAML ends the pass.
    """
    if len(text) > MAX_BYTES or (isinstance(text, str) and len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES):
        help = "a spec describes a model; data and weights have their own files"
        raise SpecError("the spec is larger than 1 MiB", code="too-large", help=help, place=name)
    if isinstance(text, bytes):
        text = _decode(text, name)
    mark = text.startswith(_BOM)
    source = Source(name, text.removeprefix(_BOM))
    check_characters(source, first_byte=3 if mark else 0)
    if not any(_has_content(line) for line in _BREAK.split(source.text)):
        help = "`mlpspec init DATA --target COLUMN` writes a first spec from a table"
        raise SpecError("the spec is empty", code="empty-spec", help=help, place=name)
    tree = compose(source)
    if isinstance(tree.data, str) and _NO_SPACE.match(tree.data):
        message = "the spec is one text, not a mapping"
        raise SpecError(Diagnostic("wrong-type", message, primary=Label(tree.positions.value(())), help="write a space after the colon"))
    return tree


def check_characters(source: Source, *, first_byte: int = 0) -> None:
    """See that a text holds only what YAML allows in it.

    Raises:
        SpecError: with the place of the first character that cannot stand in a spec; `first_byte` is the offset of the text.
    """
    found = _FORBIDDEN.search(source.text)
    if found is None:
        return
    at = _position(source.text, found.start())
    span = Span(source, at, Position(at.line, at.column + 1))
    byte = first_byte + len(source.text[: found.start()].encode("utf-8", "surrogatepass"))
    message = f"the character U+{ord(found.group()):04X} at byte {byte} cannot stand in a spec"
    utf_16 = source.text.count("\0") * 4 > len(source.text)
    help = "the text seems to be UTF-16: save it as UTF-8" if utf_16 else "remove it"
    raise SpecError(Diagnostic("encoding", message, primary=Label(span), help=help))


def _content(path: Path, name: str) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UsageError(f"{name} is a folder, not a spec", help="name the file in it", place=name)
        if not stat.S_ISREG(mode):
            raise UsageError(f"{name} is not a file", help="to read a pipe, name `-` and send it to standard input", place=name)
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"there is no file {name}", help=_near_files(path), place=name) from error
    except ValueError as error:
        raise UsageError(f"{name!r} cannot be the name of a file: {error}", place=repr(name)) from error
    except OSError as error:
        raise MachineError(f"{name} cannot be read: {error.strerror or error}", place=name) from error


def _near_files(path: Path) -> str:
    try:
        return did_you_mean(path.name, sorted(file.name for file in path.parent.iterdir() if file.suffix in {".yaml", ".yml"}))
    except OSError:
        return f"there is no folder {path.parent} either"


def _standard_input() -> bytes:
    try:
        content = sys.stdin.buffer.read(MAX_BYTES + 1) if sys.stdin else b""
    except (OSError, ValueError) as error:  # a closed or broken stream
        raise MachineError(f"standard input cannot be read: {error}", place="<stdin>") from error
    if not content:
        raise UsageError("standard input is empty", help="send a spec to it: mlpspec validate - < spec.yaml", place="<stdin>")
    return content


def _decode(data: bytes, name: str) -> str:
    if data.startswith(_UTF_16_OR_32):
        message = "the text is UTF-16 or UTF-32, as the byte order mark at byte 0 says"
        raise SpecError(message, code="encoding", help="save the file as UTF-8", place=name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # What stands before the byte is UTF-8; the rest is shown as Latin-1, the usual case, which can show any byte.
        before, after = data[: error.start].decode("utf-8"), data[error.start :].decode("latin-1")
        source = Source(name, (before + after).removeprefix(_BOM))
        at = _position(source.text, len(before.removeprefix(_BOM)))
        message = f"byte {error.start} (0x{data[error.start]:02X}) is not UTF-8"
        span = Span(source, at, Position(at.line, at.column + 1))
        raise SpecError(Diagnostic("encoding", message, primary=Label(span), help="save the file as UTF-8")) from error


def _position(text: str, index: int) -> Position:
    """The line and column of a character, as `Source.line` counts lines."""
    lines = _BREAK.split(text[:index])
    return Position(len(lines) - 1, len(lines[-1]))


def _has_content(line: str) -> bool:
    line = line.strip()
    return bool(line) and not line.startswith("#") and line not in ("---", "...")
