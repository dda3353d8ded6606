"""Regions: a region's level is below that of the region it belongs to, which also rules out circles."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.change.contract import chunks
from app.change.rules import Batch, Row, rule
from app.entity import registry
from models.base.region import Region, RegionLevel

RANK = {option.code: rank for rank, option in enumerate(RegionLevel)}


@rule(Region, "REGION_LEVEL", when=("level", "parent_region_id"))
def levels(batch: Batch) -> None:
    """Refuse a region that is not below its upper region, and one that its own parts would not be below."""
    given = {_own(row): row["level"] for row in batch}
    uppers = {row: _target(row["parent_region_id"]) for row in batch}
    known = batch.fetch("region", [u for u in uppers.values() if u not in given], ["level"])
    parts = _parts(batch)
    for row, upper in uppers.items():
        if row["level"] is None:
            continue
        above = given.get(upper) or known.get(upper, {}).get("level")
        if above is not None and RANK[row["level"]] <= RANK[above]:
            row.error(
                "level",
                _l("A region must be below its upper region: area, province, city, county."),
                "BAD_LEVEL",
            )
        elif any(RANK[level] <= RANK[row["level"]] for level in parts.get(row.draft.id, [])):
            row.error("level", _l("Regions below this one have the same or a higher level."), "BAD_LEVEL")


def _parts(batch: Batch) -> dict[Any, list[str]]:
    """The levels of the regions directly below those that changed, by region; those in the batch excepted."""
    table = registry.of(Region).table
    column, mine = table.c.parent_region_id, {row.draft.id for row in batch}
    found: dict[Any, list[str]] = {}
    for part in chunks([row.draft.id for row in batch if row.op == "update" and row.changed("level")]):
        for record in batch.connection.execute(
            select(table.c.id, column, table.c.level).where(column.in_(part))
        ):
            if record[0] not in mine:
                found.setdefault(record[1], []).append(record[2])
    return found


def _own(row: Row) -> Any:
    return row.draft.id if row.draft.id is not None else row.draft.change.ref or f"row {row.draft.row}"


def _target(value: Any) -> Any:
    return value["ref"] if isinstance(value, dict) else value
