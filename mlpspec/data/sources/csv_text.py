"""The bytes of a CSV file in one form: UTF-8 without byte order mark, no lines that end in a lone return, one line break at the end."""

from __future__ import annotations

from mlpspec.diagnostics import DataError

_BOM = b"\xef\xbb\xbf"


class CsvText:
    """The text of a CSV file as bytes in `data`.

    Raises:
        DataError: when the file holds nothing, is UTF-16, has NUL bytes, or mixes line ends.
    """

    def __init__(self, data: bytes, name: str):
        self.name = name
        self._offset = len(_BOM) if data.startswith(_BOM) else 0
        self.data = self._normal(data)

    def fail(self, code: str, message: str, *, line: int | None = None, help: str = "") -> DataError:
        """An error that names the file, and the line where there is one."""
        return DataError(message, code=code, place=self.name if line is None else f"{self.name}:{line}", help=help)

    def bad_encoding(self) -> DataError:
        """What is to be said when the text turns out not to be UTF-8."""
        try:
            self.data.decode("utf-8")
        except UnicodeDecodeError as error:
            message = f"`{self.name}` is not UTF-8: byte 0x{self.data[error.start]:02x} at byte {error.start + self._offset}"
            return self.fail("bad-cell", message, line=_line(self.data, error.start), help="save the file as UTF-8")
        return self.fail("bad-cell", f"`{self.name}` is not UTF-8", help="save the file as UTF-8")

    def _normal(self, data: bytes) -> bytes:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise self.fail("bad-cell", f"`{self.name}` is UTF-16, at byte 0", help="save it as UTF-8")
        data = data.removeprefix(_BOM)
        zero = data.find(b"\0")
        if zero >= 0:
            message = f"`{self.name}` has a NUL byte at byte {zero + self._offset}"
            raise self.fail("bad-cell", message, line=_line(data, zero), help="the file is damaged or not text")
        if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
            data = self._without_lone_returns(data)
        if data.endswith((b"\n\n", b"\n\r\n")) or not data.endswith(b"\n"):
            data = data.rstrip(b"\r\n") + b"\n"  # also for polars, which lets a last empty cell too many pass at the very end
        if not data[:4096].strip(b"\r\n \t") and not data.strip(b"\r\n \t"):
            raise self.fail("missing-data", f"`{self.name}` has no header and no rows", help="a data file has a header and rows")
        return data

    def _without_lone_returns(self, data: bytes) -> bytes:
        """A file whose lines end in a carriage return alone gets line feeds; one with both kinds of line end outside quotes is refused."""
        if b"\n" not in data:
            return data.replace(b"\r", b"\n")
        position = 0
        for number, piece in enumerate(data.split(b'"')):
            at = piece.replace(b"\r\n", b"\n\n").find(b"\r")
            if number % 2 == 0 and at >= 0:
                line = _line(data, position + at)
                message = f"line {line} of `{self.name}` has a carriage return in the middle"
                raise self.fail("ragged-row", message, line=line, help="save the file with one kind of line end")
            position += len(piece) + 1
        return data


def _line(data: bytes, position: int) -> int:
    """The line, from 1, of a byte."""
    return data.count(b"\n", 0, position) + 1
