"""One shape for everything that is refused: JSON for clients, sentences for pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask_appbuilder.exceptions import FABException

from app.access.grants import Grants
from app.change import CellError, Result
from app.db import db
from app.entity import EntityType, registry
from app.importing.shown import Texts
from app.query.rows import records
from app.query.titles import add_titles, title_text


class Refused(FABException):
    """A change set the gate did not write."""

    def __init__(self, result: Result) -> None:
        self.result = result
        super().__init__("；".join(str(e.message) for e in result.errors[:5]))


def error_json(error: CellError) -> dict[str, Any]:
    """One error as clients see it."""
    return {**asdict(error), "message": str(error.message)}


def status_of(result: Result) -> int:
    """The HTTP status of an outcome: 200, 403, 404, 409 for conflicts, 422 for errors and open questions."""
    if result.ok:
        return 200
    codes = {e.code for e in result.errors}
    if codes and codes <= {"NOT_FOUND"}:
        return 404
    if codes and codes <= {"FORBIDDEN"}:
        return 403
    return 409 if result.conflicts and not result.errors else 422


def result_json(result: Result, grants: Grants) -> dict[str, Any]:
    """The outcome of a change set as clients see it, values and titles within the reader's rights."""
    rows = []
    for item in result.results:
        levels = grants.levels(item.entity)
        fields = registry.get(item.entity).fields
        values = {
            name: fields[name].masked(value) if levels[name] == "masked" else value
            for name, value in item.values.items()
            if levels.get(name, "hidden") != "hidden"
        }
        rows.append({"row": item.row, "entity": item.entity, "op": item.op, "ref": item.ref, "id": item.id,
                     "version": item.version, "state": item.state, "values": values})  # fmt: skip
    for name in {item.entity for item in result.results}:
        mine = [r for r in rows if r["entity"] == name and r["values"]]
        if mine:
            add_titles(db.session(), registry.get(name), grants, mine)
    return {
        "change_set": result.change_set, "state": result.state, "results": rows,
        "counts": {"inserted": result.inserted, "updated": result.updated, "deleted": result.deleted,
                   "unchanged": result.unchanged},
        "errors": [error_json(e) for e in result.errors],
        "confirms": [error_json(c) for c in result.confirms],
        "conflicts": [asdict(c) for c in result.conflicts],
        "notes": [error_json(n) for n in result.notes],
        "cases": result.cases,
        "left": _left(result.left, grants),
        "message": message_of(result),
    }  # fmt: skip


def _left(left: list[dict[str, Any]], grants: Grants) -> list[dict[str, Any]]:
    """What an undo left alone, with the titles the reader may see."""
    titles: dict[tuple[str, int], Any] = {}
    for name in {item["entity"] for item in left}:
        _say_cells(registry.get(name), [item for item in left if item["entity"] == name], grants)
        entity, ids = registry.get(name), [item["id"] for item in left if item["entity"] == name]
        for record in records(db.session(), entity, grants, ids, [entity.about.title]):
            value = record["values"].get(entity.about.title)
            titles[name, record["id"]] = value and title_text(entity.fields[entity.about.title], value)
    return [{**item, "title": titles.get((item["entity"], item["id"])) or f"#{item['id']}"} for item in left]


def _say_cells(entity: EntityType, items: list[dict[str, Any]], grants: Grants) -> None:
    """The cells that were touched since, as texts."""
    cells = [cell for item in items for cell in item.get("cells", [])]
    texts = Texts(
        db.session(), entity, grants, [(c["field"], c[side]) for c in cells for side in ("old", "new")]
    )
    for cell in cells:
        cell |= {side: texts.text(cell["field"], cell[side]) for side in ("old", "new")}


def message_of(result: Result) -> str:
    """What happened, in one sentence."""
    from flask_babel import gettext as _

    if result.ok and result.notes:
        return str(result.notes[0].message)
    if result.ok and result.cases:
        names = "、".join(dict.fromkeys(name for case in result.cases for name in case["waits_for"]))
        return str(
            _("Sent for approval. Now it is the turn of %(names)s.", names=names) if names else _("Approved.")
        )
    if result.ok:
        return str(_("Saved.") if result.state == "applied" else _("Nothing to change."))
    if result.errors:
        return str(result.errors[0].message)
    if result.conflicts:
        return str(_("Somebody else changed the same cells meanwhile."))
    return str(result.confirms[0].message) if result.confirms else ""
