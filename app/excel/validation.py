"""What Excel lets a person type into a column: lists, lists that follow another column, bounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.excel.contract import column_letters
from app.excel.xmltext import attribute, escape, text_length

if TYPE_CHECKING:
    from app.excel.sheetout import ColumnOut

_MAX_INLINE = 255

Lists = Callable[[Sequence[str]], str]
"""Keeps a list too long for a rule on a sheet of its own; answers the range it has there."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Bounds of what may be typed: `kind` whole, decimal, date or textLength, and the sentence when it is not."""

    kind: str
    low: str
    high: str
    message: str


@dataclass(frozen=True, slots=True)
class Depends:
    """A list that follows another column: `on` is that column's number from 0, `pairs` its value and ours."""

    on: int
    pairs: Sequence[tuple[str, str]]


def validations_xml(columns: Sequence[ColumnOut], lists: Lists, last_row: int) -> str:
    """The rules of all columns, from the second row down."""
    found = []
    for n, column in enumerate(columns, 1):
        letters = column_letters(n)
        body = (
            _dependent(column.depends, lists)
            if column.depends
            else _listed(column, lists) or _bounded(column)
        )
        if body:
            found.append(
                f'<dataValidation {body[0]} sqref="{letters}2:{letters}{last_row}">{body[1]}</dataValidation>'
            )
    return f'<dataValidations count="{len(found)}">{"".join(found)}</dataValidations>' if found else ""


def _listed(column: ColumnOut, lists: Lists) -> tuple[str, str] | None:
    if not column.choices:
        return None
    inline = ",".join(column.choices)
    odd = any(re.search('[,"]|^[=\\s]', choice) for choice in column.choices)
    source = lists(column.choices) if odd or text_length(inline) > _MAX_INLINE else f'"{inline}"'
    # Several choices go in one cell, joined: the list helps, but must not refuse.
    strict = column.strict and column.kind != "multi_choice"
    return (
        f'type="list" allowBlank="1" showErrorMessage="{strict:d}"',
        f"<formula1>{escape(source)}</formula1>",
    )


def _dependent(depends: Depends, lists: Lists) -> tuple[str, str]:
    pairs = sorted(depends.pairs)
    above, own = (lists([pair[place] for pair in pairs]) for place in (0, 1))
    cell = f"${column_letters(depends.on + 1)}2"
    first = own.split(":", 1)[0]
    source = f"OFFSET({first},MATCH({cell},{above},0)-1,0,SUMPRODUCT(--({above}={cell})),1)"
    return 'type="list" allowBlank="1" showErrorMessage="0"', f"<formula1>{escape(source)}</formula1>"


def _bounded(column: ColumnOut) -> tuple[str, str] | None:
    rule = column.rule
    if rule is None:
        return None
    head = f'type="{rule.kind}" operator="between" allowBlank="1" showErrorMessage="1"'
    head += f' error="{attribute(rule.message[:225])}"'
    return head, f"<formula1>{rule.low}</formula1><formula2>{rule.high}</formula2>"
