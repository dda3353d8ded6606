"""Rows of an error workbook of documents that were imported already: left out when it comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app import clock
from app.change import staging
from app.change.whole import Whole, parents
from app.entity import EntityType
from app.excel import cells
from app.excel.contract import FileRefused
from app.excel.manifest import DOCUMENT, IMPORT, Manifest
from app.excel.wire import decode_cell
from app.importing.contract import ReadRow
from app.importing.options import options_from
from app.importing.trip import is_number

WAITING = 0
"""The id of a row whose record waits for an approval; its version is the import it waits with."""
STANDING = ("held", "applied")
"""States of an import whose rows stand: of one that was refused or taken back they may come again."""


class Imported:
    """What the marks of a file's rows say, as far as the imports they name still stand."""

    def __init__(self) -> None:
        self._standing: dict[int, bool] = {}

    def document(self, row: ReadRow) -> int | None:
        """The header record a row went to, 0 while that waits for an approval; None for a row not yet imported."""
        number = _whole(row.values.get(IMPORT))
        if number is None or not self._stands(number):
            return None
        return _whole(row.values.get(DOCUMENT)) or 0

    def waits(self, record: Any, version: Any) -> bool:
        """Whether the hidden id and version say that a row went into an import that stands, as a record without id yet."""
        return cells.to_integer(record) == WAITING and self._stands(_whole(version))

    def _stands(self, set_id: int | None) -> bool:
        if set_id is None:
            return False
        if set_id not in self._standing:
            head = staging.header(set_id)
            known = head is not None and head["source"] == "import" and head["state"] in STANDING
            self._standing[set_id] = known
        return self._standing[set_id]


def refuse_what_is_behind(said: Manifest | None, entity: EntityType) -> None:
    """Raises FileRefused for an error workbook that was made before its import wrote new records, where these could not
    be known again: nothing but the system's own number, which it does not hold, tells them from new ones."""
    head = staging.header(said.set) if said is not None and said.kind == "errors" and said.set else None
    number = ((head["file"] or {}).get("applied")) if head is not None else None
    done = staging.header(number) if number else None
    if said is None or done is None or done["state"] not in STANDING or not done["inserted"]:
        return
    numbered = any(entity.fields[n].auto or entity.fields[n].kind == "number" for n in entity.about.key)
    if (numbered or not entity.about.key) and said.at < clock.instant_text(done["created_at"]):
        raise FileRefused("MADE_BEFORE")


def marks(head: dict[str, Any]) -> Iterator[tuple[int, tuple[int | None, int]]]:
    """The marks of a committed import by row: header record (None while it waits) and import, of all its whole documents."""
    entity, line, applied = (
        head["entity"],
        head["file"]["options"]["lines"]["entity"],
        head["file"]["applied"],
    )
    left = set[Any]()
    for part in staging.in_parts(head["id"]):
        left |= Whole(part).of(part)
    for row in staging.same_rows(head["id"]):
        for number, record in zip(row["cells"]["lines"], row["cells"]["ids"], strict=True):
            if record not in left:
                yield number, (record, applied)
    for number, (record, _version) in mended(head["file"]).items():
        if record not in left:
            yield number, (record, applied)
    # Rows of lines on a sheet of their own have numbers of their own: their headers are marked.
    apart = options_from(head["file"]["options"]).apart
    rows = [row for row in staging.filed(applied) if row[1] != apart]
    headers = parents((name, record) for _number, name, record in rows if name == line and record)
    for number, name, record in rows:
        yield number, (record if name == entity else headers.get((line, record or 0)), applied)


def mended(facts: dict[str, Any]) -> dict[int, tuple[int, int | None]]:
    """By row the record, and its version, of those that were corrected in the preview to what was there already."""
    known = {int(line): one["same"] for line, one in (facts.get("mended") or {}).items()}
    return {line: (same[0], same[1]) for line, same in known.items() if same}


def _whole(cell: Any) -> int | None:
    number = cells.to_integer(decode_cell(cell))
    return number if is_number(number) else None
