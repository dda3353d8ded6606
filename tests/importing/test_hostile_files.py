"""Files nobody should send, through the real upload: one sentence each, and the next file goes through.

Items of the acceptance list (bad inputs and faults) and where they are tested; what the reader alone is asked is
in tests/excel:

    50  bombs, lying sizes, many parts, overlaps     test_a_file…, test_a_bomb…; test_excel_scan
    51  DOCTYPE, ENTITY, an external DTD             test_nothing_is_fetched…; test_excel_scan
    52  far cells, huge merges, formats, dimensions  test_a_file…, test_a_merge…, test_a_dimension…; test_excel_scan
    53  the reader crashes, starves or loops         test_hostile_reader
    54  encrypted, cut off, empty, other kinds       test_a_file…, test_a_name…; test_excel_scan, test_excel_formats
    55  links, DDE, embedded objects, connections    test_what_could_reach_out…
    56–60  cells                                     test_hostile_cells; test_excel_cells, test_excel_xlsx
    61  merged, hidden, filtered, grouped            test_hostile_sheets; test_excel_layout
    62  headers                                      test_hostile_sheets; test_excel_table
    63  blank rows                                   test_hostile_sheets
    64–67  keys, the one bad row, twice, two people  test_hostile_rows
"""

from __future__ import annotations

import csv
import io
import resource
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest

from tests.excel.build import HEAD, MAIN, ole, sheet, table, text, xlsx
from tests.importing.way import Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles

HEADER = ("code", "value")
GOOD = [*(("a", "1"), ("b", "2"))]


@pytest.fixture(scope="module")
def way(applications: Applications) -> Way:
    """沈静 at the import page; reading files is the same on every database."""
    return Way.open(applications.fresh(SqliteFiles()).flask, "admin")


def plain(extra: str = "", before: str = "", after: str = "") -> str:
    """A sheet of two parameters."""
    rows = "".join(
        f'<row r="{n}">{text(f"A{n}", row[0])}{text(f"B{n}", row[1])}</row>'
        for n, row in enumerate([HEADER, *GOOD], 1)
    )
    return sheet(rows + extra, before, after)


def good(path: Path) -> Path:
    """A workbook nothing is wrong with."""
    return xlsx(path, plain())


def cut_off(path: Path) -> Path:
    path.write_bytes(good(path).read_bytes()[:-40])
    return path


def lying(path: Path) -> Path:
    """Its directory says that the sheet has 600 bytes."""
    xlsx(path, table(text("A2", "x" * 3_000_000)))
    with ZipFile(path) as archive:
        honest = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", honest), struct.pack("<I", 600)))
    return path


def overlapping(path: Path) -> Path:
    """Two of its parts are the same bytes."""
    good(path)
    with ZipFile(path) as archive:
        first, second = archive.infolist()[:2]
    name = second.filename.encode()
    was, now = (struct.pack("<I", at) + name for at in (second.header_offset, first.header_offset + 5))
    path.write_bytes(path.read_bytes().replace(was, now))
    return path


def many_parts(path: Path) -> Path:
    return xlsx(path, plain(), parts={f"xl/media/{n}.png": b"" for n in range(3000)})


def many_formats(path: Path) -> Path:
    """Four hundred thousand cell formats; each a little different, so that it is no bomb."""
    xfs = "".join(f'<xf numFmtId="{n % 9973}" fontId="{n % 97}"/>' for n in range(400_000))
    styles = f'{HEAD}<styleSheet xmlns="{MAIN}"><cellXfs count="400000">{xfs}</cellXfs></styleSheet>'
    return xlsx(path, plain(), parts={"xl/styles.xml": styles})


def far_cell(path: Path) -> Path:
    return xlsx(path, plain(f'<row r="1048576">{text("XFD1048576", "x")}</row>'))


def encrypted(path: Path) -> Path:
    return ole(path, ["EncryptedPackage", "EncryptionInfo"])


def written(content: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return make


def doctype(path: Path) -> Path:
    hostile = (
        f'{HEAD}<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    )
    return xlsx(path, hostile)


def with_macros(path: Path) -> Path:
    return xlsx(path, plain(), parts={"xl/vbaProject.bin": b"x"})


def binary(path: Path) -> Path:
    return xlsx(path, plain(), parts={"xl/workbook.bin": b"x"})


HOSTILE: list[tuple[int, str, Callable[[Path], Path], str]] = [
    (50, "lying.xlsx", lying, "BROKEN"),
    (50, "overlap.xlsx", overlapping, "SUSPICIOUS"),
    (50, "parts.xlsx", many_parts, "SUSPICIOUS"),
    (51, "doctype.xlsx", doctype, "SUSPICIOUS"),
    (52, "corner.xlsx", far_cell, "TOO_MANY_COLUMNS"),
    (52, "formats.xlsx", many_formats, "TOO_MANY_STYLES"),
    (54, "secret.xlsx", encrypted, "ENCRYPTED"),
    (54, "cut.xlsx", cut_off, "BROKEN"),
    (54, "empty.xlsx", written(b""), "EMPTY"),
    (54, "macros.xlsm", with_macros, "MACROS"),
    (54, "binary.xlsb", binary, "XLSB"),
    (54, "page.xls", written(b"<html><table><tr><td>a</td></tr></table></html>"), "HTML"),
    (54, "picture.xlsx", written(b"\x89PNG\r\n\x1a\n" + bytes(200)), "NOT_A_WORKBOOK"),
]


def processor() -> float:
    """Seconds this process and the readers it has started have run; what else the machine does is not in it."""
    used = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(part.ru_utime + part.ru_stime for part in used)


@pytest.mark.parametrize(("item", "name", "make", "code"), HOSTILE, ids=[name for _, name, _, _ in HOSTILE])
def test_a_file_nobody_should_send_gets_one_sentence(
    way: Way, tmp_path: Path, item: int, name: str, make: Callable[[Path], Path], code: str
) -> None:
    path = make(tmp_path / name)
    begin = processor()
    answer = way.upload("biz_param", path, name)
    assert answer.status_code == 422, (item, answer.text)
    assert answer.json["code"] == code
    sentence = answer.json["message"]
    assert "\n" not in sentence
    assert sentence.endswith("。")
    assert processor() - begin < 5


def test_after_all_of_them_a_good_file_is_read(way: Way, tmp_path: Path) -> None:
    assert way.upload("biz_param", good(tmp_path / "good.xlsx")).json["rows"] == len(GOOD)


def test_a_bomb_costs_neither_time_nor_memory(tmp_path: Path) -> None:
    """One cell of 400 MB in a small file: refused by the directory, before anything is unpacked."""
    path = good(tmp_path / "bomb.xlsx")
    with (
        ZipFile(path, "a", ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/media/a.xml", "w") as part,
    ):
        for _ in range(400):
            part.write(bytes(2**20))
    assert path.stat().st_size < 5 * 2**20
    code = (
        "import sys, time; from pathlib import Path; from app.excel.contract import FileRefused, Limits\n"
        "from app.excel.scan import scan\n"
        "begin = time.process_time()\n"
        "try: scan(Path(sys.argv[1]), Limits())\n"
        "except FileRefused as refused: print(refused.code)\n"
        "status = Path('/proc/self/status').read_text().split()\n"
        "print(status[status.index('VmHWM:') + 1], time.process_time() - begin)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    ).stdout
    refused, memory, seconds = said.split()
    assert refused == "SUSPICIOUS"
    assert int(memory) < 100 * 1024
    assert float(seconds) < 1


def test_nothing_is_fetched_for_a_file(way: Way, tmp_path: Path) -> None:
    """A DTD, an external sheet and an external link name a server; nobody calls there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.dtd"
        dtd = f'{HEAD}<!DOCTYPE x SYSTEM "{address}"><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
        assert way.upload("biz_param", xlsx(tmp_path / "a.xlsx", dtd)).status_code == 422
        parts = {
            "xl/externalLinks/externalLink1.xml": f'{HEAD}<externalLink xmlns="{MAIN}"/>',
            "xl/externalLinks/_rels/externalLink1.xml.rels": f'{HEAD}<Relationships><Relationship Target="{address}" '
            'TargetMode="External" Id="r1"/></Relationships>',
        }
        assert way.upload("biz_param", xlsx(tmp_path / "b.xlsx", plain(), parts=parts)).status_code == 200
        with pytest.raises(TimeoutError):
            server.accept()


def test_what_could_reach_out_of_the_file_is_named_and_left_alone(way: Way, tmp_path: Path) -> None:
    names = ["xl/connections.xml", "xl/embeddings/oleObject1.bin", "xl/externalLinks/externalLink1.xml"]
    dde = f'{HEAD}<externalLink xmlns="{MAIN}"><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    path = xlsx(tmp_path / "a.xlsx", plain(), parts=dict.fromkeys(names, dde))
    answer = way.upload("biz_param", path)
    assert answer.status_code == 200, answer.text
    assert answer.json["ignored_contents"] == names


def test_a_name_that_lies_about_the_kind_does_no_harm(way: Way, tmp_path: Path) -> None:
    """A CSV named .xlsx and a workbook named .csv are read as what they are; a name is never a path."""
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *GOOD])
    for content, name in (
        (out.getvalue().encode(), "台账.xlsx"),
        (good(tmp_path / "a.xlsx").read_bytes(), "../../etc/台账.csv"),
        (good(tmp_path / "b.xlsx").read_bytes(), "台账" * 200 + "\u202egpj.xlsx"),
    ):
        answer = way.upload("biz_param", content, name)
        assert answer.status_code == 200, answer.text
        assert answer.json["rows"] == len(GOOD)
        assert "/" not in answer.json["name"]


def test_a_merge_over_the_whole_sheet_is_told_at_every_row_it_covers(way: Way, tmp_path: Path) -> None:
    merge = '<mergeCells count="1"><mergeCell ref="A2:XFD20000"/></mergeCells>'
    summary = way.preview("biz_param", xlsx(tmp_path / "a.xlsx", plain(after=merge)))
    assert {line: [code for _, code in wrong] for line, wrong in way.wrong(summary["set"]).items()} == {
        2: ["MERGED_CELLS"],
        3: ["MERGED_CELLS"],
    }


@pytest.mark.parametrize("reference", ["A1:XFD1048576", "A1:B2"])
def test_a_dimension_that_lies_loses_no_row(way: Way, tmp_path: Path, reference: str) -> None:
    path = xlsx(tmp_path / "a.xlsx", plain(before=f'<dimension ref="{reference}"/>'))
    assert way.preview("biz_param", path)["rows"] == len(GOOD)


def test_a_workbook_of_another_program_is_read_like_ours(way: Way, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (HEADER, *GOOD):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert way.preview("biz_param", tmp_path / "a.xlsx")["rows"] == len(GOOD)
