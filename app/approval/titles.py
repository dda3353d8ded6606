"""What a record is called in a case: its key and its title as plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import Connection, select

from app.access.load import person_name
from app.entity import EntityType, Field, registry
from app.entity.field import PERSON
from app.query.display import display


def title_of(connection: Connection, entity: EntityType, values: Mapping[str, Any]) -> str:
    """``SO-20261118-0007 南京秦淮酒行``: the key fields and the title field as texts, each once.

    A record that has no name but its number is told by what it is first of all linked to.
    """
    names = dict.fromkeys([*entity.about.key, entity.about.title])
    if entity.fields[entity.about.title].kind == "number":
        names |= dict.fromkeys([n for n, s in entity.fields.items() if s.kind == "link" and s.required][:1])
    texts = {n: text_of(connection, entity.fields[n], values.get(n)) for n in names if n in entity.fields}
    key = "-".join(filter(None, (texts.pop(n, "") for n in entity.about.key)))
    return " ".join(dict.fromkeys(filter(None, [key, *texts.values()])))


def text_of(connection: Connection, spec: Field, value: Any) -> str:
    """A value as text, a link by the title of its record."""
    if value is None or isinstance(value, dict):
        return ""
    if not spec.is_link:
        return display(spec, value)
    if spec.target == PERSON:
        table = User.__table__
        row = connection.execute(
            select(table.c.first_name, table.c.last_name).where(table.c.id == value)
        ).first()
        return person_name(row[0], row[1]) if row else ""
    target = registry.get(spec.target)
    title = target.fields.get(target.about.title)
    if title is None:
        return f"#{value}"
    found = connection.execute(select(target.table.c[title.name]).where(target.table.c.id == value)).scalar()
    return text_of(connection, title, title.to_wire(found))
