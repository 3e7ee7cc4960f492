"""How a text file is written: its compression, encoding, separator and decimal sign, named by the schema or found out.

`csv_file` reads by it, and a refusal tells it, because a file that is taken wrongly looks as if every column were
missing.
"""

import codecs
import csv
import gzip
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from churn_models.feature_schema import CsvForm

_CHUNK = 1 << 20
_SEPARATORS = ",;\t|"
_SAMPLE_LINES = 1000
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "|"}
_BYTE_ORDER_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF8: "utf-8-sig"}
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_POINT_NUMBER = re.compile(r"[+-]?\d+\.\d+")


@dataclass(frozen=True)
class TextForm:
    """`quotes` is how often the file has a quotation mark; `no_utf8` says where it is no UTF-8, if it is none."""

    path: Path
    encoding: str
    separator: str
    decimal: str = "."
    quotes: int = 0
    no_utf8: str = ""

    def __str__(self) -> str:
        name = _NAMES.get(self.separator, repr(self.separator))
        numbers = ", decimal comma" if self.decimal == "," else ""
        return f"read as {self.encoding.removesuffix('-sig')} with fields separated by {name}{numbers}{self.no_utf8}"

    @property
    def is_usual(self) -> bool:
        """Whether there is nothing about it that a person should be told."""
        return self.separator == "," and self.encoding in ("utf-8", "utf-8-sig") and self.decimal == "."


def find_form(path: Path, named: CsvForm) -> TextForm:
    """What is not named is found out. Raises OSError, or UnicodeError where a named encoding does not fit."""
    encoding, quotes, no_utf8 = _find_encoding(path, named.encoding)
    lines = list(_first_lines(path, encoding))
    separator = named.separator or _find_separator(lines)
    decimal = named.decimal or _find_decimal(lines, separator)
    return TextForm(path, encoding, separator, decimal, quotes, no_utf8)


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked where its name ends in .gz."""
    with path.open("rb") as stored:
        if path.suffix.lower() != ".gz":
            yield stored
            return
        with gzip.open(stored) as unpacked:
            yield cast(BinaryIO, unpacked)


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    """Its text, with line ends as they are."""
    with open_bytes(path) as content, io.TextIOWrapper(content, encoding=encoding, newline="") as text:
        yield text


def _find_encoding(path: Path, named: str | None) -> tuple[str, int, str]:
    decoder = None if named else codecs.getincrementaldecoder("utf-8")()
    quotes, lines, fault = 0, 1, ""
    with open_bytes(path) as content:
        while chunk := content.read(_CHUNK):
            if decoder and lines == 1 and not quotes and (marked := _marked(chunk)):
                decoder, named = None, marked
            quotes += chunk.count(b'"')
            if decoder:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    line = lines + error.object[: error.start].count(b"\n")
                    fault = f" (no UTF-8: byte 0x{error.object[error.start]:02x} in line {line})"
                    decoder = None
            lines += chunk.count(b"\n")
    if fault:
        return _single_byte_encoding(path), quotes, fault
    return named or "utf-8", quotes, ""


def _marked(start: bytes) -> str | None:
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return encoding
    sample = start[:1000]
    # UTF-16 without a mark: one of the two bytes of many characters is NUL. A few in a cell, or on both sides, are not.
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if 10 * max(even, odd) < len(sample) or max(even, odd) < 4 * min(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _single_byte_encoding(path: Path) -> str:
    # Five bytes mean nothing in Windows' code page; a file that has one of them is plain Latin-1.
    decoder = codecs.getincrementaldecoder("cp1252")()
    try:
        with open_bytes(path) as content:
            while chunk := content.read(_CHUNK):
                decoder.decode(chunk)
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def _first_lines(path: Path, encoding: str) -> Iterator[str]:
    with open_text(path, encoding) as text:
        for _ in range(_SAMPLE_LINES):
            line = text.readline(_CHUNK)
            if not line:
                return
            yield line


def _find_separator(lines: list[str]) -> str:
    """The one that cuts the header into most fields; the comma where none does."""
    header = next((line for line in lines if line.strip()), "")
    return max(_SEPARATORS, key=lambda separator: len(next(csv.reader([header], delimiter=separator), [])))


def _find_decimal(lines: list[str], separator: str) -> str:
    """The comma where some cells are numbers with one, and none with a point.

    1,234 says nothing: it may be a thousand. Where all are such, they are left to be refused.
    """
    if separator == ",":
        return "."
    cells = [cell.strip() for row in csv.reader(lines[1:], delimiter=separator) for cell in row]
    points = any(_POINT_NUMBER.fullmatch(cell) for cell in cells)
    commas = any(_COMMA_NUMBER.fullmatch(cell) and not _THOUSANDS.fullmatch(cell) for cell in cells)
    return "," if commas and not points else "."
