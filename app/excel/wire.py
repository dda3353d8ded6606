"""Messages between the reader's child process and us: length-prefixed JSON, nothing that can run.

A cell that JSON does not know travels as `[tag, text]`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO

import orjson

from app.excel.contract import Cell, CellProblem

MAX_FRAME = 256 * 1024 * 1024
_LENGTH = struct.Struct(">I")
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def _encode(value: object) -> list[str]:
    if isinstance(value, Decimal):
        return ["n", str(value)]
    if isinstance(value, datetime):
        return ["s", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, time):
        return ["t", value.isoformat()]
    if isinstance(value, CellProblem):
        return ["!", value.code, value.text]
    raise TypeError(type(value).__name__)


_DECODE: dict[str, Callable[[str], Cell]] = {
    "n": Decimal,
    "s": datetime.fromisoformat,
    "d": date.fromisoformat,
    "t": time.fromisoformat,
}


def decode_cells(cells: list[Any]) -> list[Cell]:
    """Cells as sent, with tagged values made values again."""
    return [cell if cell.__class__ is not list else decode_cell(cell) for cell in cells]


def decode_cell(cell: Any) -> Cell:
    """One cell as sent."""
    if cell.__class__ is not list:
        return cell  # type: ignore[no-any-return]
    if cell[0] == "!":
        return CellProblem(cell[1], cell[2])
    return _DECODE[cell[0]](cell[1])


def send(pipe: BinaryIO, message: dict[str, Any]) -> None:
    """Write one message; its cells may be any `Cell`."""
    body = orjson.dumps(message, default=_encode, option=_OPTIONS)
    pipe.write(_LENGTH.pack(len(body)) + body)
    pipe.flush()


def frame_length(prefix: bytes) -> int:
    """The length of the message that follows its 4-byte prefix."""
    return int(_LENGTH.unpack(prefix)[0])
