"""Workbooks as hardly any program writes them: what is read of them is marked in them, at the right cells."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from app.excel.contract import column_letters
from app.excel.patch import Marks, mark
from tests.excel.build import rows_here, sheet, xlsx
from tests.importing.desk import HEADERS, line
from tests.importing.way import API, Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles

TABLE = {1: ["号", "名"], 2: ["1", "甲"], 5: ["2", "乙"], 9: ["3", "丙"]}


def written(table: dict[int, list[str]], row: str, cell: str) -> str:
    """Rows far apart, in a form of one's own."""
    return "".join(
        row.format(r=number)
        + "".join(
            cell.format(c=column_letters(at), l=column_letters(at).lower(), r=number, v=escape(value))
            for at, value in enumerate(cells, 1)
        )
        + "</row>"
        for number, cells in table.items()
    )


PLAIN = '<c r="{c}{r}" t="inlineStr"><is><t>{v}</t></is></c>'
FORMS = {
    "single quotes": ("<row r='{r}'>", "<c r='{c}{r}' t='inlineStr'><is><t>{v}</t></is></c>"),
    "blanks": ('<row\n r = "{r}" >', PLAIN),
    "small letters": ('<row r="{r}">', PLAIN.replace("{c}", "{l}")),
}


@pytest.mark.parametrize("form", FORMS)
def test_marks_and_ids_stand_in_the_rows_that_were_read(tmp_path: Path, form: str) -> None:
    source, out = xlsx(tmp_path / "a.xlsx", sheet(written(TABLE, *FORMS[form]))), tmp_path / "b.xlsx"
    assert rows_here(source) == list(TABLE.values())
    marks = Marks("Sheet1", 1, {5: {2: "错"}}, {2: (11, 1), 9: (13, 1)}, (3, 4))
    mark(source, out, [marks], ("结果", []), "token")
    assert rows_here(out) == [
        ["号", "名", "@id", "@version"],
        ["1", "甲", 11, 1],
        ["2", "乙"],
        ["3", "丙", 13, 1],
    ]
    with ZipFile(out) as archive:
        part = archive.read("xl/worksheets/sheet1.xml").decode()
        assert 'ref="B5"' in archive.read("xl/comments1.xml").decode()
    assert re.search(r'<c [^>]*s="\d+"[^>]*><is><t>&#20057;', part)  # 乙
    assert part.count("<c ") == 8 + 2 + 4  # none twice


def without_styles(path: Path) -> None:
    """The workbook of a program that knows none."""
    with ZipFile(path) as archive:
        parts = {n: archive.read(n) for n in archive.namelist() if n != "xl/styles.xml"}
    relations = parts["xl/_rels/workbook.xml.rels"].decode()
    start = relations.index('<Relationship Id="s"')
    end = relations.index("/>", start) + 2
    parts["xl/_rels/workbook.xml.rels"] = (relations[:start] + relations[end:]).encode()
    with ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("cell", "spoil"),
    [(PLAIN.replace("{v}", "<![CDATA[{v}]]>"), None), (PLAIN, without_styles)],
    ids=["CDATA", "no styles"],
)
def test_what_lets_no_marks_in_comes_back_as_values(
    applications: Applications, tmp_path: Path, cell: str, spoil: Callable[[Path], None] | None
) -> None:
    way = Way.open(applications.fresh(SqliteFiles()).flask)
    rows = dict(zip((1, 2, 5), ([*HEADERS], line(60), line(61, mobile="12x")), strict=True))
    path = xlsx(tmp_path / "a.xlsx", sheet(written(rows, '<row r="{r}">', cell)))
    if spoil is not None:
        spoil(path)
    staged = way.preview("customer", path)["set"]
    assert way.commit(staged, partial=True)["left_out"] == 1
    job = way.job(way.post(f"{API}/{staged}/errors", {}))
    assert (job["state"], job["result"]["marked"]) == ("done", 1)
    back = way.get(f"{API}/job/{job['job']}/file").data
    book = openpyxl.load_workbook(io.BytesIO(back))
    first = book.worksheets[0]
    assert isinstance(first, Worksheet)
    assert [c.coordinate for row in first.iter_rows() for c in row if c.comment] == ["G5"]
    assert "这份副本只有数值" in str([row[0].value for row in book.worksheets[1].iter_rows()])
    again = way.preview("customer", back)
    assert (again["inserted"], again["unchanged"], way.wrong(again["set"])) == (
        0, 1, {5: [("mobile", "BAD_MOBILE")]}
    )  # fmt: skip


def test_a_cover_and_an_empty_sheet_are_passed_by(applications: Applications, tmp_path: Path) -> None:
    way = Way.open(applications.fresh(SqliteFiles()).flask)
    rows = dict(enumerate(([*HEADERS], line(60)), 1))
    table = sheet(written(rows, '<row r="{r}">', PLAIN))
    cover = sheet(written({3: ["华东区月度台账"], 4: ["编制", "销售部"]}, '<row r="{r}">', PLAIN))
    for name, sheets in (("a", {"空": sheet(""), "表": table}), ("b", {"封面": cover, "表": table})):
        seen = way.upload("customer", xlsx(tmp_path / f"{name}.xlsx", sheets)).json
        assert (seen["sheet"], seen["options"]["sheet"], seen["rows"]) == ("表", "表", 1)
    seen = way.upload("customer", xlsx(tmp_path / "c.xlsx", {"空": sheet(""), "封面": cover})).json
    assert seen["sheet"] == "封面"
