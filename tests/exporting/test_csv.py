"""A CSV says of every kind of field what the sheet says, and any program reads it back."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from app import clock
from app.access.context import acting_as
from app.access.grants import Grants
from app.db import db
from app.entity import EntityType, Field, registry
from app.exporting.asked import Asked
from app.exporting.csvout import guard, text_cells, write_csv
from app.exporting.export import write
from app.query.rows import Window, fetch
from tests.exporting.office import table_of

TEXTS = st.text(st.sampled_from("=-'\", \r\n\x00ａ＝中a0"), max_size=5) | st.text(max_size=4)
WORDS = {True: "是", False: "否"}


@given(st.lists(st.none() | TEXTS, min_size=1))
def test_a_column_of_texts_is_written_as_each_of_them_would_be(texts: list[str | None]) -> None:
    out = io.BytesIO()
    write_csv(out, ["a", "b"], [[text, 0] for text in texts])
    cells = text_cells(texts)
    assert out.getvalue().decode("utf-8-sig", "replace").encode() == "".join(
        f"{line}\r\n" for line in ("a,b", *(f"{cell},0" for cell in cells))
    ).encode("utf-8", "replace")


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2)))
def test_it_is_what_the_csv_module_writes_of_guarded_texts(rows: list[list[str]]) -> None:
    ours, theirs = io.BytesIO(), io.StringIO(newline="")
    write_csv(ours, ["a", "b"], rows)
    csv.writer(theirs).writerows(
        [["a", "b"], *([guard(text.replace("\0", "")) for text in row] for row in rows)]
    )
    assert ours.getvalue() == b"\xef\xbb\xbf" + theirs.getvalue().encode("utf-8", "replace")


def test_a_row_of_one_empty_cell_is_a_row() -> None:
    out = io.BytesIO()
    write_csv(out, ["a"], [[None], ["x"]])
    assert table_of(out.getvalue()) == [["a"], [""], ["x"]]


def said(spec: Field, wire: Any, title: str | None) -> str:
    """What a CSV says of a wire value, in Chinese."""
    if wire is None:
        return ""
    if title is not None:
        return guard(title)
    if spec.kind == "percent":
        return f"{(Decimal(wire) * 100).normalize():f}%"
    if spec.kind == "datetime":
        return str(clock.local(clock.parse_instant(wire)).replace(tzinfo=None))
    if spec.kind == "choice":
        return guard(spec.choice_label(wire))
    if spec.kind == "multi_choice":
        return guard("、".join(spec.choice_label(code) for code in wire))
    if spec.kind == "json":
        return guard(json.dumps(wire, ensure_ascii=False))
    if spec.type.numeric or spec.kind in ("date", "time"):
        return str(wire)
    return WORDS[wire] if spec.kind == "yes_no" else guard(str(wire))


def exported(entity: EntityType, grants: Grants, ids: tuple[int, ...]) -> list[list[str]]:
    """The cells of a CSV of all fields, without the header."""
    out = io.BytesIO()
    asked = Asked(everything=True, format="csv", ids=ids)
    assert write(db.session(), entity, grants, asked, out) == len(ids)
    return table_of(out.getvalue())[1:]


def test_every_field_of_every_sheet_is_there_as_the_sheet_has_it(demo_app: Flask) -> None:
    kinds = set()
    with demo_app.test_request_context(), force_locale("zh"), acting_as(None, source="test") as grants:
        for entity in registry:
            rows = fetch(db.session(), entity, grants, Window(limit=40)).rows
            found = exported(entity, grants, tuple(row["id"] for row in rows))
            for row, cells in zip(rows, found, strict=True):
                named = zip(row["values"].items(), cells, strict=True)
                for (name, wire), cell in named:
                    spec = entity.fields[name]
                    assert cell == said(spec, wire, row["titles"].get(name)), (entity.name, name)
                    kinds |= {spec.kind} if wire is not None else set()
    assert kinds >= {"text", "number", "choice", "integer", "money", "percent", "date", "datetime", "link",
                     "person", "yes_no", "multi_choice"}  # fmt: skip
