"""Reading .xls: values by calamine, what it does not tell from the records themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from app.excel.biff import SheetRecords, sheet_records
from app.excel.contract import (
    Cell,
    CellProblem,
    FileRefused,
    Limits,
    Row,
    SheetInfo,
    check_bounds,
    column_letters,
)
from app.excel.exact import in_calendar, number_from_float
from app.excel.ole import OleFile


class XlsBook:
    """An .xls opened for reading, after `scan` let it pass."""

    kind = "xls"

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        with path.open("rb") as file:
            container = OleFile(file)
            stream = container.stream("Workbook") or container.stream("Book")
        if stream is None:
            raise FileRefused("BROKEN")
        records = sheet_records(stream)
        self._book = CalamineWorkbook.from_path(str(path))
        sheets = [sheet for sheet in self._book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        if len(sheets) != len(records):
            raise FileRefused("BROKEN")
        self._sheets = {sheet.name: found for sheet, found in zip(sheets, records, strict=True)}
        self._hidden = {sheet.name for sheet in sheets if sheet.visible != SheetVisibleEnum.Visible}

    def sheet_names(self) -> list[str]:
        """The worksheets in the order of their tabs."""
        return list(self._sheets)

    def hides(self, name: str) -> bool:
        """Whether people do not see the sheet."""
        return name in self._hidden

    def info(self, name: str) -> SheetInfo:
        """Measure one sheet: last row and column with content, merged ranges, hidden parts."""
        sheet, found = self._book.get_sheet_by_name(name), self._sheets[name]
        end = sheet.end or (-1, -1)
        info = SheetInfo(name, end[0] + 1, end[1] + 1, name in self._hidden)
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
            info.merged_ranges.append(
                f"{column_letters(left + 1)}{top + 1}:{column_letters(right + 1)}{bottom + 1}"
            )
        info.hidden_rows = [(a, min(b, info.rows)) for a, b in found.hidden_rows if a <= info.rows]
        info.hidden_columns = [
            (a, min(b, info.columns)) for a, b in found.hidden_columns if a <= info.columns
        ]
        return info

    def rows(self, name: str, info: SheetInfo) -> Iterator[Row]:
        """Every row from the first to the last that holds anything."""
        sheet, found = self._book.get_sheet_by_name(name), self._sheets[name]
        measured = self.info(name)
        for part in ("rows", "columns", "merged_ranges", "hidden_rows", "hidden_columns"):
            setattr(info, part, getattr(measured, part))
        info.formulas = found.formulas
        if sheet.end is None:
            return
        check_bounds(name, sheet.end[0] + 1, sheet.end[1] + 1, self._limits)
        for number, values in enumerate(sheet.to_python(skip_empty_area=False), 1):
            cells = [None if value == "" else _cell(value) for value in values]
            if found.errors:
                _put_errors(cells, number, found)
            yield number, cells


def _put_errors(cells: list[Cell], number: int, found: SheetRecords) -> None:
    for index in range(len(cells)):
        shown = found.errors.get((number, index + 1))
        if shown:
            cells[index] = CellProblem("ERROR_CELL", shown)


def _cell(value: Any) -> Cell:
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return number_from_float(value)
    if isinstance(value, (date, datetime)):
        return in_calendar(value)
    if isinstance(value, timedelta):
        whole = timedelta() <= value < timedelta(days=1)
        return (datetime.min + value).time() if whole else CellProblem("BAD_TIME", str(value))
    return value if isinstance(value, time) else CellProblem("BAD_NUMBER", str(value)[:40])
