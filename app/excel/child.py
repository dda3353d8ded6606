"""The limited process that parses: `python -m app.excel.child`, one JSON request in, messages on stdout.

Request: {"path", "limits": {…}, "sheet", "header_row", "known", "rows"}. Answers are those of `wire`: {"info"}, or
{"table"} then {"stretch"} … {"notes", "info"}; {"refused"} at any point. Whatever else happens ends the process, and the
parent reports it.
"""

from __future__ import annotations

import csv
import os
import resource
import struct
import sys
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from zipfile import BadZipFile
from zlib import error as ZlibError

import orjson

from app.excel.contract import (
    MAX_TEXT,
    CellProblem,
    FileRefused,
    Limits,
    ReadNotes,
    Row,
    SheetInfo,
    WorkbookInfo,
)
from app.excel.scan import Scan, scan
from app.excel.shape import (
    Head,
    Marked,
    clean_header,
    known_headers,
    marked_rows,
    shape_rows,
    split_header,
)
from app.excel.wire import send

_CHUNK = 500
_CHUNK_TEXT = 2_000_000


class Book(Protocol):
    """A workbook of any kind, opened."""

    kind: str

    def sheet_names(self) -> list[str]:
        """The sheets that hold cells, in order."""

    def hides(self, name: str) -> bool:
        """Whether people do not see a sheet."""

    def info(self, name: str) -> SheetInfo:
        """Measure one sheet."""

    def rows(self, name: str, info: SheetInfo) -> Iterator[Row]:
        """The rows of one sheet, in order; `info` is filled on the way."""


def open_book(path: Path, limits: Limits) -> tuple[Scan, Book]:
    """Scan and open a file in this process. Raises FileRefused, or what a parser raises on a broken file."""
    found = scan(path, limits)
    if found.kind == "xlsx":
        from app.excel.xlsx import XlsxBook

        return found, XlsxBook(path, limits)
    if found.kind == "ods":
        from app.excel.ods import OdsBook

        return found, OdsBook(path, limits)
    if found.kind == "xls":
        from app.excel.xls import XlsBook

        return found, XlsBook(path, limits)
    from app.excel.csvfile import CsvBook

    return found, CsvBook(path, limits)


def answer(request: dict[str, Any], out: BinaryIO) -> None:
    """Do what the request asks and send the messages."""
    limits = Limits(**request["limits"])
    found, book = open_book(Path(request["path"]), limits)
    if not request["rows"]:
        sheets = [book.info(name) for name in book.sheet_names()]
        send(out, {"info": asdict(WorkbookInfo(book.kind, sheets, found.ignored))})
        return
    info, head = _sheet(book, request)
    sheet, headers = info.name, [clean_header(cell) for cell in head.cells]
    while headers and not headers[-1]:
        headers.pop()
    send(
        out, {"table": {"sheet": sheet, "headers": headers, "header_row": head.number, "titles": head.titles}}
    )
    notes = ReadNotes()
    rows = shape_rows(head.rest, head.number, headers, notes)
    for chunk in chunks(marked_rows(rows, head.cells), limits):
        send(out, {"stretch": _stretch(chunk, info)})
    notes.formulas = info.formulas
    send(out, {"notes": asdict(notes), "info": asdict(info)})


def _sheet(book: Book, request: dict[str, Any]) -> tuple[SheetInfo, Head]:
    """The sheet asked for, with its header; else of those that people see the first with known headers, or with any."""
    names, asked = book.sheet_names(), request["sheet"]
    if asked is not None and asked not in names:
        raise FileRefused("NO_SHEET", sheet=asked)
    known = frozenset(request.get("known", ()))
    found: tuple[SheetInfo, Head] | None = None
    refused: FileRefused | None = None
    for name in [asked] if asked is not None else [n for n in names if not book.hides(n)] or names[:1]:
        info = SheetInfo(name)
        try:
            head = split_header(book.rows(name, info), request["header_row"], name, known)
        except FileRefused as problem:
            if problem.code != "NO_HEADER":
                raise
            refused = refused or problem
            continue
        if not known or known_headers(head.cells, known) >= 2:
            return info, head
        found = found or (info, head)
    if found is None:
        raise refused or FileRefused("BROKEN")
    return found


def _stretch(chunk: list[Marked], info: SheetInfo) -> dict[str, Any]:
    """A message of some rows, column by column."""
    numbers = [number for (number, _cells), _text in chunk]
    hidden = []
    if info.hidden_rows:
        starts = [first for first, _last in info.hidden_rows]
        for at, number in enumerate(numbers):
            place = bisect_right(starts, number) - 1
            if place >= 0 and number <= info.hidden_rows[place][1]:
                hidden.append(at)
    return {
        "numbers": numbers,
        "cells": list(zip(*(cells for (_number, cells), _text in chunk), strict=True)),
        "hidden": hidden,
        "marked": [(at, text) for at, (_row, text) in enumerate(chunk) if text],
    }


def chunks(rows: Iterator[Marked], limits: Limits) -> Iterator[list[Marked]]:
    """Rows in messages of bearable size. Raises FileRefused when cells or text in all pass the limits."""
    chunk: list[Marked] = []
    cell_count = total = size = 0
    for row in rows:
        cells = row[0][1]
        lengths = [len(cell) for cell in cells if cell.__class__ is str]
        if lengths:
            size += sum(lengths)
            if max(lengths) > MAX_TEXT:
                for index, cell in enumerate(cells):
                    if isinstance(cell, str) and len(cell) > MAX_TEXT:
                        cells[index] = CellProblem("TEXT_TOO_LONG", cell[:40])
        cell_count += len(cells)
        chunk.append(row)
        if len(chunk) == _CHUNK or size > _CHUNK_TEXT:
            total += size
            if cell_count > limits.max_cells or total > limits.max_text:
                raise FileRefused("TOO_MANY_CELLS", limit=limits.max_cells)
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def limit_process(limits: Limits) -> None:
    """Bound memory, processor time and files of this process; a system that knows no such limit goes on."""
    for what, amount in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (amount, amount))


def main() -> None:
    """Serve one request, then leave without cleaning up: the process is the clean-up."""
    request = orjson.loads(sys.stdin.buffer.read())
    limit_process(Limits(**request["limits"]))
    out = sys.stdout.buffer
    try:
        answer(request, out)
    except FileRefused as refused:
        send(out, {"refused": refused.code, "values": refused.values})
    except MemoryError:
        send(out, {"refused": "TOO_COMPLEX", "values": {}})
    except BrokenPipeError:
        os._exit(0)
    except Exception as error:
        if not _is_broken_file(error):
            raise
        send(out, {"refused": "BROKEN", "values": {}})
    os._exit(0)


def _is_broken_file(error: Exception) -> bool:
    from lxml.etree import LxmlError
    from python_calamine import CalamineError

    damage = (BadZipFile, ZlibError, EOFError, OSError, ValueError, LookupError, struct.error, csv.Error)
    return isinstance(error, (*damage, LxmlError, CalamineError))


if __name__ == "__main__":
    main()
