"""The wall over query shapes: whatever the statement looks like, only rows in scope come back.

Every shape reads departments of which the reader owns one. The same shape read as the system must also bring
the others: a shape that reads nothing would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import and_, exists, func, insert, lambda_stmt, literal, literal_column, or_, select, text
from sqlalchemy import delete as sql_delete
from sqlalchemy import update as sql_update
from sqlalchemy.orm import (
    Bundle,
    Load,
    Session,
    aliased,
    contains_eager,
    defer,
    immediateload,
    joinedload,
    load_only,
    selectinload,
    subqueryload,
)  # fmt: skip

from app.access import (
    SYSTEM_GRANTS,
    Grants,
    NoGrants,
    RoleGrants,
    WallRefused,
    WriteRefused,
    driver_rows,
    granted,
    load_grants,
    scope_criterion,
    unscoped,
    visible_ids,
)  # fmt: skip
from app.access.model import SCOPES
from app.db import db
from app.entity import registry
from app.org import Department as D
from app.org import Membership as M
from tests.access.world import World

Shape = Callable[[Session], Any]
SHAPES: dict[str, Shape] = {}


def ids(statement: Any) -> Shape:
    return lambda s: s.execute(statement()).scalars().all()


def departments_of(members: Any) -> list[int]:
    return [m.of_department.id for m in members if m.of_department is not None]


other = aliased(D)
SHAPES |= {
    "columns": ids(lambda: select(D.id)),
    "objects": lambda s: [d.id for d in s.scalars(select(D))],
    "alias": ids(lambda: select(other.id)),
    "filter": ids(lambda: select(D.id).where(or_(D.id > 0, D.name == "x"))),
    "bundle": lambda s: [row[0].id for row in s.execute(select(Bundle("b", D.id)))],
    "order_by_related": ids(lambda: select(D.id).join(D.parent_department.of_type(other), isouter=True)
                            .order_by(other.name)),
    "join_on_relationship": ids(lambda: select(D.id).select_from(M).join(M.of_department)),
    "join_of_type": ids(lambda: select(other.id).select_from(M).join(M.of_department.of_type(other))),
    "join_on_clause": ids(lambda: select(D.id).select_from(M).join(D, D.id == M.of_department_id)),
    "join_and": ids(lambda: select(D.id).select_from(M).join(M.of_department.and_(D.id > 0))),
    "outer_join": lambda s: [
        i for i in s.scalars(select(D.id).select_from(M).outerjoin(M.of_department)) if i],
    "cross": ids(lambda: select(D.id).where(D.id == M.of_department_id)),
    "subquery": ids(lambda: select(select(D).subquery().c.id)),
    "cte": ids(lambda: select(select(D.id).cte("c").c.id)),
    "recursive_cte": lambda s: s.scalars(select(_tree().c.id)).all(),
    "scalar_subquery": lambda s: [i for (i,) in s.execute(
        select(select(D.id).where(D.id == M.of_department_id).scalar_subquery()).select_from(M)) if i],
    "lateral_values": ids(lambda: select(func.coalesce(D.id, 0)).group_by(D.id)),
    "union": ids(lambda: select(D.id).union(select(D.id).where(D.id > 0))),
    "union_of_joins": ids(lambda: select(D.id).select_from(M).join(M.of_department).union_all(select(D.id))),
    "in_subquery": ids(lambda: select(literal_column("id")).select_from(select(D.id).subquery())),
    "exists": lambda s: [d for d in _every(s) if s.scalar(select(exists().where(D.id == d)))],
    "has": lambda s: s.scalars(select(M.of_department_id).where(M.of_department.has(D.id > 0))).all(),
    "lambda": ids(lambda: lambda_stmt(lambda: select(D.id))),
    "window_function": lambda s: [
        row[0] for row in s.execute(select(D.id, func.row_number().over(order_by=D.id)))],
    "joinedload": lambda s: departments_of(
        s.scalars(select(M).options(joinedload(M.of_department))).unique()),
    "joinedload_chain": lambda s: [m.of_department.id for m in s.scalars(select(M).options(
        joinedload(M.of_department).joinedload(D.parent_department))).unique() if m.of_department],
    "joinedload_wildcard": lambda s: departments_of(s.scalars(select(M).options(joinedload("*"))).unique()),
    "joinedload_wildcard_below": lambda s: departments_of(
        s.scalars(select(M).options(Load(M).joinedload("*"))).unique()),
    "selectinload": lambda s: departments_of(s.scalars(select(M).options(selectinload(M.of_department)))),
    "subqueryload": lambda s: departments_of(s.scalars(select(M).options(subqueryload(M.of_department)))),
    "immediateload": lambda s: departments_of(s.scalars(select(M).options(immediateload(M.of_department)))),
    "lazy_load": lambda s: departments_of(s.scalars(select(M)).all()),
    "contains_eager": lambda s: departments_of(s.scalars(
        select(M).join(M.of_department).options(contains_eager(M.of_department)))),
    "load_only": lambda s: [d.id for d in s.scalars(select(D).options(load_only(D.name), defer(D.code)))],
    "get": lambda s: [d for d in _every(s) if s.get(D, d) is not None],
    "get_again": lambda s: [d for d in _every(s) for _ in range(2) if s.get(D, d) is not None],
    "refresh": lambda s: [s.refresh(d) or d.id for d in s.scalars(select(D))],
    "expired": lambda s: [s.expire(d) or d.id for d in s.scalars(select(D)).all()],
    "driver_rows": lambda s: [i for rows in driver_rows(s, select(D.id), 2) for (i,) in rows],
    "driver_rows_join": lambda s: [
        i for rows in driver_rows(s, select(D.id).select_from(M).join(M.of_department), 1) for (i,) in rows],
    "yield_per": lambda s: [d.id for d in s.scalars(select(D).execution_options(yield_per=1))],
    "legacy_query": lambda s: [d.id for d in s.query(D)],
    "legacy_get": lambda s: [d for d in _every(s) if s.query(D).filter_by(id=d).one_or_none()],
    "legacy_join": lambda s: [i for (i,) in s.query(M).join(M.of_department).with_entities(D.id)],
    "legacy_join_objects": lambda s: departments_of(s.query(M).options(joinedload(M.of_department)).all()),
    "legacy_from_subquery": lambda s: [i for (i,) in s.query(s.query(D).subquery().c.id)],
}  # fmt: skip

COUNTS: dict[str, Shape] = {
    "count": lambda s: s.scalar(select(func.count()).select_from(D)),
    "count_column": lambda s: s.scalar(select(func.count(D.id))),
    "count_join": lambda s: s.scalar(
        select(func.count(D.id.distinct())).select_from(M).join(M.of_department)
    ),
    "count_star_join": lambda s: s.scalar(
        select(func.count()).select_from(M).join(M.of_department).where(M.of_department_id > 0)
    ),
    "count_subquery": lambda s: s.scalar(select(func.count()).select_from(select(D.id).subquery())),
    "legacy_count": lambda s: s.query(D).count(),
    "sum": lambda s: s.scalar(select(func.sum(literal(1))).select_from(D)),
}


def _tree() -> Any:
    tree = select(D.id).where(D.parent_department_id.is_(None)).cte("tree", recursive=True)
    return tree.union(select(D.id).where(D.id > 0))


def _every(session: Session) -> list[int]:
    with unscoped("the ids to try"):
        return list(session.scalars(select(D.id).order_by(D.id)))


READER = Grants(
    1,
    "reader",
    (RoleGrants(1, "r", frozenset({("can_list", "Department"), ("can_list", "Membership")}),
                {"department": "own", "membership": "all"}),),
)  # fmt: skip


@pytest.fixture
def session(inside: World) -> Iterator[Session]:
    """Four departments, of which user 1 owns ``east``; one membership in each."""
    from app.audit.actor import SYSTEM, acting, writing

    table, member = registry.get("department").table, registry.get("membership").table
    with acting(SYSTEM), writing(3):
        db.session.execute(sql_update(table).values(owner_id=inside.people["stranger"]))
        db.session.execute(
            sql_update(table)
            .where(table.c.id == inside.departments["east"])
            .values(owner_id=inside.people["rep"], parent_department_id=None)
        )
        db.session.execute(sql_delete(member))
        for department in inside.departments.values():
            db.session.execute(
                insert(member).values(user_id=inside.people["rep"], of_department_id=department, version=1)
            )
        db.session.commit()
    yield db.session()
    db.session.rollback()


@pytest.fixture
def reader(inside: World) -> Grants:
    return Grants(inside.people["rep"], "reader", READER.roles)


def test_shapes(session: Session, inside: World, reader: Grants, subtests: pytest.Subtests) -> None:
    mine, everything = {inside.departments["east"]}, set(inside.departments.values())
    for name, read in SHAPES.items():
        with subtests.test(name):
            session.expunge_all()
            with granted(reader):
                assert set(read(session)) == mine
            session.expunge_all()
            with granted(SYSTEM_GRANTS):
                assert set(read(session)) == everything, "it does not read what it should be kept from"


def test_counts(session: Session, inside: World, reader: Grants, subtests: pytest.Subtests) -> None:
    for name, count in COUNTS.items():
        with subtests.test(name):
            with granted(reader):
                assert count(session) == 1
            with granted(SYSTEM_GRANTS):
                assert count(session) == len(inside.departments)


def test_without_grants_nothing_is_read(session: Session, subtests: pytest.Subtests) -> None:
    for name, read in {**SHAPES, **COUNTS}.items():
        with subtests.test(name), pytest.raises(NoGrants):
            read(session)


def test_no_scope_reads_nothing(session: Session) -> None:
    with granted(Grants(1, "nobody")):
        assert session.scalars(select(D.id)).all() == []


def test_lines_are_where_their_header_is(inside: World) -> None:
    session = db.session()
    customer, contact = registry.get("customer").cls, registry.get("customer_contact").cls
    for person, reached in {
        "rep": {"rep"}, "colleague": {"colleague"}, "stranger": {"stranger"}, "configurator": set[str](),
        "manager": {"rep", "colleague"}, "auditor": {"rep", "colleague", "stranger"},
    }.items():  # fmt: skip
        mine = {inside.contacts[name] for name in reached}
        with granted(load_grants(session, inside.people[person])):
            assert set(session.scalars(select(customer.id))) == {inside.customers[n] for n in reached}
            assert set(session.scalars(select(contact.id))) == mine
            joined = select(contact.id).join(customer, customer.id == contact.parent_id)
            assert set(session.scalars(joined)) == mine
            asked = [*inside.contacts.values(), 999_999]
            assert visible_ids(session, registry.get("customer_contact"), asked) == mine


def test_the_criterion_agrees_with_reach(inside: World) -> None:
    """What the wall reads is what `Grants.reaches` says, for every record."""
    kind, session = registry.get("customer"), db.session()
    table, pairs = kind.table.alias(), frozenset({("can_list", "Customer")})
    east = inside.departments["east"]
    for scope in (*SCOPES, None):
        role = RoleGrants(1, "r", pairs, {"customer": scope} if scope else {})
        below = frozenset({east, inside.departments["east_1"]})
        grants = Grants(inside.people["rep"], "someone", (role,), frozenset({east}), below)
        rows = session.execute(select(kind.table.c["id", "owner_id", "department_id"])).all()
        expected = {row.id for row in rows if grants.reaches("customer", row.owner_id, row.department_id)}
        criterion = scope_criterion(kind, grants, table.c)
        assert set(session.scalars(select(table.c.id).where(criterion))) == expected, scope
        with granted(grants):
            assert set(session.scalars(select(kind.cls.id))) == expected, scope


def test_statements_the_wall_cannot_reach_are_refused(session: Session, reader: Grants) -> None:
    for grants in (reader, SYSTEM_GRANTS):
        with granted(grants):
            with pytest.raises(WallRefused):
                session.execute(select(D).from_statement(text("SELECT * FROM department"))).all()
            with pytest.raises(WallRefused):
                session.execute(select(D).from_statement(select(D).where(D.id > 0))).all()
            with pytest.raises(WallRefused):
                session.connection().execute(select(D.id)).all()
            with pytest.raises(WallRefused):
                session.connection().execute(select(func.count()).select_from(M).join(M.of_department)).all()


def test_unscoped_reads_columns_but_leaves_no_records_behind(session: Session, inside: World) -> None:
    with unscoped("a test"):
        assert len(session.execute(select(D.id, D.name)).all()) == len(inside.departments)
        assert len(session.connection().execute(select(D.id)).all()) == len(inside.departments)
        for statement in (select(D), select(M, D), select(D).where(D.id == 1)):
            with pytest.raises(WallRefused):
                session.execute(statement)
        with pytest.raises(WallRefused):
            session.get(D, inside.departments["west"])
    with pytest.raises(NoGrants):
        session.execute(select(D.id))


def test_a_session_forgets_what_another_person_saw(session: Session, inside: World, reader: Grants) -> None:
    with granted(SYSTEM_GRANTS):
        kept = session.get(D, inside.departments["west"])
        assert kept is not None
    with granted(reader):
        session.execute(select(D.id))
        assert session.get(D, inside.departments["west"]) is None


def test_writes_past_the_gate_are_refused_early(session: Session, inside: World) -> None:
    with granted(SYSTEM_GRANTS):
        mine = session.get(D, inside.departments["east"])
        assert mine is not None
        mine.name = "other"
        with pytest.raises(WriteRefused):
            session.flush()
        session.expunge_all()
        session.add(D(code="new", name="new"))
        with pytest.raises(WriteRefused):
            session.flush()
        session.expunge_all()
        session.delete(session.get(D, inside.departments["east"]))
        with pytest.raises(WriteRefused):
            session.flush()
        session.expunge_all()
        for statement in (
            sql_update(D).values(name="x"),
            sql_update(D).where(and_(D.id > 0)).values(name="x"),
            sql_delete(D),
            insert(D).values(code="x"),
        ):
            with pytest.raises(WriteRefused):
                session.execute(statement)
        with pytest.raises(WriteRefused):
            session.query(D).update({"name": "x"})
        with pytest.raises(WriteRefused):
            session.query(D).delete()
        with pytest.raises(WriteRefused):
            session.execute(insert(D), [{"code": "x"}, {"code": "y"}])
        names = set(session.scalars(select(D.name)))
    assert names == set(inside.departments)


def test_people_are_not_walled(session: Session, inside: World) -> None:
    assert len(session.scalars(select(User)).all()) >= len(inside.people)


def test_no_entity_loads_another_unasked() -> None:
    """``lazy='joined'`` would bring rows into a statement that does not name them."""
    for entity in registry:
        for relation in entity.cls.__mapper__.relationships:
            assert relation.lazy not in ("joined", False), f"{entity.name}.{relation.key}"
