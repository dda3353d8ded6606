"""Early, friendly refusal of writes past the gate. The database's triggers refuse them for good."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import ORMExecuteState, Session

from app.access.errors import WriteRefused
from app.entity import Entity


def refuse_objects(session: Session, context: Any = None, instances: Any = None) -> None:
    """Refuse to flush a new, altered or deleted record."""
    for item in (*session.new, *session.deleted):
        if isinstance(item, Entity):
            raise WriteRefused(f"{type(item).__tablename__}: a record was added or deleted past the gate")
    for item in session.dirty:
        if isinstance(item, Entity) and session.is_modified(item):
            raise WriteRefused(f"{type(item).__tablename__}: a record was altered past the gate")


def refuse_statements(state: ORMExecuteState) -> None:
    """Refuse INSERT, UPDATE and DELETE on a mapped entity."""
    if not (state.is_insert or state.is_update or state.is_delete):
        return
    described = getattr(state.statement, "entity_description", {}).get("entity")
    mapper = state.bind_mapper or inspect(described, raiseerr=False)
    if mapper is not None and issubclass(mapper.class_, Entity):
        raise WriteRefused(f"{mapper.class_.__tablename__}: a statement writes past the gate")


def install(target: Any = Session) -> None:
    """Guard a session, a session factory, or with the default every session of the process."""
    event.listen(target, "before_flush", refuse_objects)
    event.listen(target, "do_orm_execute", refuse_statements)
