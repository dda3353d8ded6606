"""A dump restored on another server, whose transactions count from the beginning: its seals hold and go on (list 75)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.audit import sealed
from app.audit.actor import SYSTEM, acting
from app.audit.proof.ed25519 import read_key
from app.audit.proof.findings import Report
from app.audit.proof.verify import verify
from app.audit.seal_keys import public_file
from app.engine import make_engine
from app.jobs.seals import sealer
from config import Settings
from tests.seals.desk import Desk
from tests.support.database import PostgresDatabases
from tests.support.postgres import Cluster, server_binaries

NUMBERS = 4000


@pytest.fixture
def elsewhere() -> Iterator[PostgresDatabases]:
    """Another server."""
    cluster = Cluster.start()
    databases = PostgresDatabases(cluster)
    databases.create_roles()
    yield databases
    cluster.stop()


def count_on(desk: Desk) -> None:
    """The first server has done much since it was set up."""
    with desk.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            text(
                f"DO $$ BEGIN FOR n IN 1..{NUMBERS} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
            )
        )


def restored(desk: Desk, elsewhere: PostgresDatabases, home: Path) -> Settings:
    shutil.copytree(desk.settings.home, home)
    elsewhere.empty("restored")
    binaries = server_binaries()
    assert binaries is not None
    source, target = desk.store.engine.cluster.folder, elsewhere.cluster.folder  # type: ignore[attr-defined]
    dump = subprocess.run(
        [binaries / "pg_dump", "-h", source, "-U", "postgres", desk.store.name],
        capture_output=True,
        check=True,
    )
    subprocess.run(
        [binaries / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", target, "-U", "postgres", "restored"],
        input=dump.stdout, capture_output=True, check=True,
    )  # fmt: skip
    return Settings(
        home=home,
        database_url=elsewhere.url("restored", home),
        owner_database_url=elsewhere.owner_url("restored", home),
    )


def check(settings: Settings) -> Report:
    engine = make_engine(settings.url)
    with sealed.snapshot(engine) as connection:
        report = verify(
            sealed.source(connection), read_key(public_file(settings.seal_key_file)), settings.anchor_file
        )
    engine.dispose()
    return report


@pytest.mark.parametrize("engine_kind", ["postgresql"])
def test_a_dump_restored_on_another_server(desk: Desk, elsewhere: PostgresDatabases, tmp_path: Path) -> None:
    count_on(desk)
    desk.write("sealed")
    desk.seal()
    desk.write("not sealed yet")
    waiting = desk.verify().unsealed
    settings = restored(desk, elsewhere, tmp_path / "home")
    report = check(settings)
    assert (report.problems, report.unsealed) == ([], waiting)

    with sealer(settings) as ready:
        (came_along,) = ready.seal()
        assert (came_along["count"], came_along["settled"]) == (waiting, None)
        engine = make_engine(settings.url)
        for number in (901, 902):
            with acting(SYSTEM), engine.begin() as connection:
                connection.execute(
                    text("INSERT INTO ab_role (id, name) VALUES (:id, :name)"),
                    {"id": number, "name": f"r{number}"},
                )
            (made,) = ready.seal()
            assert made["settled"] < NUMBERS
        engine.dispose()
    report = check(settings)
    assert (report.problems, report.unsealed) == ([], 0)
