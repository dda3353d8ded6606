"""Fields: one declaration per column, from which grid, form, API, rights, Excel and log are made.

A helper such as ``text()`` returns a mapped column whose ``info["field"]`` is the `Field`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, overload

from sqlalchemy import Boolean, Date, ForeignKey, String, Text, Time
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeEngine

from app.db import BigId, ExactDecimal, Instant, JsonText
from app.entity.keys import normal_form, text_key
from app.entity.kinds import KINDS, FieldError, Kind

_NEAR = 0.6

PERSON = "person"
"""The target of a person field: FAB's users, who are not an entity of ours."""


@dataclass(frozen=True)
class Choice:
    """One option. `code` is stored and never changes; a retired one is shown but cannot be chosen any more."""

    code: str
    label: Any
    color: str = "grey"
    retired: bool = False


def choices(*options: tuple[Any, ...] | Choice) -> tuple[Choice, ...]:
    """Options from ``(code, label[, color])`` tuples."""
    return tuple(o if isinstance(o, Choice) else Choice(*o) for o in options)


@dataclass(frozen=True, eq=False)
class ChoicesOf(Sequence[Choice]):
    """Options that only the running application knows, such as its sheets or roles.

    `read` is asked whenever they are needed, so it keeps what it can: as long as it returns the same tuple, nothing
    is made anew. A stored code that is no option any more is shown as it is, and stays until somebody changes it.
    """

    read: Callable[[], tuple[Choice, ...]]

    def __iter__(self) -> Iterator[Choice]:
        return iter(self.read())

    def __len__(self) -> int:
        return len(self.read())

    @overload
    def __getitem__(self, index: int) -> Choice: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Choice, ...]: ...
    def __getitem__(self, index: int | slice) -> Choice | tuple[Choice, ...]:
        return self.read()[index]


@dataclass(frozen=True)
class Field:
    """What is known of one field. Lengths in characters, `width` in pixels of the sheet's column.

    `derived` is computed from the record's lines, so that a new value makes no new version. `auto` is a part of
    the key that a rule gives where nobody did. `date_from` is the field that dates a number; else it is today.
    `tidy` makes the ways people write a text one, before it is checked.
    """

    kind: str
    label: Any
    name: str = ""
    length: int = 0
    digits: int = 0
    scale: int = 0
    required: bool = False
    computed: bool = False
    derived: bool = False
    auto: bool = False
    lookup: str = ""
    system: bool = False
    search: bool = False
    pii: bool = False
    mask: str = ""
    tidy: Callable[[str], str] | None = None
    check: Callable[[Any], None] | None = None
    choices: Sequence[Choice] = ()
    target: str = ""
    pattern: str = ""
    date_from: str = ""
    default: Any = None
    width: int = 0
    unit: str = ""
    help: Any = ""
    total: bool = False
    logged: bool = True
    was: tuple[str, ...] = ()

    @property
    def type(self) -> Kind:
        """The kind's behaviour."""
        return KINDS[self.kind]

    @property
    def is_link(self) -> bool:
        """Whether the value is the id of another record or person."""
        return self.kind in ("link", "person")

    @property
    def written_by_people(self) -> bool:
        """Whether a person may ever give this value (rights aside)."""
        return not (self.computed or self.lookup)

    @property
    def _codes(self) -> dict[str, str]:
        options = self.choices.read() if isinstance(self.choices, ChoicesOf) else self.choices
        known: tuple[Any, dict[str, str]] = self.__dict__.get("_known", (None, {}))
        if known[0] is not options:
            known = self.__dict__["_known"] = options, _meanings(options)
        return known[1]

    def choice_code(self, text: str) -> str | None:
        """The code that a code or a zh or en label stands for; None when there is none."""
        return self._codes.get(normal_form(text))

    def choice_label(self, code: str) -> str:
        """What an option is called; a code that is no option any more is called by itself."""
        return next((str(c.label) for c in self.choices if c.code == code), code)

    def choices_named(self, text: str) -> list[str]:
        """The codes of the options that a typed text may mean, as texts are searched: by name, pinyin, initials."""
        wanted = normal_form(text)
        return sorted({code for form, code in self._codes.items() if wanted in text_key(form)})

    def near_choice(self, text: str) -> Choice | None:
        """The choice a text that names none most likely means: the one whose name holds it or lies in it, else the
        nearest in writing."""
        wanted, current = normal_form(text), {c.code: c for c in self.choices if not c.retired}
        named = {form: code for form, code in self._codes.items() if code in current}
        within = {
            code
            for form, code in named.items()
            if (form in wanted or wanted in form)
            and max(map(len, (form, wanted))) <= 3 * len(min(form, wanted, key=len))
        }
        if len(within) == 1:
            return current[within.pop()]
        near = get_close_matches(wanted, named, n=1, cutoff=_NEAR)
        return current[named[near[0]]] if near else None

    def parse(self, raw: Any) -> Any:
        """The wire value of a raw one; None for empty. Raises FieldError."""
        if raw is None or (isinstance(raw, str) and not raw.strip(" \t\r\n\u3000\xa0\ufeff\u200b")):
            return None
        if self.tidy is not None and isinstance(raw, str):
            raw = self.tidy(raw)
        value = self.type.parse(self, raw)
        if value is not None and self.check is not None:
            self.check(value)
        return value

    def to_wire(self, stored: Any) -> Any:
        """The wire form of what the database gave."""
        return None if stored is None else self.type.to_wire(stored)

    def to_stored(self, wire: Any) -> Any:
        """What to bind for a wire value."""
        return None if wire is None else self.type.to_stored(wire)

    def default_value(self) -> Any:
        """The wire value a new record starts with."""
        return self.default() if callable(self.default) else self.default

    def masked(self, wire: Any) -> Any:
        """The value as someone sees it who may not see it: ``mask="3-4"`` keeps 3 in front and 4 behind."""
        if wire is None:
            return None
        if not self.mask:
            return "****"
        front, back = (int(n) for n in self.mask.split("-"))
        text = str(wire)
        if len(text) <= front + back:
            return "****"
        return text[:front] + "****" + (text[-back:] if back else "")


def _meanings(options: Sequence[Choice]) -> dict[str, str]:
    """The code of every text that names an option. Where a label is another option's code, the code is meant."""
    labels = {normal_form(text): c.code for c in options for text in _texts(c.label)}
    return labels | {normal_form(c.code): c.code for c in options}


def _texts(label: Any) -> Iterable[str]:
    """A label in every language the system speaks."""
    from app.entity.labels import in_every_language

    return in_every_language(label)


def column(spec: Field, sql_type: TypeEngine[Any], *args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """The mapped column that carries a field."""
    return mapped_column(sql_type, *args, nullable=True, info={"field": spec}, **kwargs)


def text(label: Any, length: int = 120, **more: Any) -> MappedColumn[str | None]:
    """One line of text of at most `length` characters."""
    return column(Field("text", label, length=length, **more), String(length))


def long_text(label: Any, **more: Any) -> MappedColumn[str | None]:
    """Text with line breaks, at most 20,000 characters."""
    return column(Field("long_text", label, length=more.pop("length", 20_000), **more), Text())


def number(label: Any, pattern: str, **more: Any) -> MappedColumn[str | None]:
    """A business number given by the system, e.g. ``C-{seq:6}`` or ``SO-{date}-{seq:4}``."""
    return column(Field("number", label, length=40, pattern=pattern, **more), String(40))


def integer(label: Any, **more: Any) -> MappedColumn[int | None]:
    """A whole number within ±(2^53 − 1)."""
    return column(Field("integer", label, **more), BigId)


def decimal(label: Any, digits: int, scale: int, **more: Any) -> MappedColumn[Decimal | None]:
    """An exact decimal with `digits` digits in all, `scale` of them behind the point."""
    return column(Field("decimal", label, digits=digits, scale=scale, **more), ExactDecimal(digits, scale))


def money(label: Any, **more: Any) -> MappedColumn[Decimal | None]:
    """An amount in 元 with 2 decimals."""
    return column(Field("money", label, digits=14, scale=2, **more), ExactDecimal(14, 2))


def percent(label: Any, **more: Any) -> MappedColumn[Decimal | None]:
    """A rate, kept as a fraction with 4 decimals (12.5 % is 0.1250)."""
    return column(Field("percent", label, digits=7, scale=4, **more), ExactDecimal(7, 4))


def day(label: Any, **more: Any) -> MappedColumn[date | None]:
    """A calendar day."""
    return column(Field("date", label, **more), Date())


def instant(label: Any, **more: Any) -> MappedColumn[datetime | None]:
    """A moment in time."""
    return column(Field("datetime", label, **more), Instant())


def clock_time(label: Any, **more: Any) -> MappedColumn[time | None]:
    """A time of day."""
    return column(Field("time", label, **more), Time())


def yes_no(label: Any, **more: Any) -> MappedColumn[bool | None]:
    """Yes or no; empty is neither."""
    return column(Field("yes_no", label, **more), Boolean(create_constraint=False))


def choice(
    label: Any, options: Sequence[Choice], *, length: int = 40, **more: Any
) -> MappedColumn[str | None]:
    """One of the options; their codes have at most `length` characters."""
    return column(Field("choice", label, length=length, choices=options, **more), String(length))


def multi_choice(label: Any, options: Sequence[Choice], **more: Any) -> MappedColumn[Any]:
    """Several of the declared options, kept in declared order."""
    return column(Field("multi_choice", label, choices=options, **more), JsonText())


def link(label: Any, target: str, **more: Any) -> MappedColumn[int | None]:
    """A link to a record of the entity `target` (its table name); the column's name ends in ``_id``."""
    foreign = ForeignKey(f"{target}.id", ondelete="RESTRICT", deferrable=True)
    return column(Field("link", label, target=target, **more), BigId, foreign, index=True)


def person(label: Any, **more: Any) -> MappedColumn[int | None]:
    """A link to a person who can sign in."""
    foreign = ForeignKey("ab_user.id", ondelete="RESTRICT")
    return column(Field("person", label, target=PERSON, **more), BigId, foreign)


def attachment(label: Any, **more: Any) -> MappedColumn[Any]:
    """Files, as an ordered list of attachment ids."""
    return column(Field("attachment", label, **more), JsonText())


def json_value(label: Any, **more: Any) -> MappedColumn[Any]:
    """Any JSON value."""
    return column(Field("json", label, **more), JsonText())


def named(spec: Field, name: str) -> Field:
    """The same field under its column's name."""
    return replace(spec, name=name)


__all__ = ["Choice", "ChoicesOf", "Field", "FieldError", "attachment", "choice", "choices", "clock_time", "column", "day",
           "decimal", "instant", "integer", "json_value", "link", "long_text", "money", "multi_choice", "named",
           "number", "percent", "person", "text", "yes_no"]  # fmt: skip
