"""Commands about what happened and what is allowed: log, revert, why."""

from __future__ import annotations

from typing import Any

import click

from app.cli.common import (
    Refused,
    acting,
    application,
    find_entity,
    find_record,
    find_user,
    json_option,
    tell,
    user_option,
)


@click.command()
@click.option("--entity", help="Only this entity.")
@click.option("--record", help="Only this record: its key or id.")
@click.option("--change-set", type=int, help="Only this change set.")
@click.option("--limit", default=50, show_default=True)
@user_option
@json_option
def log(entity: str | None, record: str | None, change_set: int | None, limit: int, user: str | None,
        as_json: bool) -> None:  # fmt: skip
    """The change log, newest first."""
    from app.audit.history import Filters, entries
    from app.db import db

    app = application()
    with acting(app, user):
        found = find_entity(entity) if entity else None
        record_id = find_record(found, record) if found is not None and record else None
        wanted = Filters(tables=(found.name,) if found else (), record_id=record_id, change_set=change_set)
        items = entries(db.session(), wanted, limit=limit)
        rows: list[dict[str, Any]] = [
            {"id": e.id, "at": str(e.at), "actor": e.actor_name, "source": e.source, "change_set": e.change_set,
             "entity": e.tbl, "record": e.record_id, "op": e.op, "old": e.old, "new": e.new}
            for e in items
        ]  # fmt: skip
    lines = [
        f"{r['id']:>8} {r['at'][:19]} {r['actor']:<12} {r['source']:<8} {r['op']} {r['entity']}#{r['record']} "
        f"{_cells(r['old'], r['new'])}"
        for r in rows
    ]
    tell(as_json, {"entries": rows}, *(lines or ["没有记录 / nothing"]))


def _cells(old: dict[str, Any] | None, new: dict[str, Any] | None) -> str:
    if old and new:
        return "; ".join(
            f"{n}: {_text(old.get(n))} → {_text(new.get(n))}"
            for n in new
            if n not in ("version", "updated_at")
        )
    return ""


def _text(value: Any) -> Any:
    from app.audit.pii import is_erased

    return "（已删除）" if is_erased(value) else value


@click.command()
@click.argument("change_set", type=int)
@user_option
@json_option
def revert(change_set: int, user: str | None, as_json: bool) -> None:
    """Take a change set back; records touched since are listed and left."""
    from app.change import UndoRefused, undo

    app = application()
    with acting(app, user, "revert") as grants:
        try:
            result = undo(change_set, grants, source="revert")
        except UndoRefused as refused:
            raise Refused(str(refused.message), as_json=as_json) from None
    body = {"change_set": result.change_set, "inserted": result.inserted, "updated": result.updated,
            "deleted": result.deleted, "left": result.left}  # fmt: skip
    lines = [
        f"已撤回 / reverted: +{result.inserted} ~{result.updated} -{result.deleted}，保留 / left {len(result.left)}"
    ]
    lines += [f"  {r['entity']}#{r['id']}: {r['reason']}" for r in result.left[:50]]
    tell(as_json, body, *lines)


@click.command()
@click.argument("user")
@click.argument("verb")
@click.argument("entity")
@click.argument("key", required=False)
@click.argument("field", required=False)
@json_option
def why(user: str, verb: str, entity: str, key: str | None, field: str | None, as_json: bool) -> None:
    """Why USER may or may not VERB an ENTITY, one record of it, or one of its fields."""
    from app.approval.why import why as explain
    from app.db import db

    app = application()
    with acting(app, None):
        found = find_entity(entity)
        record_id = find_record(found, key) if key else None
        answer = explain(db.session(), find_user(user), verb, found.name, record_id, field)
        chain, fix = [str(line) for line in answer.chain], str(answer.fix or "")
    body = {"allowed": answer.allowed, "chain": chain, "fix": fix}
    lines = [("可以 / allowed" if answer.allowed else "不可以 / not allowed"), *(f"  {c}" for c in chain)]
    if not answer.allowed:
        raise Refused(*lines, *([fix] if fix else []), body=body, as_json=as_json)
    tell(as_json, body, *lines)


@click.command()
@click.argument("role")
@click.argument("entity")
@click.option("--verbs", help="All verbs held from now on, separated by commas; empty for none.")
@click.option("--scope", help="own, department, tree, all or none.")
@click.option(
    "--level", "levels", multiple=True, metavar="FIELD=LEVEL", help="hidden, masked, read, edit or default."
)
@click.option("--reason", default="", help="Why; kept in the change log.")
@user_option
@json_option
def rights(role: str, entity: str, verbs: str | None, scope: str | None, levels: tuple[str, ...], reason: str,
           user: str | None, as_json: bool) -> None:  # fmt: skip
    """Change what ROLE may do on ENTITY; what is not named stays as it is."""
    from app.change.rights import RightsChange, RightsRefused, change_rights

    if any("=" not in level for level in levels):
        raise click.UsageError("--level FIELD=LEVEL")
    held = None if verbs is None else frozenset(v.strip() for v in verbs.split(",") if v.strip())
    asked = RightsChange(role, entity, held, scope, dict(level.split("=", 1) for level in levels))
    app = application()
    with acting(app, user, "rights") as grants:
        try:
            set_id = change_rights([asked], reason, grants)
        except RightsRefused as refused:
            raise Refused(str(refused.message), as_json=as_json) from None
    tell(as_json, {"change_set": set_id}, f"权限已改，变更集 {set_id} / rights changed")


COMMANDS = (log, revert, why, rights)
