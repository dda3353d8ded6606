"""The columns of an export: which fields, how wide, in which colours, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.entity import EntityType, Field, registry
from app.entity.describe import describe_field
from app.entity.field import PERSON
from app.excel.sheetout import ColumnOut, shown_width
from app.exporting.asked import Asked
from app.query.filters import FilterError, readable, title_known
from app.query.rows import lookup_person, visible_names

MAX_GROUPS = 3
FEW_TITLES = 200
"""A link to at most so many records gets a drop-down in an export."""
_TEXTS = ("choice", "multi_choice", "link", "person", "yes_no", "number", "attachment", "json")


class ExportRefused(FilterError):
    """What was asked for cannot become a file; the sentence says what to ask for instead."""


@dataclass(frozen=True, slots=True)
class Column:
    """One field as the reader sees it. `total` says that its sums are shown; `width` is in pixels of the sheet."""

    spec: Field
    header: str
    masked: bool
    width: int

    @property
    def total(self) -> bool:
        """Whether sums of it mean something to this reader."""
        return self.spec.total and self.spec.type.numeric and not self.masked

    @property
    def kind(self) -> str:
        """The kind of its values in a file: what is masked is text."""
        return "text" if self.masked else self.spec.kind


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of an export in order; `groups` are the positions of those it is grouped by."""

    entity: EntityType
    columns: Sequence[Column]
    groups: Sequence[int] = ()

    @property
    def headers(self) -> list[str]:
        """The first row."""
        return [column.header for column in self.columns]

    @property
    def frozen(self) -> int:
        """Columns that stay in view: the key and title, as long as they lead."""
        about, keep = self.entity.about, 0
        for column in self.columns:
            if column.spec.name not in about.key and column.spec.name != about.title:
                break
            keep += 1
        return keep


def shape_of(entity: EntityType, grants: Grants, asked: Asked) -> Shape:
    """The columns of what was asked for; what the reader may not see is not there. Raises FilterError."""
    groups = [readable(entity, grants, name) for name in asked.groups]
    if len(groups) > MAX_GROUPS:
        raise ExportRefused(_l("Please group by at most %(n)s fields.", n=MAX_GROUPS))
    names = _names(entity, grants, asked)
    names = [*(spec.name for spec in groups if spec.name not in names), *names]
    if not names:
        raise ExportRefused(_l("None of these fields can be exported. Please choose others."))
    columns = [column_of(entity, entity.fields[name], grants.level(entity.name, name)) for name in names]
    return Shape(entity, columns, [names.index(spec.name) for spec in groups])


def column_of(entity: EntityType, spec: Field, level: str) -> Column:
    """A field as a column, for a reader of this level."""
    label = f"{spec.label}({spec.unit})" if spec.unit else str(spec.label)
    return Column(spec, label, level == "masked", describe_field(entity, spec, level)["width"])


def _names(entity: EntityType, grants: Grants, asked: Asked) -> list[str]:
    visible = visible_names(entity, grants)
    if asked.everything:
        return visible
    if asked.fields is None:
        return [n for n in visible if not entity.fields[n].system and entity.fields[n].kind != "json"]
    wanted = (entity.renamed.get(name, name) for name in asked.fields)
    return [name for name in dict.fromkeys(wanted) if name in visible]


@dataclass(slots=True)
class Helps:
    """What helps who fills a workbook in: the options of choices and of links to few records.

    Titles are those of records in the reader's scope, read once for each target.
    """

    session: Session
    grants: Grants
    most: int = FEW_TITLES
    _titles: dict[str, list[str]] = field(default_factory=dict)

    def choices(self, spec: Field) -> list[str]:
        """The options of a drop-down; none when there is nothing to choose from, or too much."""
        if spec.kind == "yes_no":
            return [_("Yes"), _("No")]
        if spec.kind in ("choice", "multi_choice"):
            return [str(choice.label) for choice in spec.choices if not choice.retired]
        return self.titles(spec.target) if spec.is_link else []

    def titles(self, target: str) -> list[str]:
        """The titles of a link's target, each once."""
        if target not in self._titles:
            found = list(dict.fromkeys(self._read(target)))
            self._titles[target] = found if len(found) <= self.most else []
        return self._titles[target]

    def _read(self, target: str) -> list[str]:
        if target == PERSON:
            return [person["title"] for person in lookup_person(self.session, "", self.most + 1)]
        entity = registry.get(target)
        title = entity.fields.get(entity.about.title)
        if title is None or title.is_link or not title_known(entity, self.grants):
            return []
        cls, name = entity.cls, entity.about.title
        key = getattr(cls, entity.key_columns.get(name, name))
        query = select(getattr(cls, name)).where(cls.archived_at.is_(None)).order_by(key, cls.id)
        return [str(text) for text in self.session.scalars(query.limit(self.most + 1)) if text is not None]


def column_out(
    column: Column, choices: Sequence[str] = (), note: str = "", required: bool = False
) -> ColumnOut:
    """A column of a workbook: format, width, colours."""
    spec = column.spec
    return ColumnOut(
        column.header,
        "choice" if column.kind == "yes_no" else column.kind,
        width=max(_pixels(column.width), shown_width(column.header) + 4),
        scale=spec.scale if spec.digits else None,
        choices=choices,
        note=note,
        required=required,
        strict=not spec.is_link,
        colors=colors_of(spec),
    )


def colors_of(spec: Field) -> Mapping[str, str]:
    """The colours of a choice field by the labels that are shown."""
    if spec.kind != "choice":
        return {}
    return {str(choice.label): choice.color for choice in spec.choices if choice.color != "grey"}


def _pixels(width: int) -> float:
    return round((width - 5) / 7, 1)
