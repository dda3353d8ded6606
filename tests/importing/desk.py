"""Files of customers as branches send them, and what an import without a browser makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl

from app.access.context import current_grants
from app.change import Change
from app.db import db
from app.entity import registry
from app.importing.options import options_from
from app.importing.reading import Reading, read_changes
from app.importing.run import ImportReport, import_file, limits
from tests.cast import customer

HEADERS = ("name", "customer_type", "channel_type", "customer_group", "region_id", "contact_name", "mobile",
           "address", "lead_source")  # fmt: skip


def line(number: int, **more: Any) -> list[Any]:
    """A new customer's row, in the order of `HEADERS`; `more` puts texts in the place of others."""
    values = {**customer(0, number), "region_id": "华东大区", **more}
    return [values[name] for name in HEADERS]


def csv(path: Path, *rows: list[Any], headers: Any = HEADERS, encoding: str = "utf-8-sig") -> Path:
    """A file of rows under headers."""
    text = "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in (headers, *rows))
    path.write_text(text, encoding=encoding)
    return path


def book(path: Path, *rows: list[Any]) -> Path:
    """A workbook of one sheet."""
    made = openpyxl.Workbook()
    for row in rows:
        made.worksheets[0].append(row)
    made.save(path)
    return path


@contextmanager
def reading(entity: str, path: Path, **options: Any) -> Iterator[Reading]:
    """A file as it is read by whoever is acting."""
    db.session.rollback()
    asked = options_from(options)
    with read_changes(db.session(), registry.get(entity), path, current_grants(), asked, limits()) as found:
        yield found


def changes(entity: str, path: Path, **options: Any) -> list[Change]:
    """The changes of a file without an error."""
    with reading(entity, path, **options) as found:
        assert found.errors == [], [str(e.message) for e in found.errors]
        return [change for stretch in found.stretches() for change in stretch]


def errors(entity: str, path: Path, **options: Any) -> list[tuple[int, str | None, str]]:
    """What is wrong in a file: row, field and code."""
    with reading(entity, path, **options) as found:
        return [(e.row, e.field, e.code) for e in found.errors]


def imported(entity: str, path: Path, *, partial: bool = False, **options: Any) -> ImportReport:
    """The file written, by whoever is acting."""
    return import_file(registry.get(entity), path, current_grants(), options_from(options), partial=partial)
