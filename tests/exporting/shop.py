"""Customers to export, in ways Excel would like to run, and what a file of them holds."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from zipfile import ZipFile

import openpyxl
from flask import Flask
from flask_babel import force_locale

from app.access.context import acting_as
from app.access.grants import Grants
from app.db import db
from app.entity import registry
from app.exporting.asked import Asked
from app.exporting.export import write
from seeds.writing import inserts
from seeds.writing import write as seeded
from tests.cast import assemble, customer

RISKY = [
    "=1+1",
    "+1",
    "-1+1",
    "@x",
    "＝1",
    "#N/A",
    "=cmd|' /c calc'!A1",
    "'quoted",
    "<b>&amp;</b>",
    "00123",
]


class Shop:
    """The cast's company with some more customers of 王芳's, one for each of the names."""

    def __init__(self, app: Flask, *names: str, **more: Any) -> None:
        self.app, self.cast, self._numbers = app, assemble(app), count(100)
        self.add(*names, **more)

    def add(self, *names: str, **more: Any) -> list[int]:
        """More customers of 王芳's."""
        region = self.cast.region
        whose = {"owner_id": self.cast.users["sr.wang"], "department_id": self.cast.departments["XS-HD"]}
        rows = [customer(region, next(self._numbers), name=name, **whose, **more) for name in names]
        with self.app.app_context(), acting_as(None, source="seed"):
            return seeded(f"shop:{names[:1]}", inserts("customer", rows)) if rows else []

    def regions(self, *rows: tuple[str, str, str, int]) -> None:
        """Regions below the cast's: name, level, market size, target of outlets."""
        names = ("name", "level", "market_size", "target_terminals")
        made = [
            {"code": f"R{n}", "parent_region_id": self.cast.region, **dict(zip(names, row, strict=True))}
            for n, row in enumerate(rows)
        ]
        with self.app.app_context(), acting_as(None, source="seed"):
            seeded("shop:regions", inserts("region", made))

    @contextmanager
    def reading(self, person: str = "sm.east", language: str = "zh") -> Iterator[Grants]:
        """Somebody of the cast reads, in a language."""
        with self.app.test_request_context(), self.cast.acting(person) as grants, force_locale(language):
            yield grants

    def file(self, asked: Asked, person: str = "sm.east", language: str = "zh", **more: Any) -> bytes:
        """The file that somebody gets."""
        entity = more.pop("entity", "customer")
        out = io.BytesIO()
        with self.reading(person, language) as grants:
            write(db.session(), registry.get(entity), more.pop("grants", grants), asked, out, **more)
        return out.getvalue()


def book_of(content: bytes) -> Any:
    """A workbook as another program reads it."""
    return openpyxl.load_workbook(io.BytesIO(content))


def rows_in(content: bytes, sheet: int = 0) -> list[tuple[Any, ...]]:
    """The rows of a sheet, its header first."""
    return list(book_of(content).worksheets[sheet].iter_rows(values_only=True))


def xml_of(content: bytes) -> str:
    """Everything a workbook says, part after part."""
    with ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())
