"""How a file is to be read: what the wizard sends, a profile keeps and ``--options`` reads (docs/importing.md)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from flask_babel import lazy_gettext as _l

MATCHES = ("key", "id", "fields")
MODES = ("both", "new", "update")
ORDERS = ("ymd", "mdy", "dmy")
HIDDEN = ("refuse", "import", "skip")
"""What to do with hidden rows: refuse the file, import them like the others, or leave them out."""
TOTALS = ("skip", "import")


MOST_BYTES = 1_000_000


class OptionsRefused(ValueError):
    """The JSON is no `Options`; the message says which part."""

    def __init__(self, part: str) -> None:
        self.message = _l("This part of the import options cannot be read: %(part)s.", part=part[:80])
        super().__init__(part)


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done to the cells of one column before they are read as a field.

    `field` is a field's name, or ``entity.field`` for one of a line. `half` makes full-width characters
    half-width, `unit` is taken off a number, `order` reads dates that can be read several ways, `round` cuts to
    the field's decimals (half up), `values` translates texts, before anything else.
    """

    field: str
    half: bool = False
    unit: str = ""
    order: str = "ymd"
    round: bool = False
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The JSON form, without what is not asked for."""
        found: dict[str, Any] = {"field": self.field}
        if self.half:
            found["width"] = "half"
        found |= {n: v for n, v in (("unit", self.unit), ("round", self.round)) if v}
        if self.order != "ymd":
            found["order"] = self.order
        if self.values:
            found["values"] = dict(self.values)
        return found


@dataclass(frozen=True, slots=True)
class LinesSheet:
    """A second sheet that holds the lines; its column `link` (a header) names the header record."""

    sheet: str
    link: str
    header_row: int | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """How header and lines lie in the file. `group` are the header fields whose values make one document.

    `by` tells lines apart by their number (the line's key) or by their order; `gone` says whether lines that
    the file does not have are kept or removed.
    """

    entity: str
    group: tuple[str, ...] = ()
    by: str = "number"
    gone: str = "keep"
    sheet: LinesSheet | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a file. `columns` is by header: a treatment, or None to leave the column out; a header that is
    not named is mapped by itself. `constants` are texts of fields the file lacks. `create` names link fields
    whose missing records are made, each with texts for further fields of the new records."""

    sheet: str | None = None
    header_row: int | None = None
    columns: Mapping[str, Treatment | None] = dataclasses.field(default_factory=dict)
    constants: Mapping[str, str] = dataclasses.field(default_factory=dict)
    match: str = "key"
    key: tuple[str, ...] = ()
    mode: str = "both"
    create: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    lines: Lines | None = None
    hidden: str = "refuse"
    totals: str = "skip"
    confirmed: frozenset[str] = frozenset()

    @property
    def apart(self) -> str | None:
        """The entity of the lines that stand on a sheet of their own."""
        return self.lines.entity if self.lines is not None and self.lines.sheet is not None else None

    def as_json(self) -> dict[str, Any]:
        """The JSON form; `options_from` reads it back."""
        lines = self.lines
        return {
            "sheet": self.sheet, "header_row": self.header_row,
            "columns": {h: t.as_json() if t else None for h, t in self.columns.items()},
            "constants": dict(self.constants), "match": self.match, "key": list(self.key), "mode": self.mode,
            "create": self._created(), "hidden": self.hidden, "totals": self.totals,
            "confirmed": sorted(self.confirmed),
            "lines": lines and {
                "entity": lines.entity, "group": list(lines.group), "by": lines.by, "gone": lines.gone,
                "sheet": lines.sheet and {"sheet": lines.sheet.sheet, "link": lines.sheet.link,
                                          "header_row": lines.sheet.header_row},
            },
        }  # fmt: skip

    def _created(self) -> list[str] | dict[str, dict[str, str]]:
        """A list, as long as nothing but names is given."""
        if any(self.create.values()):
            return {name: dict(given) for name, given in sorted(self.create.items())}
        return sorted(self.create)


def options_from(body: Any) -> Options:
    """Options of their JSON form; what is left out has its default. Raises OptionsRefused."""
    if not isinstance(body, Mapping) or not _kept(body):
        raise OptionsRefused("options")
    columns = _mapping(body, "columns")
    constants = _mapping(body, "constants")
    lines = body.get("lines")
    return Options(
        sheet=_text(body, "sheet"),
        header_row=_row(body, "header_row"),
        columns={str(h): _treatment(h, t) for h, t in columns.items()},
        constants={str(n): str(v) for n, v in constants.items() if v not in (None, "")},
        match=_one_of(body, "match", MATCHES),
        key=_texts(body, "key"),
        mode=_one_of(body, "mode", MODES),
        create=_create(body),
        lines=_lines(lines) if lines else None,
        hidden=_one_of(body, "hidden", HIDDEN),
        totals=_one_of(body, "totals", TOTALS),
        confirmed=frozenset(_texts(body, "confirmed")),
    )


def _kept(body: Mapping[str, Any]) -> bool:
    """Whether this can be kept and handed on at all: no numbers or texts beyond a database's, no megabytes."""
    try:
        text = orjson.dumps(body, default=sorted)
    except TypeError:
        return False
    return len(text) <= MOST_BYTES and b"\\u0000" not in text


def _treatment(header: str, body: Any) -> Treatment | None:
    if body is None or body == "":
        return None
    if isinstance(body, str):
        return Treatment(body)
    if not isinstance(body, Mapping) or not isinstance(body.get("field"), str):
        raise OptionsRefused(f"columns.{header}")
    return Treatment(
        body["field"],
        half=body.get("width") == "half",
        unit=_text(body, "unit") or "",
        order=_one_of(body, "order", ORDERS),
        round=bool(body.get("round")),
        values={str(old): str(new) for old, new in _mapping(body, "values").items()},
    )


def _create(body: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    found = body.get("create") or ()
    if not isinstance(found, Mapping):
        return {name: {} for name in _texts(body, "create")}
    return {
        str(name): {str(n): str(v) for n, v in _mapping(found, str(name)).items() if v not in (None, "")}
        for name in found
    }


def _lines(body: Any) -> Lines:
    if not isinstance(body, Mapping) or not isinstance(body.get("entity"), str):
        raise OptionsRefused("lines")
    sheet = body.get("sheet")
    if sheet is not None and not (
        isinstance(sheet, Mapping)
        and isinstance(sheet.get("sheet"), str)
        and isinstance(sheet.get("link"), str)
    ):
        raise OptionsRefused("lines.sheet")
    return Lines(
        body["entity"],
        _texts(body, "group"),
        by=_one_of(body, "by", ("number", "order")),
        gone=_one_of(body, "gone", ("keep", "remove")),
        sheet=LinesSheet(sheet["sheet"], sheet["link"], _row(sheet, "header_row")) if sheet else None,
    )


def _mapping(body: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    found = body.get(part) or {}
    if not isinstance(found, Mapping):
        raise OptionsRefused(part)
    return found


def _text(body: Mapping[str, Any], part: str) -> str | None:
    found = body.get(part)
    if found is not None and not isinstance(found, str):
        raise OptionsRefused(part)
    return found


def _texts(body: Mapping[str, Any], part: str) -> tuple[str, ...]:
    found = body.get(part) or ()
    if isinstance(found, str) or not isinstance(found, list | tuple | frozenset | set):
        raise OptionsRefused(part)
    return tuple(str(item) for item in found)


def _row(body: Mapping[str, Any], part: str) -> int | None:
    found = body.get(part)
    if found is not None and (type(found) is not int or found < 1):
        raise OptionsRefused(part)
    return found


def _one_of(body: Mapping[str, Any], part: str, choices: tuple[str, ...]) -> str:
    found = body.get(part) or choices[0]
    if found not in choices:
        raise OptionsRefused(part)
    return str(found)
