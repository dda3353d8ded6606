"""The harness itself: what other tests lean on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.db import ExactDecimal
from tests.support.database import Engine, Store, worker


@contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def names(url: str) -> list[str]:
    with connected(url) as connection:
        return sorted(sa.inspect(connection).get_table_names())


def create(url: str, table: str) -> None:
    with connected(url) as connection:
        connection.execute(sa.text(f"CREATE TABLE {table} (id integer)"))


def test_an_empty_store_has_no_tables_and_can_be_written_by_its_owner(empty_store: Store) -> None:
    assert names(empty_store.owner_url) == []
    create(empty_store.owner_url, "one")
    assert names(empty_store.owner_url) == ["one"]


def test_a_copy_goes_its_own_way(empty_store: Store, engine: Engine, tmp_path: Path) -> None:
    copy = Store(engine, f"copy_{worker()}", tmp_path / "copy")
    create(empty_store.owner_url, "one")
    copy.copy_from(empty_store)
    create(copy.owner_url, "two")
    assert names(copy.owner_url) == ["one", "two"]
    assert names(empty_store.owner_url) == ["one"]
    copy.remove()


def test_the_application_role_owns_nothing(empty_store: Store, engine_kind: str) -> None:
    if engine_kind == "sqlite":
        assert empty_store.url == empty_store.owner_url
        return
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        create(empty_store.url, "one")


def test_exact_decimals_come_back_as_they_went_in(empty_store: Store) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("amount", ExactDecimal(15, 2)))
    with connected(empty_store.owner_url) as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"amount": Decimal("0.10")}, {"amount": Decimal("0.20")}])
        assert connection.execute(sa.select(sa.func.sum(table.c.amount))).scalar() == Decimal("0.30")
