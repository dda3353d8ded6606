"""Reading CSV as Chinese Excel, WPS and databases write it. Every value is text until it is coerced."""

from __future__ import annotations

import csv
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator
from pathlib import Path

from app.excel.contract import FileRefused, Limits, Row, SheetInfo, check_bounds

_BLOCK = 1 << 20
_SAMPLE_LINES = 20
_DELIMITERS = ",\t;|"
_MAX_FIELD = 1 << 20


class CsvBook:
    """A CSV file as a workbook of one sheet. It has no name of its own: an upload's file is named at random."""

    kind = "csv"

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path, self._limits = path, limits
        csv.field_size_limit(_MAX_FIELD)
        self._encoding = find_encoding(path)
        self._delimiter = self._find_delimiter()

    def sheet_names(self) -> list[str]:
        """The one sheet."""
        return ["CSV"]

    def hides(self, name: str) -> bool:
        """People see it."""
        return False

    def info(self, name: str) -> SheetInfo:
        """Last row and column with content."""
        info = SheetInfo(name)
        for _row in self.rows(name, info):
            pass
        return info

    def rows(self, name: str, info: SheetInfo) -> Iterator[Row]:
        """The records that hold anything, numbered as a spreadsheet program would show them."""
        with self._path.open(encoding=self._encoding, newline="") as file:
            for number, values in enumerate(csv.reader(file, delimiter=self._delimiter), 1):
                while values and not values[-1]:
                    values.pop()
                if not values:
                    continue
                check_bounds(name, number, len(values), self._limits)
                info.rows, info.columns = number, max(info.columns, len(values))
                yield number, [value or None for value in values]

    def _find_delimiter(self) -> str:
        """The delimiter that cuts the first lines into the most columns, in most of them alike."""
        with self._path.open(encoding=self._encoding, newline="") as file:
            lines = [line for _, line in zip(range(_SAMPLE_LINES), file, strict=False)]

        def score(delimiter: str) -> tuple[int, int]:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
            common = max(widths, key=widths.count, default=1)
            return (widths.count(common) if common > 1 else 0, common)

        return max(_DELIMITERS, key=score)


def find_encoding(path: Path) -> str:
    """UTF-8 or UTF-16 by its mark, else UTF-8 if the whole file is, else GB18030. Raises FileRefused."""
    with path.open("rb") as file:
        head = file.read(3)
    if head.startswith(BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8", "gb18030"]
    for encoding in candidates:
        if _decodes(path, encoding):
            return encoding
    raise FileRefused("BAD_ENCODING")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                if "\x00" in decoder.decode(block):
                    return False
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
