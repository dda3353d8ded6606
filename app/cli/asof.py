"""Commands about how things were: as-of, restore."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from app.cli.common import (
    Refused,
    acting,
    application,
    find_entity,
    find_record,
    json_option,
    tell,
    user_option,
)
from app.entity import EntityType

at_option = click.option("--at", "at", help="The moment in the company's zone, such as 2026-11-01 08:00.")


@click.command("as-of")
@click.argument("entity")
@click.argument("key", required=False)
@click.option("--at", "at", required=True, help="The moment in the company's zone, such as 2026-11-01 08:00.")
@click.option("--diff", is_flag=True, help="Only what differs from now, with both values.")
@user_option
@json_option
def as_of(entity: str, key: str | None, at: str, diff: bool, user: str | None, as_json: bool) -> None:
    """A record, or the whole sheet, as it was at a moment."""
    from app.db import db
    from app.query.asof import PastSheet, record_as_of
    from app.query.filters import FilterError

    app = application()
    with acting(app, user) as grants:
        found = find_entity(entity)
        if not grants.can("history", found.name):
            raise Refused("没有查看变更记录的权限 / no right to the history", as_json=as_json)
        moment = _moment(at, as_json)
        try:
            sheet = PastSheet(db.session(), found, grants, moment)
            if key is None:
                rows = list(_rows(sheet, None))
            else:
                one = record_as_of(db.session(), found, grants, _id_then(sheet, found, key), at=moment)
                rows = [one] if one else []
        except FilterError as problem:
            raise Refused(str(problem.message), as_json=as_json) from None
        if key is not None and not rows:
            raise Refused("那时没有这条记录 / this record was not there then", as_json=as_json)
        if diff:
            rows = [row for row in rows if row["now"]]
        lines = [line for row in rows for line in _lines(found, row, diff)]
    tell(as_json, {"at": moment.isoformat(), "rows": rows}, *(lines or ["没有 / nothing"]))


@click.command()
@click.argument("entity")
@click.argument("key")
@at_option
@click.option("--log", "log", type=int, help="As this entry of the change log left it.")
@click.option("--field", "fields", multiple=True, help="Only this field; may be given several times.")
@user_option
@json_option
def restore(entity: str, key: str, at: str | None, log: int | None, fields: tuple[str, ...], user: str | None,
            as_json: bool) -> None:  # fmt: skip
    """Bring a record back to a moment, or back at all if it was deleted; through the gate like any edit."""
    from app.change import RestoreRefused
    from app.change import restore as bring_back
    from app.db import db
    from app.query.asof import PastSheet
    from app.query.filters import FilterError

    app = application()
    with acting(app, user, "restore") as grants:
        found = find_entity(entity)
        moment = _moment(at, as_json) if at else None
        try:
            sheet = PastSheet(db.session(), found, grants, moment) if moment else None
            record = _id_then(sheet, found, key)
            result = bring_back(found, record, grants, at=moment, log=log, fields=fields or None)
        except (RestoreRefused, FilterError) as refused:
            raise Refused(str(refused.message), as_json=as_json) from None
        body = {"change_set": result.change_set, "state": result.state, "inserted": result.inserted,
                "updated": result.updated, "left": result.left}  # fmt: skip
        problems = [str(e.message) for e in result.errors] + [f"{c.field}: {c.by}" for c in result.conflicts]
        words = {
            "applied": f"已恢复，变更集 {result.change_set} / restored",
            "unchanged": "和现在一样，没有改动 / as it is now, nothing to change",
            "held": f"已送审批，变更集 {result.change_set} / waits for approval",
        }
        left = [f"  {item['reason']}" for item in result.left]
    if not result.ok:
        raise Refused(*problems, body={**body, "errors": problems}, as_json=as_json)
    tell(as_json, body, words.get(result.state, result.state), *left)


def _moment(text: str, as_json: bool) -> datetime:
    from app.query.asof import moment
    from app.query.filters import FilterError

    try:
        return moment(text)
    except FilterError as problem:
        raise Refused(str(problem.message), as_json=as_json) from None


def _rows(sheet: Any, tree: Any) -> Iterator[dict[str, Any]]:
    from app.query.rows import MAX_LIMIT, Window

    window = Window(tree, limit=MAX_LIMIT)
    while True:
        page = sheet.page(window)
        yield from page.rows
        if page.next is None:
            return
        window.after = page.next


def _id_then(sheet: Any, entity: EntityType, key: str) -> int:
    """The record that was called so at the sheet's moment, or is now, or has this id."""
    names = [n for n in dict.fromkeys([*entity.about.key, entity.about.title]) if n in entity.key_columns]
    if sheet is not None and names:
        tree = {"or": [{"field": name, "op": "eq", "value": key} for name in names]}
        ids = [row["id"] for row in _rows(sheet, tree)]
        if len(ids) == 1:
            return int(ids[0])
    return find_record(entity, key)


def _lines(entity: EntityType, row: dict[str, Any], diff: bool) -> Iterator[str]:
    from app.query.display import display, when

    def text(name: str, value: Any, title: Any) -> str:
        return display(entity.fields[name], value, title) or "—"

    names = dict.fromkeys([*entity.about.key, entity.about.title])
    shown = " ".join(text(n, row["values"].get(n), row["titles"].get(n)) for n in names if n in row["values"])
    now = row["now"] or {"cells": {}, "gone": False}
    gone = f"  已删除 / deleted: {now['by']} {when(now['at'])}" if now["gone"] else ""
    yield f"#{row['id']} v{row['version']} {shown}{gone}"
    if not diff:
        return
    for name, cell in now["cells"].items():
        then, present = (
            text(name, row["values"][name], row["titles"].get(name)),
            text(name, cell["value"], cell["title"]),
        )
        yield f"    {entity.fields[name].label}: {then} → {present}  {cell['by']} {when(cell['at'])}"


COMMANDS = (as_of, restore)
