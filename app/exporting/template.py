"""An empty workbook to fill in: what each column means, what may be typed, an example that no import takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, BinaryIO

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.entity import EntityType, Field, registry
from app.entity.field import PERSON
from app.excel.cellxml import Value
from app.excel.validation import Depends, Rule
from app.excel.write import ColumnOut, SheetOut, Special, write_table
from app.exporting.shape import Column, ExportRefused, Helps, column_of, column_out
from app.query.filters import title_known

MOST_TITLES = 2000
_LARGEST = "9007199254740991"
_MANY = 50_000


def template(session: Session, entity: EntityType, grants: Grants, out: BinaryIO) -> None:
    """Write the workbook of an entity to `out`, with the fields this person may fill in."""
    specs = fields_of(entity, grants)
    if not specs:
        raise ExportRefused(
            _l("You may not fill in any field of this sheet. Please ask who gives out rights.")
        )
    helps = Helps(session, grants, MOST_TITLES)
    columns = [column_of(entity, spec, "edit") for spec in specs]
    outs = [_column(session, entity, column, columns, helps, grants) for column in columns]
    example: list[Value] = [example_of(spec, helps) for spec in specs]
    if example:
        example[0] = _("Example: not imported")
    frozen = sum(1 for spec in specs[:2] if spec.name in (*entity.about.key, entity.about.title))
    sheet = SheetOut(str(entity.label), outs, [Special(example)], frozen)
    write_table(out, [sheet, _instructions(columns, helps)])


def fields_of(entity: EntityType, grants: Grants) -> list[Field]:
    """The fields a person fills in: what names the record first, then in declared order."""
    about = entity.about
    specs = [
        entity.fields[name] for name in grants.editable_fields(entity.name)
        if not entity.fields[name].system and entity.fields[name].kind not in ("json", "attachment")
    ]  # fmt: skip
    return sorted(
        specs, key=lambda spec: spec.name != "parent_id" and spec.name not in (*about.key, about.title)
    )


def _column(
    session: Session,
    entity: EntityType,
    column: Column,
    columns: Sequence[Column],
    helps: Helps,
    grants: Grants,
) -> ColumnOut:
    spec, depends = column.spec, None
    found = _governed(spec, columns)
    if found is not None:
        place, through = found
        depends = _pairs(session, spec, place, through, columns[place].spec, grants)
    choices = helps.choices(spec)
    made = column_out(column, choices, _note(spec, choices), spec.required)
    return replace(made, depends=depends, rule=None if choices or depends else rule_of(spec))


def _governed(spec: Field, columns: Sequence[Column]) -> tuple[int, str] | None:
    """The column a link's list follows, and the field of the link's target that holds the same record.

    A contact belongs to a customer: where a row names the customer, only their contacts are offered.
    """
    if spec.kind != "link":
        return None
    target = registry.get(spec.target)
    for place, other in enumerate(columns):
        if other.spec.kind != "link" or other.spec is spec or other.spec.target == spec.target:
            continue
        same = [
            name for name, own in target.links.items() if own.target == other.spec.target and not own.system
        ]
        if len(same) == 1:
            return place, same[0]
    return None


def _pairs(
    session: Session, spec: Field, place: int, through: str, above: Field, grants: Grants
) -> Depends | None:
    """Titles of the target beside the titles of what governs them, as far as the reader's scope goes."""
    own, upper = registry.get(spec.target), registry.get(above.target)
    if (
        not (title_known(own, grants) and title_known(upper, grants))
        or grants.level(own.name, through) == "hidden"
    ):
        return None
    if own.fields[own.about.title].is_link or upper.fields[upper.about.title].is_link:
        return None
    title, link = getattr(own.cls, own.about.title), getattr(own.cls, through)
    name = getattr(upper.cls, upper.about.title)
    query = select(name, title).join(upper.cls, upper.cls.id == link).where(own.cls.archived_at.is_(None))
    pairs = [(str(a), str(b)) for a, b in session.execute(query.limit(_MANY + 1)) if a and b]
    return Depends(place, pairs) if 0 < len(pairs) <= _MANY else None


def rule_of(spec: Field) -> Rule | None:
    """What Excel checks as it is typed; the import checks all of it again."""
    label = str(spec.label)
    if spec.kind == "integer":
        message = _("%(label)s: please type a whole number.", label=label)
        return Rule("whole", f"-{_LARGEST}", _LARGEST, message)
    if spec.digits and spec.kind == "percent":
        return Rule(
            "decimal", "-999", "999", _("%(label)s: please type a percentage, like 12.5%%.", label=label)
        )
    if spec.digits:
        most = "9" * (spec.digits - spec.scale)
        message = _(
            "%(label)s: please type a number with at most %(scale)s decimals.", label=label, scale=spec.scale
        )
        return Rule("decimal", f"-{most}", most, message)
    if spec.kind == "date":
        message = _("%(label)s: please type a date, like 2026-01-31.", label=label)
        return Rule("date", "61", "401768", message)
    if spec.length:
        message = _("%(label)s: at most %(length)s characters fit here.", label=label, length=spec.length)
        return Rule("textLength", "0", str(spec.length), message)
    return None


def example_of(spec: Field, helps: Helps) -> Value:
    """A value of the field that could stand there; nothing where none can be told."""
    choices = helps.choices(spec)
    if choices:
        return choices[0]
    values: dict[str, Any] = {
        "integer": 12, "decimal": 12, "money": 1234, "date": clock.today(), "percent": 0, "text": _("Text"),
    }  # fmt: skip
    if spec.check is not None or spec.pattern or spec.kind not in values:
        return None
    if spec.digits:
        return Decimal("0.125") if spec.kind == "percent" else Decimal(values[spec.kind])
    return None if spec.kind == "text" and not spec.required else values[spec.kind]


def _note(spec: Field, choices: Sequence[str]) -> str:
    return "\n".join(
        line
        for line in (_("Required") if spec.required else "", _allowed(spec, choices), str(spec.help))
        if line
    )


def _allowed(spec: Field, choices: Sequence[str]) -> str:
    """What may be typed, in one line."""
    return str(_words(spec, choices))


def _words(spec: Field, choices: Sequence[str]) -> Any:
    if spec.kind == "number":
        return _("Leave empty: given automatically.")
    if spec.kind == "multi_choice":
        return _("Several, separated by 、: %(labels)s", labels="、".join(choices))
    if spec.kind in ("choice", "yes_no"):
        return _("One of: %(labels)s", labels="、".join(choices))
    if spec.is_link:
        if spec.target == PERSON:
            return _("The name of a person who can sign in")
        target = str(registry.get(spec.target).label)
        return _("The name or code of a record of “%(sheet)s”", sheet=target)
    if spec.kind == "integer":
        return _("A whole number")
    if spec.kind == "percent":
        return _("A percentage, like 12.5%")
    if spec.digits:
        return _("A number with at most %(scale)s decimals", scale=spec.scale)
    words = {"date": _("A date, like 2026-01-31"), "datetime": _("A date and time, like 2026-01-31 08:30"),
             "time": _("A time, like 08:30")}  # fmt: skip
    if spec.kind in words:
        return words[spec.kind]
    return _("Text of at most %(length)s characters", length=f"{spec.length:,}") if spec.length else _("Text")


def _instructions(columns: Sequence[Column], helps: Helps) -> SheetOut:
    """The sheet that says what each column means."""
    heads = [_("Column"), _("Required"), _("What may be typed"), _("What it means")]
    widths = (24, 10, 60, 60)
    outs = [ColumnOut(head, width=width, wrapped=True) for head, width in zip(heads, widths, strict=True)]
    rows: list[list[Value]] = [
        [column.header, _("Required") if column.spec.required else "", _allowed(column.spec, helps.choices(column.spec)),
         str(column.spec.help)]
        for column in columns
    ]  # fmt: skip
    rows.append([None, None, None, None])
    rows.append([_("How to fill it in"), None, _("Fill in the first sheet from row 2 down; the headers stay as they are. "
                 "The grey example row may be written over or left: it is not imported."), None])  # fmt: skip
    return SheetOut(_("Instructions"), outs, rows, filtered=False)
