"""The tutorial, followed to the letter in a copy of the product: what it promises is there by itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import openpyxl
import pytest

from tests.acceptance.conftest import ROOT, Product

PAGE = (ROOT / "docs/tutorial.md").read_text("utf-8")
BROWSER = """
import json, re, sys
from app import create_app
from config import load
app = create_app(load())
for person, asked in json.load(sys.stdin):
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
    token = re.search(r'csrf[-_]token"[^>]*(?:content|value)="([^"]+)"', client.get("/login/").text)[1]
    form = {"username": person, "password": "taizhang-demo-2026", "csrf_token": token}
    assert client.post("/login/", data=form).status_code == 302
    token = re.search(r'csrf[-_]token"[^>]*content="([^"]+)"', client.get("/").text)[1]
    for method, path, body in asked:
        answer = client.open(path, method=method, json=body, headers={"X-CSRFToken": token})
        print(json.dumps([answer.status_code, answer.json if answer.is_json else answer.text]))
"""
"""A browser without a screen, in the copy: reads ``[[person, [[method, path, body], …]], …]``, answers in lines."""


def block(language: str, number: int = 0) -> str:
    """A code block of the page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[number]


def browse(product: Product, *asked: tuple[str, list[list[Any]]]) -> list[Any]:
    """Ask the copy as people of the demo company; (status, JSON or text) of each answer."""
    environment = {
        "TAIZHANG_HOME": str(product.home),
        "PYTHONPATH": str(product.folder),
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        [sys.executable, "-c", BROWSER], cwd=product.folder, env=environment, input=json.dumps(asked),
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]


def follow(product: Product, number: int) -> list[str]:
    """Run the commands of a block as they stand; what they print."""
    said = []
    for line in block("sh", number).splitlines():
        program, *words = line.split()
        if program.endswith("/taizhang"):
            done = product.run(*words)
        else:
            assert words == ["-m", "app.i18n_build"], line
            done = subprocess.run(
                [sys.executable, *words], cwd=product.folder, capture_output=True, text=True
            )
        assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        said.append(done.stdout)
    return said


@pytest.fixture(scope="module")
def followed(product: Product) -> Product:
    """The demo company as it was, then steps 1 to 3."""
    product.json("init", "--demo")
    (product.folder / "models/base/sample_loan.py").write_text(block("python"), "utf-8")
    (product.folder / "translations/parts/sample_loan.po").write_text(block("po"), "utf-8")
    _labels, would, did = follow(product, 0)
    assert "sample_loan" in would
    assert "sample_loan" in did
    return product


LOAN = {"shown_to": "云溪大酒店", "product_id": 1, "taken_by_id": 1, "taken_on": "2026-03-01", "bottles": 6,
        "worth": "1280.50", "purpose": "exhibition"}  # fmt: skip


def test_the_declaration_is_short() -> None:
    assert len(block("python").splitlines()) <= 60


def test_labels_are_complete(followed: Product) -> None:
    done = subprocess.run([sys.executable, "-m", "app.i18n_build", "--check"], cwd=followed.folder,
                          capture_output=True, text=True)  # fmt: skip
    assert "sample_loan.py" not in done.stdout + done.stderr


def test_everything_is_there_by_itself(followed: Product) -> None:
    """In order, for each step stands on the one before."""
    api = "/api/v1/sample_loan"
    too_early = {**LOAN, "back_on": "2026-02-01"}
    mine = browse(followed, ("sr.wang", [
        ["GET", "/sample_loan/list/", None], ["GET", f"{api}/sheet", None], ["GET", "/sample_loan/add", None],
        ["POST", f"{api}/", LOAN], ["POST", f"{api}/", too_early], ["GET", f"{api}/1", None],
        ["PUT", f"{api}/1", {"bottles": 5, "version": 1}], ["GET", f"{api}/1/history", None],
        ["GET", "/sample_loan/show/1", None], ["GET", "/sample_loan/edit/1", None],
        ["POST", f"{api}/totals", {"fields": ["bottles", "worth"]}], ["GET", "/import/sample_loan", None],
    ]))  # fmt: skip
    assert [status for status, _body in mine] == [200, 200, 200, 201, 422, 200, 200, 200, 200, 200, 200, 200]
    sheet, described, form, made, refused, read, _put, history, shown, _edit, totals, _wizard = (
        b for _s, b in mine
    )
    assert 'id="sheet"' in sheet
    assert "样品领用" in sheet
    fields = {f["name"]: f["label"] for f in described["fields"]}
    assert fields["shown_to"] == "展示对象"
    assert described["rights"]["import"]
    assert "领用瓶数" in form
    assert made["result"]["loan_no"].startswith("YP-")
    assert refused["errors"][0]["message"] == "归还日期早于领用日期。"
    assert read["result"]["worth"] == "1280.50"
    assert read["titles"]["product_id"]
    assert [(c["old"], c["new"]) for c in history["items"][0]["cells"] if c["field"] == "bottles"] == [(6, 5)]
    assert history["items"][0]["actor"] == "王芳"
    assert "展会" in shown
    assert totals["sums"] == {"bottles": 5, "worth": "1280.50"}


def test_rights_came_with_the_pattern(followed: Product) -> None:
    """One department's own: another one's people do not see it, those who watch see it and write nothing."""
    api = "/api/v1/sample_loan"
    answers = browse(
        followed,
        ("sr.li", [["GET", f"{api}/1", None]]),
        ("lg.sun", [["GET", f"{api}/1", None], ["POST", f"{api}/rows", {}]]),
        ("auditor", [["GET", f"{api}/1", None], ["POST", f"{api}/", LOAN], ["GET", "/changelog/?entity=sample_loan", None]]),
    )  # fmt: skip
    assert [status for status, _body in answers] == [200, 404, 200, 200, 403, 200]
    assert answers[2][1]["rows"] == []
    assert "云溪大酒店" in answers[5][1]
    assert followed.run("why", "sr.wang", "edit", "sample_loan").returncode == 0
    assert followed.run("why", "auditor", "edit", "sample_loan").returncode == 1


def test_excel_goes_out_and_comes_back(followed: Product) -> None:
    """The commands of step 4, then a changed cell."""
    said = follow(followed, 1)
    assert "云溪大酒店" in said[-1] or "sample_loan" in said[-1]
    path = followed.folder / "loans.xlsx"
    again = followed.json("import", "sample_loan", str(path), "--as", "sr.wang")
    assert (again["rows"], again["unchanged"], again["change_set"]) == (1, 1, None)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    column = [cell.value for cell in sheet[1]].index("领用瓶数") + 1
    sheet.cell(2, column).value = 4
    book.save(path)
    changed = followed.json("import", "sample_loan", str(path), "--as", "sr.wang")
    assert (changed["updated"], changed["errors"]) == (1, [])
