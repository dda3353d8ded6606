"""What the fast .xls reader does not tell: error cells, hidden rows and columns, formulas, encryption.

The records of the workbook stream are walked without being interpreted any further.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.excel.contract import FileRefused, add_to_ranges

_BOF, _EOF, _FILEPASS, _SHEET = 0x0809, 0x000A, 0x002F, 0x0085
_FORMULA, _BOOL_OR_ERROR, _ROW, _COLUMNS = 0x0006, 0x0205, 0x0208, 0x007D
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


@dataclass(slots=True)
class SheetRecords:
    """One sheet's findings. `errors` maps (row, column), from 1, to what the cell shows."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    formulas: int = 0
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)


def sheet_records(stream: bytes) -> list[SheetRecords]:
    """The findings of each worksheet, in the order of the tabs. Raises FileRefused ENCRYPTED or BROKEN."""
    places = []
    for kind, body, _ in _records(stream, 0):
        if kind == _FILEPASS:
            raise FileRefused("ENCRYPTED")
        if kind == _SHEET and len(body) >= 6:
            place, _, sheet_type = struct.unpack_from("<IBB", body)
            if sheet_type == 0:
                places.append(place)
    return [_read_sheet(stream, place) for place in places]


def _read_sheet(stream: bytes, place: int) -> SheetRecords:
    found = SheetRecords()
    for kind, body, depth in _records(stream, place):
        if depth != 1:
            continue  # a chart inside the sheet
        if kind == _ROW and len(body) >= 14:
            if struct.unpack_from("<H", body, 12)[0] & 0x20:
                add_to_ranges(found.hidden_rows, struct.unpack_from("<H", body)[0] + 1)
        elif kind == _COLUMNS and len(body) >= 10:
            first, last, _, _, flags = struct.unpack_from("<5H", body)
            if flags & 1:
                found.hidden_columns.append((first + 1, last + 1))
        elif kind == _BOOL_OR_ERROR and len(body) >= 8:
            row, column, _, code, is_error = struct.unpack_from("<HHHBB", body)
            if is_error:
                found.errors[row + 1, column + 1] = _ERRORS.get(code, "#?")
        elif kind == _FORMULA and len(body) >= 14:
            found.formulas += 1
            row, column, _, result, code, mark = struct.unpack_from("<HHHBxB3xH", body)
            if mark == 0xFFFF and result == 2:
                found.errors[row + 1, column + 1] = _ERRORS.get(code, "#?")
    return found


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes, int]]:
    """Records from a BOF to its EOF, with how many BOFs are open."""
    depth = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        at += 4
        if at + length > len(stream):
            break
        if kind == _BOF:
            depth += 1
        yield kind, stream[at : at + length], depth
        if kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        at += length
    raise FileRefused("BROKEN")
