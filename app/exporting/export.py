"""From records to a workbook: what the sheet shows, or an empty template with drop-downs. Reads through the wall."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.db import db
from app.entity import EntityType, Field, registry
from app.entity.field import PERSON
from app.excel.write import ColumnOut, SheetOut, write_table
from app.exporting.asked import Asked
from app.query.display import display
from app.query.rows import Window, every, lookup, lookup_person, visible_names

PICKS = 2000


def export_names(entity: EntityType, grants: Grants, wanted: list[str] | None) -> list[str]:
    """The exported fields: those asked for, else all the reader sees but the common ones."""
    names = visible_names(entity, grants, wanted)
    return (
        names
        if wanted
        else [n for n in names if not entity.fields[n].system and entity.fields[n].kind != "json"]
    )


def export(session: Session, entity: EntityType, grants: Grants, window: Window, out: BinaryIO) -> int:
    """Write the rows of a window to `out` as .xlsx; returns how many. Masked values stay masked, hidden ones out."""
    names = export_names(entity, grants, list(window.fields) if window.fields else None)
    specs = [entity.fields[n] for n in names]
    columns = [_column(entity, s, grants) for s in specs]
    masked = {n for n in names if grants.level(entity.name, n) == "masked"}
    asked = Window(window.filter, window.sort, names, window.q)

    def rows() -> Iterator[list[Any]]:
        for page in every(session, entity, grants, asked):
            for record in page:
                yield [_cell(s, record, s.name in masked) for s in specs]

    counts = write_table(out, [SheetOut(_sheet_name(entity), columns, rows(), _frozen(entity, names))])
    return sum(counts.values())


def write(
    session: Session,
    entity: EntityType,
    grants: Grants,
    asked: Asked,
    out: BinaryIO,
    *,
    watermark: str = "",
    by: str = "",
) -> int:
    """Write what was asked for to `out`, as this reader may see it; answers the number of rows.

    `out` need not seek. `watermark` is a sentence every page carries, `by` the person's name for the file itself.
    Raises FilterError for a filter or sort that cannot be read, before anything is written.
    """
    return export(session, entity, grants, asked.window(), out)


def template(session: Session, entity: EntityType, grants: Grants, out: BinaryIO) -> None:
    """Write an empty workbook to fill in: headers with required marks and notes, drop-downs for choices and links."""
    specs = [
        entity.fields[n] for n in grants.editable_fields(entity.name)
        if not entity.fields[n].system and entity.fields[n].kind not in ("json", "attachment")
    ]  # fmt: skip
    columns = []
    for spec in specs:
        base = _column(entity, spec, grants)
        choices = base.choices
        if spec.target == PERSON:
            choices = [p["title"] for p in lookup_person(session, "", PICKS)]
        elif spec.kind == "link":
            found = lookup(session, registry.get(spec.target), grants, "", PICKS)
            choices = [item["title"] for item in found]
        columns.append(
            ColumnOut(
                base.header,
                base.kind,
                base.width,
                base.scale,
                choices,
                _note(spec),
                spec.required,
                base.grouped,
            )
        )
    write_table(out, [SheetOut(_sheet_name(entity), columns, [], _frozen(entity, [s.name for s in specs]))])


def _sheet_name(entity: EntityType) -> str:
    return str(entity.label)


def _frozen(entity: EntityType, names: list[str]) -> int:
    """Columns that stay in view: the key and title, as long as they lead."""
    keep = 0
    for name in names:
        if name not in entity.about.key and name != entity.about.title:
            break
        keep += 1
    return keep


def _column(entity: EntityType, spec: Field, grants: Grants) -> ColumnOut:
    header = f"{spec.label}({spec.unit})" if spec.unit else str(spec.label)
    text_like = spec.is_link or spec.kind in ("choice", "multi_choice", "number", "attachment", "json")
    kind = "text" if text_like or grants.level(entity.name, spec.name) == "masked" else spec.kind
    choices = [str(c.label) for c in spec.choices if not c.retired] if spec.kind == "choice" else []
    if spec.kind == "yes_no":
        choices = [_("Yes"), _("No")]
    return ColumnOut(header, kind, scale=spec.scale if spec.digits else None, choices=choices)


def _note(spec: Field) -> str:
    lines = [_("Required")] if spec.required else []
    if spec.kind == "number":
        lines.append(_("Leave empty: given automatically."))
    if spec.kind == "multi_choice":
        lines.append(
            _("Several, separated by 、: %(labels)s", labels="、".join(str(c.label) for c in spec.choices))
        )
    if spec.help:
        lines.append(str(spec.help))
    return "\n".join(lines)


def _cell(spec: Field, record: dict[str, Any], masked: bool) -> Any:
    wire = record["values"].get(spec.name)
    if wire is None or masked:
        return wire if wire is None else str(wire)
    if spec.is_link or spec.kind in ("choice", "multi_choice", "attachment"):
        return display(spec, wire, record["titles"].get(spec.name))
    if spec.digits:
        return Decimal(wire)
    if spec.kind == "date":
        return date.fromisoformat(wire)
    if spec.kind == "time":
        return time.fromisoformat(wire)
    if spec.kind == "datetime":
        return clock.local(clock.parse_instant(wire)).replace(tzinfo=None)
    return wire if spec.kind in ("integer", "yes_no") else str(wire)


def export_file(entity: EntityType, path: Path, grants: Grants, tree: Any = None) -> int:
    """Export what the reader sees under a filter; returns the rows. Half a file is never left behind."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as out:
            rows = export(db.session(), entity, grants, Window(filter=tree), out)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return rows
