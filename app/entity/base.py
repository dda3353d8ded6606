"""`Entity`: the base of every business record, and `About`: what is said of an entity as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder import Model
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, Integer, Text
from sqlalchemy.orm import MappedColumn, mapped_column, relationship

from app import clock
from app.db import TABLE_ARGS, BigId, Instant, JsonText
from app.entity.field import Field

# Bytewise on PostgreSQL as it is on SQLite: a key already holds the order we mean.
KeyText = Text().with_variant(Text(collation="C"), "postgresql")


@dataclass(frozen=True)
class Transition:
    """One move in a lifecycle. `right` is the verb a role needs; `guard` may refuse with a FieldError.

    `case` ties it to approvals: ``submit`` opens a case of the entity's published flow; ``approved``,
    ``rejected``, ``returned`` and ``withdrawn`` are what the case itself does when it ends so, never a person.
    ``job`` is a move that only the system makes (a date has come).
    """

    verb: str
    label: Any
    source: tuple[str, ...]
    target: str
    right: str = "edit"
    guard: Callable[[dict[str, Any]], None] | None = None
    case: str = ""


@dataclass(frozen=True)
class Lifecycle:
    """The states a record goes through: the choice field that holds the state, and the moves between."""

    field: str
    transitions: tuple[Transition, ...]

    def move(self, case: str, state: Any) -> Transition | None:
        """The transition from a state that stands for this word of an approval."""
        return next((t for t in self.transitions if t.case == case and state in t.source), None)


@dataclass(frozen=True)
class Lines:
    """Child records shown inside their parent: the child entity's name and the label of the list."""

    entity: str
    label: Any = None


@dataclass(frozen=True)
class About:
    """What is said of an entity as a whole.

    `key` are the fields that identify a record to people (and to import), `title` the field that names it,
    `workbook` the workbook it belongs to, `parent` the header entity if this is a line, `pattern` the usual
    scope (S1 sales, S2 department, S3 public) that seeds give roles, `note` one sentence for people on what the
    sheet is for, `sort` how the sheet opens: (field, ``asc`` or ``desc``) pairs, indexed ones.
    """

    label: Any
    key: tuple[str, ...]
    title: str
    workbook: str
    pattern: str = "public"
    parent: str = ""
    lifecycle: Lifecycle | None = None
    order: int = 100
    was: tuple[str, ...] = ()
    lines: tuple[Lines, ...] = field(default_factory=tuple)
    note: Any = ""
    sort: tuple[tuple[str, str], ...] = ()


def _now() -> Any:
    return clock.now()


class Entity(Model):
    """A business record, written only by the gate.

    A subclass declares ``__tablename__``, ``about`` and its fields. It gets the common columns, a text key
    column beside every searched, titled or key text, indexes for scope, and a view-only relationship beside
    every link (``region`` beside ``region_id``).
    """

    __abstract__ = True
    __table_args__: Any = TABLE_ARGS
    about: About

    id = mapped_column(BigId, primary_key=True, sort_order=-100)
    version = mapped_column(Integer, nullable=False, default=1, sort_order=900)
    owner_id = mapped_column(
        BigId, ForeignKey("ab_user.id", ondelete="RESTRICT"), sort_order=901,
        info={"field": Field("person", _l("Owner"), target="person", system=True)},
    )  # fmt: skip
    department_id = mapped_column(
        BigId, ForeignKey("department.id", ondelete="RESTRICT"), sort_order=902,
        info={"field": Field("link", _l("Department"), target="department", system=True)},
    )  # fmt: skip
    created_at = mapped_column(
        Instant(), nullable=False, default=_now, sort_order=903,
        info={"field": Field("datetime", _l("Created at"), system=True, computed=True)},
    )  # fmt: skip
    created_by_id = mapped_column(
        BigId, ForeignKey("ab_user.id", ondelete="RESTRICT"), sort_order=904,
        info={"field": Field("person", _l("Created by"), target="person", system=True, computed=True)},
    )  # fmt: skip
    updated_at = mapped_column(
        Instant(), nullable=False, default=_now, sort_order=905,
        info={"field": Field("datetime", _l("Changed at"), system=True, computed=True)},
    )  # fmt: skip
    updated_by_id = mapped_column(
        BigId, ForeignKey("ab_user.id", ondelete="RESTRICT"), sort_order=906,
        info={"field": Field("person", _l("Changed by"), target="person", system=True, computed=True)},
    )  # fmt: skip
    archived_at = mapped_column(
        Instant(), sort_order=907,
        info={"field": Field("datetime", _l("Archived at"), system=True, computed=True)},
    )  # fmt: skip
    locked_by_case = mapped_column(BigId, sort_order=908)
    extra = mapped_column(
        JsonText(),
        sort_order=909,
        info={"field": Field("json", _l("Custom fields"), system=True, computed=True)},
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "__tablename__" in cls.__dict__:
            _complete(cls)
        super().__init_subclass__(**kwargs)

    def __str__(self) -> str:
        return str(getattr(self, self.about.title, None) or "")


def spec_of(attribute: Any) -> Field | None:
    """The Field a mapped column carries, if it carries one."""
    if not isinstance(attribute, MappedColumn):
        return None
    spec = attribute.column.info.get("field")
    return spec if isinstance(spec, Field) else None


def _complete(cls: type[Entity]) -> None:
    """Add what follows from the declaration, before SQLAlchemy maps the class."""
    about, table = cls.about, cls.__tablename__
    declared = {n: s for n, a in list(vars(cls).items()) if (s := spec_of(a)) is not None}
    unknown = [n for n in (*about.key, about.title) if n not in declared]
    if unknown and not (about.parent and set(unknown) <= {"position", "parent_id"}):
        raise TypeError(f"{table}: key or title names no field: {', '.join(unknown)}")
    if about.parent:
        cls.parent_id = mapped_column(
            BigId, ForeignKey(f"{about.parent}.id", ondelete="RESTRICT", deferrable=True), nullable=False, sort_order=-99,
            info={"field": Field("link", _l("Belongs to"), target=about.parent, required=True)},
        )  # fmt: skip
        cls.position = mapped_column(BigId, nullable=False, default=0, sort_order=-98)
    keyed = [n for n, s in declared.items() if s.search or n == about.title or n in about.key]
    keyed = [n for n in keyed if declared[n].kind in ("text", "number", "long_text")]
    for name in keyed:
        setattr(cls, f"{name}_key", mapped_column(KeyText, sort_order=950, info={"key_of": name}))
    for name, spec in {**declared, "owner_id": spec_of(Entity.owner_id)}.items():
        if spec is not None and spec.is_link and name.endswith("_id"):
            _relate(cls, name, spec)
    unique = [f"{n}_key" if n in keyed else n for n in about.key]
    if about.parent and "parent_id" not in unique:
        unique.insert(0, "parent_id")
    if set(about.key) - set(keyed):
        # Records that swap their keys hold none in between. Where no text key can be altered, this tells them apart.
        cls.vacated = mapped_column(BigId, nullable=False, default=0, server_default="0", sort_order=951)
        unique.append("vacated")
    scope = ["owner_id", "department_id"] if not about.parent else ["parent_id"]
    cls.__table_args__ = (
        Index(f"uq_{table}_key", *unique, unique=True),
        *(Index(f"ix_{table}_{name}", name, "id") for name in scope),
        *(
            Index(f"ix_{table}_{name}_key", f"{name}_key", "id")
            for name in keyed
            if [f"{name}_key"] != unique
        ),
        TABLE_ARGS,
    )


def _relate(cls: type[Entity], name: str, spec: Field) -> None:
    from app.entity.registry import registry

    def target() -> Any:
        return registry.target_class(spec.target)

    column = cls.__dict__.get(name)
    foreign = [column] if column is not None else f"{cls.__name__}.{name}"
    setattr(cls, name[:-3], relationship(target, foreign_keys=foreign, viewonly=True, lazy="select"))
