"""How much somebody may export at once, whether it bears a watermark, and what the access log keeps of an export."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from app import clock
from app.access.grants import Grants
from app.access.log import note
from app.entity import EntityType, registry
from app.exporting.asked import Asked
from app.exporting.entities import EVERY, ExportLimit
from app.exporting.rows import how_many
from app.exporting.shape import ExportRefused, shape_of
from app.query.display import when

LOGGED_FIELDS = 12
HIDDEN = "***"
"""Stands in the log for a value that tells of a person."""


@dataclass(frozen=True)
class Limit:
    """What holds for one person and entity: most rows (None: no limit), a watermark, whether more may be asked for."""

    cap: int | None = None
    watermark: bool = False
    approve: bool = True

    def allows(self, rows: int) -> bool:
        """Whether so many rows may be taken without asking."""
        return self.cap is None or rows <= self.cap

    def refuses(self, form: str) -> Any:
        """Why nobody under this limit gets such a file, as a sentence; None when they do."""
        if form == "csv" and self.watermark:
            return _l("Your exports bear a watermark, which a CSV cannot. Please choose Excel or PDF, or ask an "
                      "administrator for exports without a watermark.")  # fmt: skip
        return None


FREE = Limit()


def limit_of(session: Session | Connection, entity: EntityType, grants: Grants) -> Limit:
    """The most permissive limit over the roles that let a person export the entity; a role without one has none.

    A limit for the entity itself counts before one for its header, and that before one for every sheet.
    """
    giving = [role.name for role in grants.roles if "export" in role.verbs(entity)]
    if grants.system or not giving:
        return FREE
    table = registry.of(ExportLimit).table
    names = [entity.name, *([entity.about.parent] if entity.about.parent else []), EVERY]
    query = select(table.c.role, table.c.for_entity, table.c.max_rows, table.c.watermark, table.c.approve)
    query = query.where(table.c.role.in_(giving), table.c.for_entity.in_(names))
    found = {(row[0], row[1]): Limit(row[2], bool(row[3]), bool(row[4])) for row in session.execute(query)}
    return widest(next((found[role, n] for n in names if (role, n) in found), FREE) for role in giving)


def widest(limits: Iterable[Limit]) -> Limit:
    """Of several limits the most permissive, point by point."""
    known = list(limits)
    caps = [one.cap for one in known if one.cap is not None]
    return Limit(
        max(caps) if len(caps) == len(known) else None,
        all(one.watermark for one in known),
        any(one.approve for one in known),
    )


def measured(session: Session, entity: EntityType, grants: Grants, asked: Asked) -> tuple[int, Limit]:
    """How many rows an export would have, and what holds for whom it is for. Raises FilterError."""
    limit = limit_of(session, entity, grants)
    if (against := limit.refuses(asked.format)) is not None:
        raise ExportRefused(against)
    return how_many(session, shape_of(entity, grants, asked), grants, asked), limit


def watermark_text(session: Session, grants: Grants) -> str:
    """Who exported when and from where, as every page says it."""
    table = User.__table__
    login = session.execute(select(table.c.username).where(table.c.id == grants.user_id)).scalar() or ""
    company = str(current_app.config["TAIZHANG"].company)
    moment = when(clock.now())
    return f"{grants.name} ({login}) · {moment} · {company}"


def noted(entity: EntityType, asked: Asked, rows: int, how: str = "") -> None:
    """Leave a line in the access log: what was exported, of which rows and fields, in which form, how many.

    The conditions come before the fields, which are many: the line has an end. It stays for ever, so personal values
    are not in it.
    """
    parts = [entity.name, asked.format, how]
    if asked.ids is not None:
        parts.append(f"{len(asked.ids)} selected")
    elif asked.filter or asked.q:
        parts.append(
            " ".join(filter(None, ("where", condition(entity, asked.filter), _searched(entity, asked.q))))
        )
    if asked.groups:
        parts.append(f"by {' '.join(asked.groups)}")
    fields = () if asked.everything or not asked.fields else asked.fields
    shown = " ".join(fields[:LOGGED_FIELDS]) + (" …" if len(fields) > LOGGED_FIELDS else "")
    parts.append(f"{len(fields)} fields: {shown}" if fields else "all fields")
    line = " ".join(filter(None, parts))
    note("export", detail="".join(c if c.isprintable() else " " for c in line), rows=rows)


def _searched(entity: EntityType, q: str) -> str:
    personal = any(spec.pii and name in entity.key_columns for name, spec in entity.fields.items())
    return "" if not q else HIDDEN if personal else f'"{q}"'


def condition(entity: EntityType, tree: Any) -> str:
    """A filter as one line of text, for the log."""
    if not isinstance(tree, dict):
        return ""
    for word in ("and", "or"):
        if isinstance(tree.get(word), list):
            return f"({f' {word} '.join(condition(entity, part) for part in tree[word])})"
    if "not" in tree:
        return f"not {condition(entity, tree['not'])}"
    head, _dot, tail = str(tree.get("field")).partition(".")
    spec = entity.fields.get(entity.renamed.get(head, head))
    if spec is not None and spec.kind == "link" and tail:
        spec = registry.get(spec.target).fields.get(tail)
    value = tree.get("value")
    shown = "|".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    if shown and (spec is None or spec.pii):
        shown = HIDDEN
    return f"{tree.get('field')} {tree.get('op')} {shown}".rstrip()
