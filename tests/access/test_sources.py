"""What the wall cannot see is kept out of the sources: raw SQL, tables of records, the doors past it.

Each list says who may; whoever else needs it has to say so here, with the reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Below the wall: the gate judges all rows, the log and migrations keep them, access decides what is seen.
BELOW = (
    "app/change/",
    "app/audit/",
    "app/access/",
    "app/migrat",
    "app/engine.py",
    "app/entity/",
    "app/db.py",
)
TABLES = {
    *BELOW,
    "app/approval/",  # a decision rests on the whole record, whoever may see it
    "app/query/",  # titles of linked records, which may be shown without being opened
    "app/org/parameters.py",  # rules read parameters inside the gate
    "app/fab/permissions.py",  # FAB's own tables
    "app/fab/attachments.py",  # files, handed out by what the record naming them shows
    "app/jobs/",  # platform tables
    "app/exporting/",  # platform tables, limits and requests; records themselves are read through the wall
    "app/importing/history.py",  # platform tables: the change sets of imports
    "app/importing/profiles.py",  # platform tables: remembered mappings
    "app/importing/personal.py",  # platform tables: what an erasure must find in sets and jobs
    "views/entries.py",  # the log of deleted records, whose scope is judged by what they were at last
    "views/platform.py",  # names of people, roles and permissions
    "app/web/rights.py",  # roles and rights, which are no records
    "models/",  # rules run inside the gate, which sees all rows
    "seeds/",  # run as the system
}
RAW = {*BELOW, "app/jobs/"}
WRITING = {"app/change/", "app/audit/"}
UNSCOPED = {"app/change/", "app/access/"}
ACTING = {
    "app/approval/",  # what was agreed to is written as whoever asked
    "app/access/",
    "app/cli/",
    "app/exporting/deliver.py",  # a scheduled export reads as its owner
    "app/jobs/",
    "app/change/",
    "seeds/",
    "app/setup.py",
}


@cache
def sources() -> list[tuple[str, ast.Module]]:
    paths = [path for folder in ("app", "models", "views", "seeds") for path in (ROOT / folder).rglob("*.py")]
    return [(p.relative_to(ROOT).as_posix(), ast.parse(p.read_text("utf-8"))) for p in sorted(paths)]


def imported(package: str, *names: str) -> Iterator[str]:
    """Places that import one of the names from a package or one of its modules."""
    for place, tree in sources():
        for node in ast.walk(tree):
            from_there = isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{package}.")
            if from_there and {alias.name for alias in node.names} & set(names):
                yield f"{place}:{node.lineno}"


def attributes(*names: str) -> Iterator[str]:
    """Places that read an attribute of one of these names."""
    for place, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in names:
                yield f"{place}:{node.lineno}"


def outside(places: Iterable[str], allowed: Iterable[str]) -> list[str]:
    found = list(places)
    assert found, "nothing was found at all: the finder is blind"
    return [place for place in found if not place.startswith(tuple(allowed))]


def test_tables_of_records_are_read_below_the_wall_only() -> None:
    assert outside(attributes("__table__", "table"), TABLES) == []


def test_no_raw_sql_above_the_wall() -> None:
    assert outside(imported("sqlalchemy", "text", "literal_column"), RAW) == []
    assert outside(attributes("exec_driver_sql", "from_statement", "text_factory"), RAW) == []


def test_only_the_gate_writes_records() -> None:
    assert outside(imported("app.audit", "writing"), WRITING) == []


def test_only_the_gate_reads_past_scope() -> None:
    assert (
        outside(
            [*imported("app.access", "unscoped"), *attributes("unscoped"), "app/access/wall.py"], UNSCOPED
        )
        == []
    )


def test_only_what_has_no_request_acts_as_somebody() -> None:
    assert outside(imported("app.access", "acting_as", "granted", "SYSTEM_GRANTS"), ACTING) == []
