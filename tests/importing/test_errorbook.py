"""The error workbook: the user's own file, its formats, images and formulas kept, the wrong cells marked and listed."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from flask import Flask
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.formula import ArrayFormula

from app.change import staging
from app.change.erase import erase
from app.entity import registry
from app.excel.patch import Marks, mark
from app.excel.patchsheet import REL
from app.importing import uploads
from tests.importing.test_preview import HEAD, known, ledger, line
from tests.importing.way import API, Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles

YELLOW = "FFFFFF00"


@pytest.fixture
def app(applications: Applications) -> Flask:
    """SQLite: nothing here differs between the databases."""
    return applications.fresh(SqliteFiles()).flask


def book(path: Path, *lines: str) -> Path:
    """A workbook as people make them: a title, a second sheet, a formula, a picture, comments, colours, widths."""
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.title = "客户 '2026'"
    sheet["A1"] = "客户台账"
    sheet.append(HEAD.split(","))
    for text in lines:
        sheet.append([cell or None for cell in text.split(",")])
    sheet["B3"].fill = PatternFill("solid", YELLOW)
    sheet["F4"].font = Font(bold=True)
    sheet["F4"].comment = Comment("问过小王", "王浩")
    sheet.column_dimensions["B"].width = 33
    sheet.freeze_panes = "C3"
    sheet.merge_cells("A1:D1")
    sheet["L1"] = "=1+1"
    sheet.conditional_formatting.add(
        "H3:H9", openpyxl.formatting.rule.CellIsRule("equal", ["1"], font=Font(bold=True))
    )
    dot = io.BytesIO()
    pytest.importorskip("PIL.Image").new("RGB", (4, 4), "red").save(dot, "png")
    sheet.add_image(Image(dot), "N2")
    other = made.create_sheet("别的")
    other["A1"] = "=SUM(B1:B3)"
    made.save(path)
    return path


def error_workbook(way: Way, staged: int, path: Path) -> tuple[Path, dict[str, Any]]:
    job = way.job(way.post(f"{API}/{staged}/errors", {}))
    assert job["state"] == "done", job
    path.write_bytes(way.get(f"{API}/job/{job['job']}/file").data)
    return path, job["result"]


def comments(sheet: Any) -> dict[str, str]:
    return {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}


def through_libreoffice(path: Path, folder: Path) -> Path:
    folder.mkdir()
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    words = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder), str(path)]
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    return folder / path.name


WRONG = (line(1), line(2, region="华冬大区"), line(3, mobile="123"), line(4))


def test_formats_comments_pictures_and_other_sheets_are_kept(way: Way, tmp_path: Path) -> None:
    original = book(tmp_path / "客户.xlsx", *WRONG)
    found = way.preview("customer", original, "客户.xlsx")
    assert found["error_rows"] == 2
    path, said = error_workbook(way, found["set"], tmp_path / "错误.xlsx")
    assert said == {"name": "客户 有错.xlsx", "marked": 2}
    made = openpyxl.load_workbook(path)
    assert made.sheetnames == ["客户 '2026'", "别的", "导入结果", "_taizhang"]
    assert made["_taizhang"].sheet_state == "veryHidden"
    sheet = made.worksheets[0]
    notes = comments(sheet)
    assert notes.keys() == {"F4", "H5"}
    assert notes["F4"].startswith("问过小王\n[台账] ")
    assert "华冬大区" in notes["F4"]
    assert (sheet["B3"].fill.fgColor.rgb, sheet["F4"].font.b) == (YELLOW, True)
    marked = sheet["F4"].fill.fgColor.rgb
    red = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == marked}
    assert red == {"F4", "H5"}
    assert (sheet["L1"].value, sheet.column_dimensions["B"].width, sheet.freeze_panes) == ("=1+1", 33, "C3")
    assert [str(r) for r in sheet.merged_cells.ranges] == ["A1:D1"]
    before, after = ZipFile(original), ZipFile(path)
    changed = {n for n in before.namelist() if before.read(n) != after.read(n)}
    assert changed == {
        "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
        "xl/worksheets/sheet1.xml", "xl/comments/comment1.xml", "xl/drawings/commentsDrawing1.vml",
    }  # fmt: skip


def test_the_list_names_every_cell_and_leads_to_it(way: Way, tmp_path: Path) -> None:
    found = way.preview("customer", book(tmp_path / "a.xlsx", *WRONG), "客户.xlsx")
    path, _said = error_workbook(way, found["set"], tmp_path / "b.xlsx")
    sheet = openpyxl.load_workbook(path)["导入结果"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = rows.index(["行", "单元格", "列", "值", "原因"]) + 1
    assert [row[:4] for row in rows[at:]] == [
        ["4", "F4", "region_id", "华冬大区"],
        ["5", "H5", "mobile", "123"],
    ]
    assert all(row[4] for row in rows[at:])
    links = {c.coordinate: c.hyperlink.location for row in sheet.iter_rows() for c in row if c.hyperlink}
    assert links == {f"B{at + 1}": "'客户 ''2026'''!F4", f"B{at + 2}": "'客户 ''2026'''!H5"}
    assert all(cell.quotePrefix for row in sheet.iter_rows(min_row=at + 1) for cell in row if cell.value)


def test_corrected_and_sent_again_only_what_was_corrected_is_applied(way: Way, tmp_path: Path) -> None:
    code = known(way)["00001商行"]
    rows = [*WRONG, line(5, code=code, region="华西")]
    found = way.preview("customer", book(tmp_path / "a.xlsx", *rows), "客户.xlsx", key=["customer_code"])
    assert (found["inserted"], found["error_rows"]) == (2, 3)
    first = way.commit(found["set"], partial=True)
    path, _said = error_workbook(way, first["change_set"], tmp_path / "b.xlsx")
    made = openpyxl.load_workbook(path)
    sheet = made.worksheets[0]
    head = {cell.value: cell.column_letter for cell in sheet[2] if cell.value}
    assert sheet.column_dimensions[head["@id"]].hidden
    assert [bool(sheet[f"{head['@id']}{row}"].value) for row in range(3, 8)] == [
        True,
        False,
        False,
        True,
        True,
    ]
    sheet["F4"], sheet["F7"] = "HD", "HD"
    made.save(path)
    again = way.preview("customer", path, "改.xlsx")
    assert (again["inserted"], again["updated"], again["unchanged"], again["error_rows"]) == (1, 1, 2, 1)
    # Still wrong: the next error workbook marks that cell alone.
    second, said = error_workbook(way, again["set"], tmp_path / "c.xlsx")
    assert said["marked"] == 1
    sheet = openpyxl.load_workbook(second).worksheets[0]
    assert comments(sheet).keys() == {"F4", "H5"}  # the user's own is kept
    assert comments(sheet)["F4"] == "问过小王"
    assert sheet["F4"].fill.fgColor.rgb != sheet["H5"].fill.fgColor.rgb
    done = way.commit(again["set"], partial=True)
    assert (done["inserted"], done["updated"]) == (1, 1)
    assert len(way.records("customer", ("name",), address="新街2号")) == 1


def test_one_made_before_its_import_wrote_new_records_brings_none_of_them_twice(
    way: Way, tmp_path: Path
) -> None:
    found = way.preview("customer", book(tmp_path / "a.xlsx", *WRONG), "客户.xlsx")
    path, _said = error_workbook(way, found["set"], tmp_path / "b.xlsx")
    assert way.upload("customer", path, "改.xlsx").status_code == 200
    assert way.commit(found["set"], partial=True)["inserted"] == 2
    late = way.upload("customer", path, "改.xlsx")
    assert (late.status_code, "重新下载错误文件" in late.json["message"]) == (422, True)


def corrected(way: Way, staged: int, number: int, **values: str) -> None:
    """Correct cells of the row on a line of the file in the preview."""
    (seq,) = (row["seq"] for row in way.rows(staged, "error") if row["line"] == number)
    answer = way.post(f"{API}/{staged}/mend", {"rows": [{"seq": seq, "values": values}]})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("plain", [False, True], ids=["xlsx", "csv"])
def test_a_cell_corrected_in_the_preview_holds_the_correction(
    way: Way, tmp_path: Path, *, plain: bool
) -> None:
    rows = [line(1), line(2, region="华冬大区"), line(3, mobile="123"), line(4, region="华冬大区")]
    file: Path | bytes = ledger(*rows) if plain else book(tmp_path / "a.xlsx", *rows)
    first = 2 if plain else 3
    staged = way.preview("customer", file, "客户.csv" if plain else "客户.xlsx")["set"]
    corrected(way, staged, first + 3, region_id="华东大区")
    done = way.commit(staged, partial=True)
    assert done["inserted"] == 2
    path, said = error_workbook(way, done["change_set"], tmp_path / "b.xlsx")
    made = openpyxl.load_workbook(path)
    sheet = made.worksheets[0]
    right, region, mobile = sheet[f"F{first + 3}"], sheet[f"F{first + 1}"], sheet[f"H{first + 2}"]
    assert (said["marked"], right.value, region.value, mobile.value) == (2, "华东大区", "华冬大区", "123")
    assert comments(sheet).keys() - {"F4"} == {region.coordinate, mobile.coordinate} - {"F4"}
    assert right.fill.fgColor.rgb not in (region.fill.fgColor.rgb, "00000000")
    assert any("绿色" in str(row[0].value) for row in made["导入结果"].iter_rows())
    region.value, mobile.value = "HD", "15512345678"
    made.save(path)
    again = way.preview("customer", path, "改.xlsx")
    assert (again["inserted"], again["updated"], again["unchanged"], again["error_rows"]) == (2, 0, 2, 0)
    way.commit(again["set"])
    assert len(way.records("customer", ("name",), address="新街4号")) == 1


def test_a_row_corrected_to_what_was_there_bears_its_id(way: Way, tmp_path: Path) -> None:
    (one, _place), (other, place) = way.records("customer", ("customer_code", "address"))[:2]
    rows = [f"{one},华东大区,改街1号", f"{other},华冬大区,{place or ''}", ",华冬大区,新街"]
    text = "\n".join(["customer_code,region_id,address", *rows])
    found = way.preview("customer", text.encode("utf-8-sig"), "客户.csv", key=["customer_code"])
    corrected(way, found["set"], 3, region_id="华东大区")
    done = way.commit(found["set"], partial=True)
    path, said = error_workbook(way, done["change_set"], tmp_path / "a.xlsx")
    made = openpyxl.load_workbook(path)
    sheet = made.worksheets[0]
    assert (said["marked"], sheet["B3"].value) == (1, "华东大区")
    assert all(sheet[f"{letter}{row}"].value for letter in "DE" for row in (2, 3))
    # Of our own workbook too.
    sheet["C2"], sheet["B3"] = "改街2号", "华冬大区"
    made.save(path)
    again = way.preview("customer", path, "改.xlsx")
    assert (again["updated"], again["error_rows"]) == (1, 2)
    corrected(way, again["set"], 3, region_id="华东大区")
    done = way.commit(again["set"], partial=True)
    path, said = error_workbook(way, done["change_set"], tmp_path / "b.xlsx")
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert (said["marked"], sheet["B3"].value, bool(sheet["D3"].value)) == (1, "华东大区", True)


def test_who_is_erased_leaves_neither_the_file_that_was_corrected_to_them_nor_the_corrections(
    way: Way, app: Flask
) -> None:
    (code, place), (other, _place) = way.records("customer", ("customer_code", "address"))[:2]
    text = f"customer_code,region_id,address\n{code},华冬大区,{place or ''}\n{other},华东大区,改街1号"
    found = way.preview("customer", text.encode("utf-8-sig"), "客户.csv", key=["customer_code"])
    corrected(way, found["set"], 2, region_id="华东大区")
    assert way.commit(found["set"])["updated"] == 1
    (record,) = (
        row["id"]
        for row in way.post("/api/v1/customer/rows", {"fields": ["customer_code"], "limit": 9}).json["rows"]
        if row["values"]["customer_code"] == code
    )
    with app.app_context(), way.cast.acting("admin"):
        assert "华东大区" in str((staging.header(found["set"]) or {})["file"]["mended"])
        done = erase(registry.get("customer"), record, "本人要求", ("wechat",))
        assert done.places["files/imports"] == 1
        assert list(uploads.folder().iterdir()) == []
        assert "mended" not in (staging.header(found["set"]) or {})["file"]


def test_of_documents_too_what_was_corrected_need_not_be_corrected_again(way: Way, tmp_path: Path) -> None:
    head = f"{HEAD},customer_contact.name,customer_contact.mobile"
    one, other = line(1), line(2)
    rows = [f"{one},甲,12", f"{one},乙,13", f"{other},丙,14", f"{other},丁,15611111111"]
    options: dict[str, Any] = {"columns": {}, "key": ["name"]}
    options["lines"] = {"entity": "customer_contact", "group": ["name"], "by": "order"}
    text = "\n".join([head, *rows]).encode("utf-8-sig")
    found = way.preview("customer", text, "客户.csv", **options)["set"]
    for number, mobile in ((2, "15622222222"), (4, "15633333333")):
        wrong = [r for r in way.rows(found, "error") if r["line"] == number and r["errors"][0]["text"]]
        (seq,) = (row["seq"] for row in wrong)
        values = {"mobile" if wrong[0]["entity"] == "customer_contact" else "customer_contact.mobile": mobile}
        assert way.post(f"{API}/{found}/mend", {"rows": [{"seq": seq, "values": values}]}).status_code == 200
    assert way.commit(found, partial=True)["inserted"] == 3
    path, _said = error_workbook(way, found, tmp_path / "a.xlsx")
    made = openpyxl.load_workbook(path)
    sheet = made.worksheets[0]
    assert [sheet[f"L{row}"].value for row in (2, 3, 4)] == ["15622222222", "13", "15633333333"]
    sheet["L3"] = "15644444444"
    made.save(path)
    again = way.preview("customer", path, "改.xlsx", **options)
    assert (again["already"], again["inserted"], again["error_rows"]) == (2, 3, 0)


def test_a_formula_gives_way_to_a_correction_unless_others_live_by_it(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet["A2"], sheet["B2"] = "=1+1", 7
    sheet["C2"] = ArrayFormula("C2:C3", "=B2:B3*2")
    made.save(tmp_path / "a.xlsx")
    with ZipFile(tmp_path / "a.xlsx") as file:
        kinds = file.read("[Content_Types].xml").decode()
        related = file.read("xl/_rels/workbook.xml.rels").decode()
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
        one = f'<Override PartName="/xl/calcChain.xml" ContentType="{kind}"/></Types>'
        other = f'<Relationship Id="c1" Type="{REL}/calcChain" Target="calcChain.xml"/></Relationships>'
    with ZipFile(tmp_path / "a.xlsx") as old, ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in set(old.namelist()) - {"[Content_Types].xml", "xl/_rels/workbook.xml.rels"}:
            new.writestr(name, old.read(name))
        new.writestr("[Content_Types].xml", kinds.replace("</Types>", one))
        new.writestr("xl/_rels/workbook.xml.rels", related.replace("</Relationships>", other))
        new.writestr("xl/calcChain.xml", '<calcChain><c r="A2" i="1"/></calcChain>')
    texts = {2: {1: "=甲<乙>", 2: "", 3: "丙"}}
    mark(tmp_path / "b.xlsx", tmp_path / "c.xlsx", [Marks(sheet.title, 1, {}, texts=texts)], ("表", []), "")
    after = openpyxl.load_workbook(tmp_path / "c.xlsx").worksheets[0]
    assert (after["A2"].value, after["A2"].data_type, after["B2"].value) == ("=甲<乙>", "s", None)
    assert after["C2"].value.text == "=B2:B3*2"
    with ZipFile(tmp_path / "c.xlsx") as file:
        told = file.read("[Content_Types].xml") + file.read("xl/_rels/workbook.xml.rels")
        assert "xl/calcChain.xml" not in file.namelist()
        assert b"calcChain" not in told


def test_two_rows_of_one_key_are_known_by_it_once_one_of_them_is_corrected(way: Way, tmp_path: Path) -> None:
    codes = known(way)
    one, other = codes["00001商行"], codes["00002商行"]
    rows = [line(1), line(2, code=one), line(3, code=one)]
    found = way.preview("customer", book(tmp_path / "a.xlsx", *rows), "客户.xlsx", key=["customer_code"])
    assert (found["inserted"], found["error_rows"]) == (1, 2)
    first = way.commit(found["set"], partial=True)
    path, _said = error_workbook(way, first["change_set"], tmp_path / "b.xlsx")
    still = way.preview("customer", path, "没改.xlsx")
    assert (still["unchanged"], still["error_rows"]) == (1, 2)
    made = openpyxl.load_workbook(path)
    made.worksheets[0]["A5"] = other
    made.save(path)
    again = way.preview("customer", path, "改.xlsx")
    assert (again["inserted"], again["updated"], again["unchanged"], again["error_rows"]) == (0, 2, 1, 0)
    way.commit(again["set"])
    now = {code: name for name, code in known(way).items()}
    assert (now[one], now[other]) == ("00002酒行", "00003酒行")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_csv_comes_back_as_a_workbook_with_the_same_values(way: Way, tmp_path: Path, encoding: str) -> None:
    text = "\n".join([HEAD, *WRONG, line(6, mobile="015500000006")])
    found = way.preview("customer", text.encode(encoding), "客户.csv")
    path, said = error_workbook(way, found["set"], tmp_path / "b.xlsx")
    made = openpyxl.load_workbook(path)
    sheet = made.worksheets[0]
    assert [cell.value for cell in sheet[1]] == HEAD.split(",")
    assert (sheet["H6"].value, sheet["F3"].value) == ("015500000006", "华冬大区")
    assert comments(sheet).keys() == {"F3", "H4", "H6"}
    assert any("没有格式" in str(row[0].value) for row in made["导入结果"].iter_rows())
    assert said["marked"] == 3


@pytest.mark.libreoffice
def test_libreoffice_opens_it_and_it_is_known_again_when_it_saved_it(way: Way, tmp_path: Path) -> None:
    found = way.preview("customer", book(tmp_path / "a.xlsx", *WRONG), "客户.xlsx")
    done = way.commit(found["set"], partial=True)
    path, _said = error_workbook(way, done["change_set"], tmp_path / "b.xlsx")
    made = openpyxl.load_workbook(path)
    made.worksheets[0]["F4"] = "HD"
    made.save(path)
    saved = through_libreoffice(path, tmp_path / "lo")
    assert comments(openpyxl.load_workbook(saved).worksheets[0]).keys() == {"F4", "H5"}
    again = way.preview("customer", saved, "改.xlsx")
    assert (again["inserted"], again["unchanged"], again["error_rows"]) == (1, 2, 1)


def test_somebody_elses_error_workbook_cannot_be_had(way: Way, tmp_path: Path) -> None:
    found = way.preview("customer", book(tmp_path / "a.xlsx", *WRONG), "客户.xlsx")
    other = way.other("sr.wang")
    assert other.post(f"{API}/{found['set']}/errors", {}).status_code == 404
    job = way.job(way.post(f"{API}/{found['set']}/errors", {}))["job"]
    assert other.get(f"{API}/job/{job}/file").status_code == 404
