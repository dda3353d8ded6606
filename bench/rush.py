"""``python -m bench hands``: the real server on a database of its own, a rush of hands, an import, and the account."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy import Connection, func, select

from app.access.context import acting_as
from app.audit.log import ChangeLog
from app.db import db
from app.entity import registry
from bench.client import TIMEOUT, Client
from bench.hands import Editor, Hand, Reader, Tally, report
from bench.steps import LONGEST, Steps
from seeds.data.people import Person
from seeds.people import hire, join_departments
from seeds.writing import inserts, write
from tests.cast import HASH, PASSWORD, Cast, assemble, customer
from tests.support.apps import settings_for
from tests.support.database import Engine, PostgresDatabases, SqliteFiles, Store
from tests.support.postgres import Cluster
from tests.support.server import LiveServer

PORTION = 5_000
POLL = 1.0


@contextmanager
def database(kind: str) -> Iterator[Engine]:
    """The machinery of an engine; a PostgreSQL of our own, gone afterwards."""
    if kind == "sqlite":
        yield SqliteFiles()
        return
    cluster = Cluster.start()
    try:
        databases = PostgresDatabases(cluster)
        databases.create_roles()
        yield databases
    finally:
        cluster.stop()


def name_of(number: int) -> str:
    """A customer's name, not like any other's."""
    return f"{hashlib.md5(str(number).encode()).hexdigest()[:10]}商行"


def found(app: Flask, rows: int, people: int) -> list[str]:
    """A company of so many customers and so many people who may edit them all; returns their logins."""
    from app.setup import init_database

    init_database(app, demo=False)
    cast = assemble(app)
    names = [f"hand{n:02}" for n in range(people)]
    with app.app_context(), acting_as(None, source="seed"):
        staff = [Person(n, "手", n, "sales_manager", "XS-HD", "经理", "sm.east", 0) for n in names]
        join_departments(staff, hire(staff, HASH), cast.departments, "hands")
        for first in range(0, rows, PORTION):
            part = range(first, min(first + PORTION, rows))
            write(f"hands:{first}", inserts("customer", [_customer(cast, n) for n in part]))
        db.session.remove()
        db.engine.dispose()
    return names


def _customer(cast: Cast, number: int) -> dict[str, Any]:
    return customer(cast.region, number + 1000, name=name_of(number), owner_id=cast.users["sr.wang"],
                    department_id=cast.departments["XS-HD"])  # fmt: skip


def make_file(first: int, count: int) -> bytes:
    """A file of new customers."""
    head = "name,customer_type,channel_type,customer_group,region_id,contact_name,mobile,address,lead_source"
    lines = (
        f"{name_of(n)},dealer,dealer,factory,华东大区,何先生,155{n:08d},云溪镇云溪路{n}号,visit"
        for n in range(first, first + count)
    )
    return "\n".join([head, *lines]).encode("utf-8-sig")


class Import(threading.Thread):
    """An import through the browser's steps; how long each took and what came of it."""

    def __init__(self, client: Client, content: bytes) -> None:
        super().__init__(daemon=True)
        self.way = Steps(client, "customer", "new.csv", content, POLL)
        self.result: dict[str, Any] = {}
        self.failure = ""

    def run(self) -> None:
        try:
            self.result = self.way.commit(self.way.preview(self.way.upload()))
        except Exception as error:
            self.failure = repr(error)


def account(connection: Connection, tally: Tally, imported: Import, expected: int) -> list[str]:
    """Whether what was acknowledged is there: each edit counted once, each version logged once, the import whole."""
    table, log = registry.get("customer").table, ChangeLog.__table__
    wrong = []
    rows = connection.execute(select(table.c.id, table.c.remark, table.c.version)).all()
    versions = {row.id: row.version for row in rows}
    for row in rows:
        if row.id not in tally.unanswered and int(row.remark or 0) != tally.counted.get(row.id, 0):
            wrong.append(
                f"customer {row.id}: {row.remark} there, {tally.counted.get(row.id, 0)} acknowledged"
            )
    logged = connection.execute(
        select(log.c.record_id, func.count()).where(log.c.tbl == "customer").group_by(log.c.record_id)
    )
    wrong += [f"customer {n}: {count} entries in the log" for n, count in logged if count != versions.get(n)]
    if imported.result.get("state") == "applied" and len(rows) != expected:
        wrong.append(f"{len(rows):,} customers instead of {expected:,}")
    return wrong


def everybody(
    url: str, names: list[str], readers: int, tally: Tally, stop: threading.Event, rows: int
) -> list[Hand]:
    """All hands, signed in."""
    hands: list[Hand] = []
    for number, name in enumerate(names):
        kind = Reader if number < readers else Editor
        hands.append(kind(Client(url).sign_in(name, PASSWORD), tally, stop, rows, number))
    return hands


def processor(pid: int) -> tuple[float, float]:
    """Seconds a process has run, and seconds it was ready to run but other work had the processors (Linux)."""
    files = Path(f"/proc/{pid}/task").glob("*/schedstat")
    told = [[int(n) / 1e9 for n in file.read_text().split()[:2]] for file in files]
    return sum(one[0] for one in told), sum(one[1] for one in told)


def rush(
    engine: Engine, home: Path, rows: int, imported: int, seconds: float, editors: int, readers: int
) -> list[str]:
    """Run it; the table's rows. The hands go on until the import has ended, and for `seconds` at least."""
    from app import create_app

    store = Store(engine, "hands", home)
    store.empty()
    app = create_app(settings_for(store))
    names = found(app, rows, editors + readers)
    tally, stop = Tally(), threading.Event()
    server = LiveServer(store).wait()
    try:
        hands = everybody(server.url, names, readers, tally, stop, rows)
        work = Import(Client(server.url).sign_in("sm.east", PASSWORD), make_file(rows, imported))
        threads = [threading.Thread(target=hand.run, daemon=True) for hand in hands]
        begin, before = time.monotonic(), processor(server.process.pid)
        for thread in (*threads, work):
            thread.start()
        work.join(LONGEST)
        stop.wait(max(0.0, begin + seconds - time.monotonic()))
        lasted, after = time.monotonic() - begin, processor(server.process.pid)
        stop.set()
        end = time.monotonic() + TIMEOUT
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
    finally:
        server.stop()
    with app.app_context(), db.engine.connect() as connection:
        wrong = account(connection, tally, work, rows + 3 + imported)
        db.engine.dispose()
    steps = ", ".join(f"{name} {taken:.1f} s" for name, taken in work.way.seconds.items())
    ran, waited = (now - then for now, then in zip(after, before, strict=True))
    problems = [
        line for line in server.log.read_text("utf-8").splitlines() if "Error" in line or "ERROR" in line
    ]
    return [
        f"{engine.kind}: {editors} editors and {readers} readers for {lasted:.0f} s over {rows:,} customers",
        *report(tally),
        f"the server ran {ran:.0f} s and waited {waited:.0f} s for one of {os.cpu_count()} processors; load of the"
        f" machine {os.getloadavg()[0]:.1f}",
        f"import of {imported:,} rows: {steps}; {work.failure or work.result.get('state', 'not ended')}",
        f"edits acknowledged: {sum(tally.counted.values()):,}; lost or doubled: {len(wrong)}",
        *(f"  {line}" for line in wrong[:5]),
        *(f"  server: {line}" for line in dict.fromkeys(problems[-5:])),
    ]


@click.command()
@click.option("--engine", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
@click.option("--seconds", default=60.0, help="How long at least.")
@click.option("--editors", default=50)
@click.option("--readers", default=10)
@click.option("--rows", default=20_000)
@click.option("--imported", default=100_000)
def main(
    engine: tuple[str, ...], seconds: float, editors: int, readers: int, rows: int, imported: int
) -> None:
    """Edit, scroll and import at once."""
    for kind in engine or ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as folder, database(kind) as machinery:
            lines = rush(machinery, Path(folder) / "home", rows, imported, seconds, editors, readers)
            print("\n" + "\n".join(lines), flush=True)
