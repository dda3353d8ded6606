"""The address of a sheet: `filter` is a filter as JSON, `sort` field names (`-amount,name`), `q` what is searched for.

What an address asks for is checked and put into words here, so that whoever is sent it sees the conditions as if they
had set them themselves, and only what they may see.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.access.wall import visible_ids
from app.entity import EntityType, Field, registry
from app.entity.field import PERSON
from app.importing import history
from app.query.filters import FilterError
from app.query.rows import Window, selection
from app.query.titles import titles_of
from app.query.touched import ID

MOST = 20_000
"""Characters of a filter."""


def sheet_url(entity: str, condition: Mapping[str, Any] | None = None) -> str:
    """Where an entity's sheet is, with only the records of one condition."""
    text = f"?filter={quote(orjson.dumps(condition).decode(), safe=',:')}" if condition else ""
    return f"/{entity}/list/{text}"


def touched_url(entity: str, change_set: int) -> str:
    """Where the records are that a change set added or changed."""
    return sheet_url(entity, {"field": ID, "op": "changed_by", "value": change_set})


def asked_of(
    session: Session, entity: EntityType, grants: Grants, args: Mapping[str, str]
) -> dict[str, Any] | None:
    """What the address of a sheet asks for: its conditions in words, the order, the search text, or one sentence
    (``problem``) on what is wrong with it. None when it asks for nothing."""
    given = {name: args[name].strip() for name in ("filter", "sort", "q") if args.get(name, "").strip()}
    if not given:
        return None
    try:
        tree, sort = _tree(given.get("filter")), _sort(given.get("sort", ""))
        q = given.get("q", "")[:200]
        selection(entity, grants, Window(tree, sort, q=q), [entity.cls.id])
    except FilterError as problem:
        said = _(
            "The filter in the address cannot be used, so everything is shown. %(why)s", why=problem.message
        )
        return {"conditions": [], "sort": [], "q": "", "problem": said}
    parts = tree["and"] if tree and "and" in tree else [tree] if tree else []
    conditions, seen = [], set[str]()
    for part in parts:
        conditions.append(_condition(session, entity, grants, part, seen))
    return {"conditions": conditions, "sort": sort, "q": q, "problem": ""}


def _tree(text: str | None) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        found = orjson.loads(text) if len(text) <= MOST else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise FilterError(_l("This filter cannot be read."))
    return found


def _sort(text: str) -> list[list[str]]:
    return [[name.lstrip("-"), "desc" if name.startswith("-") else "asc"] for name in text.split(",") if name]


def _condition(
    session: Session, entity: EntityType, grants: Grants, part: dict[str, Any], seen: set[str]
) -> dict[str, Any]:
    """A part of the filter as the sheet holds it: a column has one condition at most; what is more comes as ``tree``."""
    name, value = part.get("field"), part.get("value")
    if not isinstance(name, str) or name in seen or not (name in entity.fields or name == ID):
        return {"tree": part}
    seen.add(name)
    found: dict[str, Any] = {n: part[n] for n in ("field", "op", "value") if n in part}
    if name == ID:
        batch = history.batch(session, part["value"], grants)
        return {**found, "titles": [(batch and batch["name"]) or _("change set %(number)s", number=value)]}
    spec, values = entity.fields[name], value if isinstance(value, list) else [value]
    if spec.is_link and part["op"] in ("eq", "ne", "in"):
        known = _titles(session, spec, [one for one in values if type(one) is int], grants)
        found["titles"] = ["" if one is None else known.get(one) or f"#{one}" for one in values]
    return found


def _titles(session: Session, spec: Field, ids: list[int], grants: Grants) -> dict[int, str | None]:
    """Titles of the records that an address names; of what the reader does not reach they learn none by naming it."""
    if spec.target != PERSON:
        ids = sorted(visible_ids(session, registry.get(spec.target), ids))
    return titles_of(session, spec.target, ids, grants)
