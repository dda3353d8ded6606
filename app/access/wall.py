"""The wall: row scope, applied where statements are executed, so that no way of reading goes round it.

`install()` puts it on every session. Reading entities needs somebody's grants (`app.access.context`); without
any it is refused. The gate, which must see all rows to judge a change, reads columns inside `unscoped()`.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, bindparam, event, false, or_, select, true
from sqlalchemy.orm import LoaderCriteriaOption, Mapper, ORMExecuteState, Session, with_loader_criteria

from app.access.context import current_grants
from app.access.errors import WallRefused
from app.access.grants import Grants
from app.access.statement import entities_of
from app.entity import Entity, EntityType, registry

_PASSED = "taizhang_wall"
_unscoped: ContextVar[bool] = ContextVar("unscoped", default=False)


@contextmanager
def unscoped(reason: str = "") -> Iterator[None]:
    """Read columns of all rows inside the block; `reason` is for the reader of the code.

    Whole objects are refused: they would stay in the session, where somebody else's question finds them.
    """
    token = _unscoped.set(True)
    try:
        yield
    finally:
        _unscoped.reset(token)


def scope_criterion(
    entity: EntityType | type[Entity], grants: Grants, columns: Any = None
) -> ColumnElement[bool]:
    """The condition for rows of `entity` that `grants` reach: ``true()`` for all, ``false()`` for none.

    `columns` is what to write the condition on: the mapped class (default), an alias of it, or ``table.c``.
    Ids are inlined, so that both databases plan with them.
    """
    kind = entity if isinstance(entity, EntityType) else registry.of(entity)
    on = kind.cls if columns is None else columns
    scope = grants.scope(kind.name)
    if scope == "all":
        return true()
    if scope is None:
        return false()
    if kind.parent is not None:
        header = kind.parent.table.alias()
        return on.parent_id.in_(  # type: ignore[no-any-return]
            select(header.c.id).where(scope_criterion(kind.parent, grants, header.c))
        )
    own: ColumnElement[bool] = on.owner_id.in_(_inlined([grants.user_id])) if grants.user_id else false()
    if scope == "own":
        return own
    reached = grants.departments if scope == "department" else grants.subtree
    return or_(own, on.department_id.in_(_inlined(sorted(reached)))) if reached else own


def visible_ids(session: Session, entity: EntityType, ids: Iterable[int]) -> set[int]:
    """Which of `ids` exist and are in the current grants' scope. Asks in portions of 5,000."""
    wanted, found = sorted(set(ids)), set[int]()
    for start in range(0, len(wanted), 5_000):
        portion = wanted[start : start + 5_000]
        found.update(session.scalars(select(entity.cls.id).where(entity.cls.id.in_(_inlined(portion)))))
    return found


def driver_rows(session: Session, statement: Select[Any], size: int) -> Generator[Sequence[tuple[Any, ...]]]:
    """The rows in scope of a statement that names columns, each once, as the driver gives them: `size` at a time.

    For who reads a great many: SQLAlchemy's rows and column types take as long again as the database.
    """
    scoped = statement.options(*_criteria(entities_of(statement), current_grants()))
    options = {_PASSED: True, "stream_results": True}
    with closing(session.connection().execute(scoped, execution_options=options)) as result:
        # Not from the cursor itself: SQLAlchemy has taken the first row from it already.
        while found := result.cursor_strategy.fetchmany(result, result.cursor, size):
            yield found


def _inlined(ids: Collection[Any]) -> Any:
    return bindparam(None, list(ids), expanding=True, literal_execute=True, unique=True)


def _on_execute(state: ORMExecuteState) -> None:
    """Apply scope to one ORM statement."""
    state.update_execution_options(**{_PASSED: True})
    if not state.is_select and not state.is_from_statement:
        return
    classes = entities_of(state.statement)
    if not classes:
        return
    if state.is_from_statement:
        raise WallRefused("text or another statement may not stand in for records: row scope cannot reach it")
    if _unscoped.get():
        _refuse_objects(state)
        return
    grants = current_grants()
    _one_person(state.session, grants)
    criteria = _criteria(classes, grants)
    if criteria:
        state.statement = state.statement.options(*criteria)


def _criteria(classes: Iterable[type[Entity]], grants: Grants) -> list[LoaderCriteriaOption]:
    """What keeps a statement on these entities within scope."""
    return [
        with_loader_criteria(cls, scope_criterion(cls, grants), include_aliases=True)
        for cls in sorted(classes, key=lambda found: found.__tablename__)
        if grants.scope(cls.__tablename__) != "all"
    ]


def _refuse_objects(state: ORMExecuteState) -> None:
    for found in getattr(state.statement, "column_descriptions", ()):
        kind = found["type"]
        if isinstance(kind, type) and issubclass(kind, Entity):
            raise WallRefused(f"{kind.__tablename__}: unscoped() reads columns, not whole records")


def _one_person(session: Session, grants: Grants) -> None:
    """Forget records that the session holds for somebody else."""
    before = session.info.get("wall_user", grants.user_id)
    session.info["wall_user"] = grants.user_id
    if before != grants.user_id:
        for item in list(session.identity_map.values()):
            if isinstance(item, Entity):
                session.expunge(item)


def _on_connection(
    connection: Connection, clause: Any, multiparams: Any, params: Any, execution_options: Any
) -> None:
    """Refuse mapped statements that come past the session: nothing has applied scope to them."""
    if execution_options.get(_PASSED) or _unscoped.get():
        return
    if getattr(clause, "_propagate_attrs", {}).get("compile_state_plugin") != "orm":
        return
    if entities_of(clause):
        raise WallRefused("records are read through a session, not through a connection")


def _refuse_joined(mapper: Mapper[Any], cls: type[Any]) -> None:
    """Refuse relationships that load their target with the record: no statement would name it."""
    if issubclass(cls, Entity):
        for relation in mapper.relationships:
            if relation.lazy in ("joined", False):
                raise TypeError(f"{cls.__name__}.{relation.key}: lazy='joined' is not allowed on an entity")


event.listen(Mapper, "mapper_configured", _refuse_joined)


def install(sessions: Any = Session, engines: Any = Engine) -> None:
    """Put the wall on a session, factory or scoped session, and on an engine; by default on all."""
    event.listen(sessions, "do_orm_execute", _on_execute)
    event.listen(engines, "before_execute", _on_connection)
