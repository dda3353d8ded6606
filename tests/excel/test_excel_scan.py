"""Files that are not what they say, or are made to hurt, are refused with a reason."""

from __future__ import annotations

import struct
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from app.excel.contract import CellProblem, FileRefused, Limits
from app.excel.read import open_workbook, read_sheet
from app.excel.scan import check_prolog, scan
from tests.excel.build import HEAD, MAIN, STYLES, first_row, ole, refusal, sheet, table, text, xlsx

BOMB = "A" * 40_000_000


def test_an_empty_file_is_refused_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.touch()
    assert refusal(path) == "EMPTY"


def test_a_file_over_the_size_limit_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", table(""))
    with pytest.raises(FileRefused) as refused:
        scan(path, Limits(max_bytes=500))
    assert refused.value.code == "TOO_BIG"


def test_an_encrypted_workbook_is_told_from_an_old_one_by_its_directory(tmp_path: Path) -> None:
    assert refusal(ole(tmp_path / "a.xlsx", ["EncryptionInfo", "EncryptedPackage"])) == "ENCRYPTED"
    assert scan(ole(tmp_path / "b.xlsx", ["Workbook"]), Limits()).kind == "xls"


def test_an_old_word_document_is_not_a_workbook(tmp_path: Path) -> None:
    assert refusal(ole(tmp_path / "a.xls", ["WordDocument"])) == "NOT_A_WORKBOOK"


def test_an_old_workbook_with_macros_is_refused(tmp_path: Path) -> None:
    assert refusal(ole(tmp_path / "a.xls", ["Workbook", "_VBA_PROJECT_CUR"])) == "MACROS"


def test_a_compound_file_whose_chain_runs_in_a_circle_is_broken(tmp_path: Path) -> None:
    path = ole(tmp_path / "a.xls", ["Workbook"])
    raw = bytearray(path.read_bytes())
    struct.pack_into("<I", raw, 512 + 4, 1)
    path.write_bytes(raw)
    assert refusal(path) == "BROKEN"


@pytest.mark.parametrize("length", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_workbook_is_broken(tmp_path: Path, length: float) -> None:
    path = xlsx(tmp_path / "a.xlsx", table(text("A2", "x")))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * length)])
    assert refusal(path) == "BROKEN"


@pytest.mark.parametrize(
    "content",
    [b"<html><table><tr><td>1</td></tr></table></html>", b'\xef\xbb\xbf <?xml version="1.0"?><Workbook/>',
     b"MIME-Version: 1.0\r\nContent-Type: multipart/related"],
)  # fmt: skip
def test_a_web_page_named_xls_is_refused_as_such(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(content)
    assert refusal(path) == "HTML"


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7 text", b"{\\rtf1 text}", b"\x89PNG\r\n\x1a\n\0\0", b"\x1f\x8b\x08\0"]
)
def test_other_documents_are_not_workbooks(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    assert refusal(path) == "NOT_A_WORKBOOK"


def test_a_zip_of_something_else_is_not_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(path) == "NOT_A_WORKBOOK"


def test_csv_renamed_xlsx_is_read_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_text("编码,名称\n001,甲\n", encoding="utf-8")
    assert open_workbook(path).kind == "csv"


def test_a_workbook_with_a_macro_part_is_refused(tmp_path: Path) -> None:
    assert refusal(xlsx(tmp_path / "a.xlsx", table(""), parts={"xl/vbaProject.bin": b"x"})) == "MACROS"


def test_a_workbook_that_declares_macros_is_refused(tmp_path: Path) -> None:
    kind = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    assert refusal(xlsx(tmp_path / "a.xlsm", table(""), sheet_type=kind)) == "MACROS"


def test_a_binary_workbook_is_named_as_one(tmp_path: Path) -> None:
    assert refusal(xlsx(tmp_path / "a.xlsb", table(""), parts={"xl/workbook.bin": b"x"})) == "XLSB"


def test_external_links_and_embedded_files_are_reported_and_ignored(tmp_path: Path) -> None:
    names = ["xl/externalLinks/externalLink1.xml", "xl/embeddings/oleObject1.bin", "xl/connections.xml"]
    path = xlsx(tmp_path / "a.xlsx", table(text("A2", "x")), parts=dict.fromkeys(names, f"{HEAD}<a/>"))
    assert open_workbook(path).ignored == sorted(names)


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/passwd", "xl\\a.xml", "XL/WORKBOOK.XML"])
def test_strange_and_doubled_part_names_are_refused(tmp_path: Path, name: str) -> None:
    assert refusal(xlsx(tmp_path / "a.xlsx", table(""), parts={name: f"{HEAD}<a/>"})) == "SUSPICIOUS"


def test_a_zip_bomb_is_refused_by_its_directory(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", table(text("A2", BOMB)))
    assert path.stat().st_size < 100_000
    assert refusal(path) == "SUSPICIOUS"


def test_the_unpacked_total_is_limited(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", table(text("A2", "x")), parts={"xl/media/a.png": b"x" * 5000})
    assert refusal(path, Limits(max_unpacked=5000)) == "TOO_COMPLEX"


def test_a_part_that_is_larger_than_it_says_is_broken(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", table(text("A2", "x" * 3_000_000)))
    raw = bytearray(path.read_bytes())
    with ZipFile(path) as archive:
        honest = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    for at in (i for i in range(len(raw) - 4) if raw[i : i + 4] == struct.pack("<I", honest)):
        struct.pack_into("<I", raw, at, 600)
    path.write_bytes(raw)
    assert refusal(path) == "BROKEN"


def test_a_hundred_thousand_parts_are_refused_before_they_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * 100_000
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 10, 10, len(directory), 4, 0)
    path.write_bytes(b"PK\x03\x04" + directory + end)
    assert refusal(path) == "SUSPICIOUS"


def test_parts_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", table(""))
    with ZipFile(path) as archive:
        first, second = archive.infolist()[:2]
    raw = path.read_bytes()
    moved = raw.replace(struct.pack("<I", second.header_offset) + second.filename.encode(),
                        struct.pack("<I", first.header_offset + 5) + second.filename.encode())  # fmt: skip
    assert moved != raw
    path.write_bytes(moved)
    assert refusal(path) == "SUSPICIOUS"


def test_a_zip_entry_with_the_encrypted_flag_is_refused_as_encrypted(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", table(""))
    raw = bytearray(path.read_bytes())
    at = raw.find(b"PK\x01\x02")
    raw[at + 8] |= 1
    path.write_bytes(raw)
    assert refusal(path) == "ENCRYPTED"


DTD = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/other.xml"]
)
def test_a_doctype_in_any_part_is_refused(tmp_path: Path, part: str) -> None:
    hostile = f'{HEAD}{DTD}<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    assert refusal(xlsx(tmp_path / "a.xlsx", table(text("A2", "x")), parts={part: hostile})) == "SUSPICIOUS"


@pytest.mark.parametrize(
    "head",
    [
        b"<!-- --><!DOCTYPE x><!-- --><x/>",
        b"<!-- <x> --><!DOCTYPE x [<!ENTITY a 'b'>]><x/>",
        b"<?pi <x> ?><!doctype x><x/>",
        b'<?xml version="1.0" encoding="UTF-7"?><x/>',
        "<!DOCTYPE x><x/>".encode("utf-16"),
        b"<!--" + b" " * 70_000 + b"--><!DOCTYPE x><x/>",
        b"no markup",
    ],
)
def test_a_doctype_cannot_hide(head: bytes) -> None:
    with pytest.raises(FileRefused):
        check_prolog(head[:65_536])


def test_an_ordinary_prolog_passes() -> None:
    check_prolog(b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\n<!-- made by hand -->\n<worksheet/>')


def test_four_hundred_thousand_cell_formats_are_refused(tmp_path: Path) -> None:
    xfs = '<xf numFmtId="0"/>' * 400_000
    styles = f'{HEAD}<styleSheet xmlns="{MAIN}"><cellXfs count="400000">{xfs}</cellXfs></styleSheet>'
    path = xlsx(tmp_path / "a.xlsx", table(text("A2", "x")), parts={"xl/styles.xml": styles})
    assert refusal(path, Limits(max_ratio=2000)) == "TOO_MANY_STYLES"
    assert refusal(path, Limits(max_ratio=2000, max_styles_bytes=100_000_000)) == "TOO_MANY_STYLES"


def test_a_cell_at_the_far_corner_is_refused_at_once(tmp_path: Path) -> None:
    rows = f'<row r="1">{text("A1", "a")}</row><row r="1048576">{text("XFD1048576", "x")}</row>'
    path = xlsx(tmp_path / "a.xlsx", sheet(rows))
    with pytest.raises(FileRefused) as refused:
        list(read_sheet(path).rows)
    assert (refused.value.code, refused.value.values["column"]) == ("TOO_MANY_COLUMNS", "XFD")


def test_a_sheet_that_is_too_wide_does_not_keep_from_the_others(tmp_path: Path) -> None:
    wide = sheet(f'<row r="1">{text("XFD1", "a")}</row>')
    path = xlsx(tmp_path / "a.xlsx", {"宽": wide, "窄": table(text("A2", "x"))})
    assert [(info.name, info.columns) for info in open_workbook(path).sheets] == [("宽", 16384), ("窄", 1)]
    assert list(read_sheet(path, "窄").rows) == [(2, ["x"])]


def test_a_small_file_that_stands_for_too_many_cells_or_too_much_text_is_refused(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 3000))
    path = xlsx(tmp_path / "a.xlsx", sheet(rows), strings=f"<si><t>{'x' * 1000}</t></si>")
    assert refusal(path, Limits(max_cells=1000)) == "TOO_MANY_CELLS"
    assert refusal(path, Limits(max_text=1_000_000)) == "TOO_MANY_CELLS"


def test_text_no_cell_of_excel_holds_is_a_problem_of_its_cell(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", table(text("A2", "x" * 32_768)))
    assert first_row(path) == [CellProblem("TEXT_TOO_LONG", "x" * 40)]
    assert first_row(xlsx(path, table(text("A2", "x" * 32_767)))) == ["x" * 32_767]


def test_rows_past_the_limit_are_refused(tmp_path: Path) -> None:
    rows = f'<row r="1">{text("A1", "a")}</row><row r="500">{text("A500", "x")}</row>'
    assert refusal(xlsx(tmp_path / "a.xlsx", sheet(rows)), Limits(max_rows=499)) == "TOO_MANY_ROWS"


def test_a_row_past_the_last_row_of_excel_without_content_does_no_harm(tmp_path: Path) -> None:
    rows = f'<row r="1">{text("A1", "a")}</row><row r="2">{text("A2", "x")}</row><row r="9999999" ht="5"/>'
    assert open_workbook(xlsx(tmp_path / "a.xlsx", sheet(rows))).sheets[0].rows == 2


def test_a_merge_over_the_whole_sheet_is_reported_and_costs_nothing(tmp_path: Path) -> None:
    merge = '<mergeCells count="1"><mergeCell ref="A1:XFD20000"/></mergeCells>'
    rows = f'<row r="1">{text("A1", "a")}</row>'
    info = open_workbook(xlsx(tmp_path / "a.xlsx", sheet(rows, after=merge)))
    assert info.sheets[0].merged_ranges == ["A1:XFD20000"]


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"/><row r="1"/>',
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="AAAA1"><v>1</v></c></row>',
        '<row r="x"/>',
        '<row r="1"><c r="A1" t="s"><v>7</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>-1</v></c></row>',
        '<row r="1"><c r="A1" t="zzz"><v>7</v></c></row>',
        '<row r="1"><c r="A1"><v>7</c></row>',
    ],
)
def test_sheets_that_contradict_themselves_are_broken(tmp_path: Path, rows: str) -> None:
    assert refusal(xlsx(tmp_path / "a.xlsx", sheet(rows), strings="<si><t>x</t></si>")) == "BROKEN"


def test_a_missing_part_is_broken(tmp_path: Path) -> None:
    whole = xlsx(tmp_path / "a.xlsx", table(text("A2", "x")))
    for missing in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"):
        path = tmp_path / "b.xlsx"
        with ZipFile(whole) as source, ZipFile(path, "w", ZIP_DEFLATED) as target:
            for name in source.namelist():
                if name != missing:
                    target.writestr(name, source.read(name))
        assert refusal(path) == "BROKEN", missing


def test_an_external_sheet_target_is_never_followed(tmp_path: Path) -> None:
    rels = (
        f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" TargetMode="External" Target="file:///etc/hostname" Type="http://schemas.'
        'openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>'
    )
    path = xlsx(tmp_path / "a.xlsx", table(""), parts={"xl/_rels/workbook.xml.rels": rels})
    assert refusal(path) == "BROKEN"


def test_the_style_sheet_of_these_tests_is_sound(tmp_path: Path) -> None:
    assert open_workbook(xlsx(tmp_path / "a.xlsx", table(""), parts={"xl/styles.xml": STYLES})).kind == "xlsx"
