"""Readers and writers of workbooks by themselves: how fast, how much memory, and what becomes of delicate cells."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.orders import COLUMNS, sent
from bench.told import measured


def with_calamine(path: str) -> Iterator[list[Any]]:
    """python-calamine: everything in memory, numbers as doubles."""
    import python_calamine

    yield from python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()


def with_openpyxl(path: str) -> Iterator[Iterable[Any]]:
    """openpyxl, which reads row by row when told that nothing will be written; results of formulas only."""
    import openpyxl

    yield from (
        openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0].iter_rows(values_only=True)
    )


def with_polars(path: str) -> Iterator[Iterable[Any]]:
    """polars on fastexcel: a column has one type, a cell that does not fit it is empty."""
    import polars

    frame = polars.read_excel(path, engine="calamine", has_header=False, infer_schema_length=None)
    yield from frame.iter_rows()


def with_xlsxwriter(rows: Iterator[list[Any]], path: str) -> None:
    """XlsxWriter row by row."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write(number, column, value)


def with_rust(rows: Iterator[list[Any]], path: str) -> None:
    """rustpy-xlsxwriter: takes records of plain values."""
    from rustpy_xlsxwriter import write_worksheet

    plain = (float, Decimal)
    write_worksheet(
        (
            {n: float(v) if isinstance(v, plain) else v for n, v in zip(COLUMNS, row, strict=True)}
            for row in rows
        ),
        path,
    )


def with_openpyxl_written(rows: Iterator[list[Any]], path: str) -> None:
    """openpyxl, write only."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(path)


READERS: dict[str, Callable[[str], Iterator[Iterable[Any]]]] = {
    "calamine": with_calamine, "openpyxl": with_openpyxl, "polars": with_polars,
}  # fmt: skip
WRITERS: dict[str, Callable[[Iterator[list[Any]], str], None]] = {
    "xlsxwriter": with_xlsxwriter, "rustpy": with_rust, "openpyxl": with_openpyxl_written,
}  # fmt: skip


def write(name: str, count: int, path: str) -> int:
    """Write `count` orders."""
    WRITERS[name](sent(count), path)
    assert Path(path).stat().st_size
    return count


if __name__ == "__main__":
    what, name, *words = sys.argv[1:]
    if what == "read":
        measured(lambda: sum(1 for _ in READERS[name](words[0])) - 1)
    elif what == "write":
        measured(lambda: write(name, int(words[0]), words[1]))
    else:
        cells = [list(row)[1] for row in READERS[name](words[0])]
        print(json.dumps([repr(cell) for cell in cells[1:]]))
