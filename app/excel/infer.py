"""From a sheet to a declaration: what kind of field each column is, judged from all its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal

from app.excel.cells import clean_text
from app.excel.contract import Cell, CellProblem, Table
from app.excel.evidence import Evidence
from app.excel.naming import identifier

_MAX_CHOICES = 20
_LENGTHS = (20, 40, 80, 120, 200)


@dataclass(slots=True)
class Column:
    """A proposed field. `index` is its place in the table's rows, `kind` a field kind of the engine.

    `length` is for text, `scale` for decimal, `choices` are (code, label) in order of first appearance.
    `distinct` counts different values up to 1,000, `sample` shows one, `problems` are the first cells that
    cannot be used, by row.
    """

    index: int
    header: str
    name: str
    kind: str
    length: int | None = None
    scale: int | None = None
    choices: list[tuple[str, str]] = field(default_factory=list)
    required: bool = False
    sample: str = ""
    distinct: int = 0
    problems: list[tuple[int, CellProblem]] = field(default_factory=list)


def infer(table: Table) -> list[Column]:
    """Read the table to its end and propose one field for each column with a header, named uniquely.

    A column whose header occurred before is proposed too, under a name of its own.
    """
    evidence = [Evidence(header) for header in table.headers]
    for number, cells in table.rows:
        for seen, cell in zip(evidence, cells, strict=True):
            seen.add(number, cell)
    columns: list[Column] = []
    for index, seen in enumerate(evidence):
        if seen.header:
            name = identifier(seen.header, {column.name for column in columns})
            columns.append(_column(index, name, seen, table.notes.rows))
    return columns


def check_key(table: Table, headers: Sequence[str]) -> dict[tuple[str, ...], list[int]]:
    """Read the table to its end; keys that are not unique or not complete, with their row numbers.

    Keys are compared as the database will: width, case and outer blanks do not count. An empty part reads "".
    Raises ValueError for a header the table does not have exactly once.
    """
    places = []
    for header in headers:
        if table.headers.count(header) != 1:
            raise ValueError(header)
        places.append(table.headers.index(header))
    rows: dict[tuple[str, ...], list[int]] = {}
    for number, cells in table.rows:
        rows.setdefault(tuple(key_form(cells[place]) for place in places), []).append(number)
    return {key: numbers for key, numbers in rows.items() if len(numbers) > 1 or "" in key}


def key_form(cell: Cell) -> str:
    """A cell as a key sees it; "" for an empty one."""
    from app.entity.keys import normal_form

    return normal_form(clean_text(shown(cell)))


def shown(cell: Cell) -> str:
    """A cell's value as text, as a person would write it."""
    if cell is None:
        return ""
    if isinstance(cell, CellProblem):
        return cell.text
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, (date, time)) else str(cell)


def _column(index: int, name: str, seen: Evidence, rows: int) -> Column:
    column = Column(index, seen.header, name, seen.kind())
    column.required = rows > 0 and seen.filled == rows
    column.distinct = len(seen.values)
    column.sample = next(iter(seen.values), "")[:80]
    column.problems = seen.problems
    if column.kind == "decimal":
        column.scale = seen.scale()
    elif column.kind == "text" and _is_choice(seen):
        column.kind = "choice"
        for label in seen.values:
            column.choices.append((identifier(label, {code for code, _ in column.choices}, "option"), label))
    elif column.kind == "text":
        column.length = next((size for size in _LENGTHS if seen.longest * 5 <= size * 4), 200)
    return column


def _is_choice(seen: Evidence) -> bool:
    few = 0 < len(seen.values) <= _MAX_CHOICES and not seen.problems
    return few and not seen.is_code() and min(seen.values.values()) > 1 and seen.longest <= 30
