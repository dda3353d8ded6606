"""migrate: the database follows the declarations; rows, ids, links and what others put there survive."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    inspect,
    select,
    text,
    update,
)  # fmt: skip
from sqlalchemy.exc import DBAPIError

from app import migrate as app_migrate
from app.audit import check
from app.audit.log import ChangeLog
from app.db import TABLE_ARGS, BigId, ExactDecimal, JsonText
from app.entity import Field
from app.migrate import MigrationBusy
from app.migrations import guard
from tests.audit.support import LOG, Database

ROOT = Path(__file__).resolve().parents[2]


def declared(
    *columns: Any, child: tuple[Any, ...] = (), name: str = "parent", was: tuple[str, ...] = ()
) -> MetaData:
    """Declarations of a parent with these columns, and a child that points at it."""
    metadata = MetaData()
    ChangeLog.__table__.to_metadata(metadata)
    Table(name, metadata, Column("id", BigId, primary_key=True), *columns, info={"was": was}, **TABLE_ARGS)
    link = Column("parent_id", BigId, ForeignKey(f"{name}.id", ondelete="CASCADE"), nullable=False)
    Table("child", metadata, Column("id", BigId, primary_key=True), link, *child, **TABLE_ARGS)
    return metadata


def named(*was: str, name: str = "name", length: int = 20, **more: Any) -> Column[Any]:
    """A text column that may have been called otherwise."""
    return Column(name, String(length), info={"field": Field("text", "x", was=was)}, **more)


@pytest.fixture
def family(empty: Database) -> Database:
    """A parent with ten children, one without, and one that is gone again."""
    metadata = declared(named(), Column("n", BigInteger))
    assert empty.migrate(metadata).applied
    with empty.write() as connection:
        for n in (1, 2, 3):
            connection.execute(insert(metadata.tables["parent"]), {"name": "甲", "n": n})
        connection.execute(delete(metadata.tables["parent"]).where(text("id = 3")))
        connection.execute(insert(metadata.tables["child"]), [{"parent_id": 1} for _ in range(10)])
    return empty


def children(database: Database) -> int:
    with database.app.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM child WHERE parent_id = 1")).scalar_one())


def columns_of(database: Database, table: str = "parent") -> dict[str, Any]:
    with database.owner.connect() as connection:
        return {c["name"]: c for c in inspect(connection).get_columns(table)}


def done(database: Database, metadata: MetaData, **how: Any) -> list[str]:
    """Migrate; afterwards all is as declared and a second run finds nothing to do."""
    report = database.migrate(metadata, **how)
    assert (report.refused, report.applied) == ([], True)
    again = database.migrate(metadata)
    assert (again.steps, again.refused) == ([], [])
    with database.app.connect() as connection:
        from app.audit.triggers import differences

        assert differences(connection, metadata) == []
    return report.steps


def refused(database: Database, metadata: MetaData, **how: Any) -> list[str]:
    """Migrate in vain; nothing has changed."""
    before = catalogue(database)
    report = database.migrate(metadata, **how)
    assert not report.applied
    assert report.backup is None
    assert catalogue(database) == before
    return report.refused


def catalogue(database: Database) -> list[Any]:
    query = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
    if not database.sqlite:
        query = (
            "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable"
            " FROM information_schema.columns WHERE table_schema = 'public' UNION ALL SELECT tablename, indexname,"
            " indexdef, 0, '' FROM pg_indexes WHERE schemaname = 'public' UNION ALL SELECT tgname, proname, prosrc, 0,"
            " tgenabled::text FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid WHERE NOT tgisinternal ORDER BY 1, 2"
        )
    with database.owner.connect() as connection:
        return list(connection.execute(text(query)).all())


def test_a_database_is_made_at_once_and_then_left_alone(empty: Database) -> None:
    first = empty.migrate()
    assert (first.before, first.applied, len(first.steps)) == ("", True, 1)
    assert check(empty.app) == []
    again = empty.migrate()
    assert (again.before, again.after, again.steps) == (first.after, first.after, [])
    with empty.app.connect() as connection:
        (entry,) = connection.execute(select(LOG)).mappings().all()
    assert (entry["tbl"], entry["op"], entry["source"], entry["actor_name"]) == (
        "schema",
        "I",
        "migrate",
        "system",
    )


def test_a_parent_made_anew_keeps_its_ten_children(family: Database) -> None:
    steps = done(family, declared(named(length=50), Column("n", BigInteger, nullable=False)))
    assert steps
    assert children(family) == 10
    with pytest.raises(DBAPIError), family.write() as connection:
        connection.execute(text("INSERT INTO child (parent_id) VALUES (99)"))
    with family.write() as connection:
        connection.execute(text("DELETE FROM parent WHERE id = 1"))
    assert children(family) == 0
    assert [e["op"] for e in family.log("child")].count("D") == 10


def test_ids_are_not_reused_after_a_table_was_made_anew(family: Database) -> None:
    metadata = declared(named(), Column("n", BigInteger, nullable=False))
    for column in ("n", "m"):
        done(family, metadata)
        metadata = declared(
            named(), Column("n", BigInteger), Column("m", BigInteger), Index("ix_parent_n", column)
        )
    with family.write() as connection:
        made = insert(metadata.tables["parent"]).values(n=1).returning(text("id"))
        assert connection.execute(made).scalar_one() == 4


def test_new_columns_tables_and_indexes(family: Database) -> None:
    metadata = declared(
        named(), Column("n", BigInteger), Column("note", Text), Column("flag", Boolean, nullable=False, default=True),
        Column("amount", ExactDecimal(14, 2), nullable=False, default=Decimal("-0.05")),
        Column("other_id", BigId, ForeignKey("other.id", ondelete="RESTRICT")), Index("ix_parent_name", "name", "id"),
    )  # fmt: skip
    Table("other", metadata, Column("id", BigId, primary_key=True), **TABLE_ARGS)
    steps = "\n".join(done(family, metadata))
    assert "other" in steps
    assert "parent.amount" in steps
    with family.app.connect() as connection:
        rows = connection.execute(select(metadata.tables["parent"]).order_by(text("id"))).mappings().all()
    assert [(r["n"], r["note"], r["flag"], r["amount"]) for r in rows] == [
        (1, None, True, Decimal("-0.05")), (2, None, True, Decimal("-0.05")),
    ]  # fmt: skip
    assert children(family) == 10
    with pytest.raises(DBAPIError), family.write() as connection:
        connection.execute(text("UPDATE parent SET other_id = 3"))


def test_a_column_that_may_not_be_empty_needs_a_value(family: Database) -> None:
    column = Column("n2", BigInteger, nullable=False)
    assert "parent.n2" in refused(family, declared(named(), Column("n", BigInteger), column))[0]
    with family.write() as connection:
        connection.execute(text("UPDATE parent SET n = NULL WHERE id = 2"))
    assert "parent.n" in refused(family, declared(named(), Column("n", BigInteger, nullable=False)))[0]


def test_a_renamed_column_takes_its_values_key_and_index_along(family: Database) -> None:
    def key(of: str) -> Column[Any]:
        return Column(f"{of}_key", Text, info={"key_of": of})

    with_key = declared(
        named(), Column("n", BigInteger), key("name"), Index("ix_parent_name_key", "name_key", "id")
    )
    done(family, with_key)
    with family.app.connect() as connection:
        keys = list(connection.execute(text("SELECT name_key FROM parent")).scalars())
    assert keys == ["jia\x1fj\x1f甲"] * 2

    moved = declared(named("name", name="title"), Column("n", BigInteger), key("title"),
                     Index("ix_parent_title_key", "title_key", "id"))  # fmt: skip
    steps = done(family, moved)
    assert "parent.name" in steps[0]
    with family.app.connect() as connection:
        rows = list(connection.execute(text("SELECT title, title_key FROM parent")))
    assert rows == [("甲", "jia\x1fj\x1f甲")] * 2
    with family.owner.connect() as connection:
        assert [i["name"] for i in inspect(connection).get_indexes("parent")] == ["ix_parent_title_key"]


def test_a_renamed_table_keeps_rows_children_and_numbering(family: Database) -> None:
    metadata = declared(named(), Column("n", BigInteger), name="elder", was=("parent",))
    done(family, metadata)
    assert children(family) == 10
    with family.write() as connection:
        made = connection.execute(
            insert(metadata.tables["elder"]).values(n=3).returning(text("id"))
        ).scalar_one()
        assert made == 4
        connection.execute(delete(metadata.tables["elder"]).where(text("n = 3")))
    with pytest.raises(DBAPIError), family.write() as connection:
        connection.execute(text("INSERT INTO child (parent_id) VALUES (99)"))
    if not family.sqlite:
        with family.app.connect() as connection:
            assert connection.execute(text("SELECT to_regclass('elder_id_seq') IS NOT NULL")).scalar()
    # The old name is free for a new table.
    both = declared(named(), Column("n", BigInteger), name="elder", was=("gone",))
    Table("parent", both, Column("id", BigId, primary_key=True), **TABLE_ARGS)
    done(family, both)


def test_data_is_not_dropped_unasked(family: Database) -> None:
    slim = declared(named())
    assert "parent.n" in refused(family, slim)[0]
    done(family, slim, drop=True)
    assert set(columns_of(family)) == {"id", "name"}
    assert children(family) == 10

    alone = MetaData()
    ChangeLog.__table__.to_metadata(alone)
    assert len(refused(family, alone)) == 2
    done(family, alone, drop=True)
    with family.owner.connect() as connection:
        assert inspect(connection).get_table_names() == ["change_log"]


def test_what_is_empty_goes_without_asking(family: Database) -> None:
    with family.write() as connection:
        connection.execute(text("UPDATE parent SET n = NULL"))
    done(family, declared(named()))
    assert set(columns_of(family)) == {"id", "name"}


def test_decimals_may_gain_digits_but_not_lose_any(family: Database) -> None:
    def amounts(*scale: int) -> MetaData:
        return declared(named(), Column("n", BigInteger), Column("amount", ExactDecimal(*scale)))

    two = amounts(14, 2)
    done(family, two)
    with family.write() as connection:
        connection.execute(update(two.tables["parent"]).values(amount=Decimal("-12345.05")))
    assert "decimal(2)" in refused(family, amounts(14, 1))[0]
    assert "parent.amount" in refused(family, amounts(8, 4))[0]
    four = amounts(14, 4)
    assert "decimal(4)" in done(family, four)[0]
    with family.app.connect() as connection:
        assert set(connection.execute(select(four.tables["parent"].c.amount)).scalars()) == {
            Decimal("-12345.0500")
        }


def test_a_kind_changes_only_where_nothing_is_lost(family: Database) -> None:
    assert "parent.name" in refused(family, declared(Column("name", JsonText), Column("n", BigInteger)))[0]
    assert "parent.name" in refused(family, declared(Column("name", Date), Column("n", BigInteger)))[0]
    money = declared(named(), Column("n", ExactDecimal(14, 2)))
    done(family, money)
    with family.app.connect() as connection:
        query = select(money.tables["parent"].c.n).order_by(text("id"))
        assert list(connection.execute(query).scalars()) == [Decimal("1.00"), Decimal("2.00")]
    with family.write() as connection:
        connection.execute(text("UPDATE parent SET n = NULL"))
    done(family, declared(named(), Column("n", Date)))


def test_whole_numbers_may_become_texts(family: Database) -> None:
    done(family, declared(named(), Column("n", String(20))))
    with family.app.connect() as connection:
        assert list(connection.execute(text("SELECT n FROM parent ORDER BY id")).scalars()) == ["1", "2"]


def test_what_others_put_there_stays(family: Database) -> None:
    theirs = [
        "CREATE TABLE theirs (a int)",
        "INSERT INTO theirs VALUES (1)",
        "CREATE INDEX their_index ON parent (n)",
        "CREATE VIEW their_view AS SELECT name FROM parent",
    ]
    if family.sqlite:
        theirs.append("CREATE TRIGGER their_trigger AFTER INSERT ON parent BEGIN SELECT 1; END")
    with family.owner.begin() as connection:
        for statement in theirs:
            connection.execute(text(statement))
    done(family, declared(named(), Column("n", BigInteger, nullable=False), Column("m", BigInteger)))
    with family.owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM their_view")).scalar() == 2
        assert connection.execute(text("SELECT count(*) FROM theirs")).scalar() == 1
        assert "their_index" in {i["name"] for i in inspect(connection).get_indexes("parent")}
        if family.sqlite:
            query = text("SELECT count(*) FROM sqlite_master WHERE name = 'their_trigger'")
            assert connection.execute(query).scalar() == 1


def test_a_step_that_fails_leaves_all_as_it_was(family: Database) -> None:
    unique = declared(
        named(), Column("n", BigInteger), Column("m", Text), Index("uq_parent_name", "name", unique=True)
    )
    assert "uq_parent_name" in refused(family, unique)[0]
    assert set(columns_of(family)) == {"id", "name", "n"}


def test_a_dry_run_tells_and_changes_nothing(family: Database) -> None:
    metadata = declared(named("n", name="m"), Column("more", Text))
    before = catalogue(family)
    told = family.migrate(metadata, dry_run=True, drop=True)
    assert not told.applied
    assert told.steps
    assert catalogue(family) == before
    assert done(family, metadata, drop=True) == told.steps


@pytest.mark.parametrize("engine_kind", ["sqlite"])
def test_a_copy_from_before_is_kept(family: Database) -> None:
    def wider(count: int) -> list[Column[Any]]:
        return [Column(f"c{i}", Text) for i in range(count)]

    kept = []
    for n in range(7):
        report = family.migrate(declared(named(), Column("n", BigInteger), *wider(n + 1)))
        assert report.backup is not None
        kept.append(report.backup)
    folder = family.settings.home / "backups"
    assert sorted(folder.iterdir()) == kept[-guard.BACKUPS :]
    with closing(sqlite3.connect(kept[-1])) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(parent)")]
        assert names[-1] == "c5"
        assert connection.execute("SELECT count(*) FROM child").fetchone() == (10,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert family.migrate(declared(named(), Column("n", BigInteger), *wider(7))).backup is None


def test_two_migrations_do_not_run_at_once(family: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "WAIT_SECONDS", 0.1)
    with family.owner.connect() as connection:
        if family.sqlite:
            with guard.one_at_a_time(family.settings.home, family.settings.url), pytest.raises(MigrationBusy):
                family.migrate()
            return
        connection.execute(text("SET statement_timeout = '1s'"))
        connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": guard._LOCK_NUMBER})
        with pytest.raises(MigrationBusy):
            family.migrate()


def test_links_that_lead_nowhere_are_found(empty: Database) -> None:
    """A column that becomes a link, over values that point at nothing."""
    loose = MetaData()
    ChangeLog.__table__.to_metadata(loose)
    Table("parent", loose, Column("id", BigId, primary_key=True), **TABLE_ARGS)
    Table("child", loose, Column("id", BigId, primary_key=True), Column("parent_id", BigId), **TABLE_ARGS)
    assert empty.migrate(loose).applied
    with empty.write() as connection:
        connection.execute(insert(loose.tables["child"]), {"parent_id": 5})
    bound = MetaData()
    ChangeLog.__table__.to_metadata(bound)
    Table("parent", bound, Column("id", BigId, primary_key=True), **TABLE_ARGS)
    link = Column("parent_id", BigId, ForeignKey("parent.id"))
    Table("child", bound, Column("id", BigId, primary_key=True), link, **TABLE_ARGS)
    assert "parent" in refused(empty, bound)[0]


def test_an_application_that_owns_its_database_may_also_migrate_it(empty: Database) -> None:
    settings = replace(empty.settings, database_url=empty.settings.owner_url, owner_database_url="")
    assert app_migrate.migrate(settings).applied
    assert check(empty.owner) == []


def test_every_table_of_the_engine_is_known_to_migrate() -> None:
    declaring = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for path in (ROOT / "app").rglob("*.py")
        if re.search(r"^    __tablename__ = ", path.read_text("utf-8"), re.MULTILINE)
    }
    known = set(app_migrate._PLATFORM)
    assert {name for name in declaring if not name.startswith("app.org.")} <= known
