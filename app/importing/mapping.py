"""Which column of a file is which field: as the user says, else by label in zh and en, by name, by synonym."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.access.grants import Grants
from app.entity import EntityType, Field, registry
from app.entity.labels import in_every_language
from app.excel.headers import header_form
from app.excel.manifest import HIDDEN
from app.importing.options import Options, Treatment
from app.importing.synonyms import synonyms


@dataclass(slots=True)
class ColumnMap:
    """Field by column index; headers that match no field; required fields no column feeds; fields fed twice.

    Fields of lines are ``entity.field``. `treatments` are those the user asked for, `specs` the fields, by name.
    `doubled` are a field's further columns, as pairs of header and field; `locked` the columns left out because their
    reader may not write the field, with the field by header.
    """

    fields: dict[int, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    doubled: list[tuple[str, str]] = field(default_factory=list)
    locked: dict[str, str] = field(default_factory=dict)
    treatments: dict[str, Treatment] = field(default_factory=dict)
    specs: dict[str, Field] = field(default_factory=dict)


def field_specs(entity: EntityType, grants: Grants, lines: EntityType | None = None) -> dict[str, Field]:
    """The fields a file may bring, by name; those of lines behind, as ``entity.field``.

    Files are not among them: an export names them, a sheet cannot bring them.
    """
    found = {n: entity.fields[n] for n in grants.visible_fields(entity.name)}
    found = {n: spec for n, spec in found.items() if spec.kind != "attachment"}
    return found | line_specs(lines, grants) if lines is not None else found


def line_specs(lines: EntityType, grants: Grants) -> dict[str, Field]:
    """The fields of lines a file may bring, as ``entity.field``."""
    found = {n: lines.fields[n] for n in grants.visible_fields(lines.name) if n != "parent_id"}
    return {f"{lines.name}.{n}": s for n, s in found.items() if s.kind != "attachment" and not s.system}


def known_headers(specs: Mapping[str, Field]) -> dict[str, str]:
    """Field name by every header that is its own, in `header_form`."""
    names: dict[str, str] = {}
    for name, spec in specs.items():
        labels = in_every_language(spec.label)
        for text in (name, spec.name, *labels, *spec.was):
            names.setdefault(header_form(text), name)
            if spec.unit:
                names.setdefault(header_form(f"{text}({spec.unit})"), name)
    return names


def like_headers(specs: Mapping[str, Field], known: Mapping[str, str]) -> dict[str, str]:
    """Field name by synonym, where one field answers to it, or only one that is required, and no other is called so."""
    claims: dict[str, set[str]] = {}
    for name, spec in specs.items():
        if not spec.system and spec.written_by_people:
            words = {w for text in in_every_language(spec.label) for w in synonyms(text)}
            for text in (text for label in _labels_above(spec) for text in in_every_language(label)):
                words |= {header_form(text), *synonyms(text)}
            for word in words:
                claims.setdefault(word, set()).add(name)
    narrowed = (
        (w, {n for n in names if specs[n].required} if len(names) > 1 else names)
        for w, names in claims.items()
    )
    return {word: min(names) for word, names in narrowed if len(names) == 1 and word not in known}


def _labels_above(spec: Field) -> list[Any]:
    """What names the header of a line: people write the customer's name above it, not “belongs to”."""
    if spec.name != "parent_id" or spec.target not in registry:
        return []
    above = registry.get(spec.target)
    names = dict.fromkeys([above.about.title, *above.about.key])
    return [above.label, *(above.fields[n].label for n in names if n in above.fields)]


def header_words(specs: Mapping[str, Field], options: Options) -> set[str]:
    """The headers to look for when the header row is to be found."""
    known = known_headers(specs)
    return {*known, *like_headers(specs, known), *map(header_form, options.columns), *HIDDEN}


def map_columns(
    entity: EntityType,
    headers: Sequence[str],
    grants: Grants,
    given: Mapping[str, Treatment | None] | None = None,
    *,
    lines: EntityType | None = None,
    known: Mapping[int, str] | None = None,
    key: Sequence[str] = (),
) -> ColumnMap:
    """Map a file's headers. `given` overrides by header: a treatment, or None to leave the column out.

    `lines` is the entity whose fields the file holds too. `known` are the columns of a workbook of ours. `key` are the
    headers, labels or names that records are found by, beside the usual ones.
    """
    found = map_headers(headers, field_specs(entity, grants, lines), given, known=known)
    if known is None:
        kept = {*grants.editable_fields(entity.name), *entity.about.key, "parent_id"}
        kept |= {
            *key_names(key, found, headers),
            *(line_writable(lines, grants) if lines is not None else ()),
        }
        leave_locked(found, headers, kept, given or {})
    fed = set(found.fields.values())
    found.missing = [
        n
        for n, f in entity.fields.items()
        if f.required and n not in fed and f.written_by_people and f.default_value() is None
    ]
    return found


def map_headers(
    headers: Sequence[str],
    specs: dict[str, Field],
    given: Mapping[str, Treatment | None] | None = None,
    *,
    known: Mapping[int, str] | None = None,
) -> ColumnMap:
    """Map headers to some fields, see `map_columns`; what is missing is not asked."""
    found, given = ColumnMap(specs=specs), given or {}
    own = known_headers(specs)
    like = like_headers(specs, own)
    said = {i: t.field for i, h in enumerate(headers) if (t := given.get(h)) is not None}
    open_ = [i for i, h in enumerate(headers) if h and h not in given]
    ranks = (
        said,
        {i: n for i in open_ if (n := (known or {}).get(i)) is not None},
        {i: own[f] for i in open_ if (f := header_form(headers[i])) in own},
        {i: like[f] for i in open_ if (f := header_form(headers[i])) in like},
    )
    used: dict[str, int] = {}
    for rank, columns in enumerate(ranks):
        fed = set(used)
        for index, name in columns.items():
            if name not in specs or index in found.fields:
                continue
            if name not in used:
                used[name], found.fields[index] = index, name
            elif name not in fed and rank < 3:
                found.doubled.append((headers[index], name))
    found.fields = dict(sorted(found.fields.items()))
    doubled = {header for header, _name in found.doubled}
    found.ignored = [
        h
        for i, h in enumerate(headers)
        if h and i not in found.fields and h not in doubled and h not in HIDDEN
    ]
    found.treatments = {n: t for i, n in found.fields.items() if (t := given.get(headers[i])) is not None}
    return found


def line_writable(lines: EntityType, grants: Grants) -> set[str]:
    """The fields of lines this person may give a value, and those a line is told apart by, as ``entity.field``."""
    return {f"{lines.name}.{n}" for n in (*grants.editable_fields(lines.name), *lines.about.key)}


def leave_locked(
    found: ColumnMap, headers: Sequence[str], kept: Collection[str], given: Mapping[str, Treatment | None]
) -> None:
    """Leave out what would only be refused in every row: all but the fields to be `kept` and what was asked for."""
    for index, name in list(found.fields.items()):
        header = headers[index]
        if name not in kept and header not in given:
            del found.fields[index]
            found.locked[header] = name
            found.ignored.append(header)


def lines_entity(name: str, entity: EntityType) -> EntityType | None:
    """The entity of an entity's lines; None when it has none of this name."""
    found = registry.get(name) if name in registry else None
    return found if found is not None and found.about.parent == entity.name else None


def key_names(wanted: Sequence[str], columns: ColumnMap, headers: Sequence[str]) -> list[str]:
    """Field names of a key given as headers, labels or names. Unknown words stay, and are reported as missing."""
    fed = {headers[index]: name for index, name in columns.fields.items()}
    known = known_headers(columns.specs)
    return [fed.get(word) or known.get(header_form(word), word) for word in wanted]
