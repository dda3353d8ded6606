"""Which column of a file is which field: by label in zh and en, by field name, or as the user says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.access.grants import Grants
from app.entity import EntityType
from app.entity.labels import in_every_language
from app.excel.headers import header_form
from app.importing.options import Treatment


@dataclass(slots=True)
class ColumnMap:
    """Field by column index; headers that match no field; required fields no column feeds; fields fed twice."""

    fields: dict[int, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


def known_headers(entity: EntityType, grants: Grants) -> dict[str, str]:
    """Field name by every header text it answers to, in normal form."""
    names: dict[str, str] = {}
    for name in grants.visible_fields(entity.name):
        spec = entity.fields[name]
        if spec.kind == "attachment":
            continue  # an export names the files; a sheet cannot bring them
        for text in (name, *in_every_language(spec.label), *spec.was):
            names.setdefault(header_form(text), name)
            if spec.unit:
                names.setdefault(header_form(f"{text}({spec.unit})"), name)
    return names


def map_columns(
    entity: EntityType,
    headers: Sequence[str],
    grants: Grants,
    given: Mapping[str, Treatment | None] | None = None,
) -> ColumnMap:
    """Map a file's headers. `given` overrides by header: a treatment, or None to leave the column out."""
    known, found, used = known_headers(entity, grants), ColumnMap(), dict[str, int]()
    for index, header in enumerate(headers):
        name = known.get(header_form(header)) if header else None
        if given and header in given:
            said = given[header]
            name = said.field if said else None
        if name is None or name not in entity.fields or entity.fields[name].kind == "attachment":
            if header:
                found.ignored.append(header)
            continue
        if name in used:
            found.doubled.append(header)
            continue
        used[name] = index
        found.fields[index] = name
    found.missing = [
        n for n, f in entity.fields.items() if f.required and n not in used and f.written_by_people
    ]
    return found
