"""Deleting a record and bringing back an older version of it changes nothing its restorer may not change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from app import clock
from app.access.context import acting_as
from app.change import Change, ChangeSet, commit, restore
from app.change.rights import RightsChange, change_rights
from app.db import db
from app.entity import registry
from tests.cast import assemble


def test_what_the_restorer_may_not_write_comes_back_as_it_was_last(app: Flask) -> None:
    cast, entity = assemble(app), registry.get("customer")
    record = cast.customers["sr.wang"]

    def send(who: str | None, op: str, **values: Any) -> None:
        with acting_as(cast.users[who] if who else None, "test") as grants:
            result = commit(ChangeSet([Change("customer", op, values, record)], "test"), grants)
            assert result.ok, [str(e.message) for e in result.errors]

    with app.app_context():
        send(None, "update", remark="旧备注", address="旧地址")
        early = clock.now() + timedelta(microseconds=1)
        send(None, "update", remark="新备注", address="新地址")
        with acting_as(cast.users["admin"], "test") as grants:
            change_rights([RightsChange("sales_rep", "customer", levels={"remark": "hidden"})], "试", grants)
        send("sr.wang", "delete")
        with acting_as(cast.users["sr.wang"], "test") as grants:
            assert restore(entity, record, grants, at=early).state == "applied"
        table = entity.table
        with db.engine.connect() as connection:
            query = select(table.c.remark, table.c.address).where(table.c.id == record)
            assert connection.execute(query).one() == ("新备注", "旧地址")
