"""Every page in Chinese says no English word, every page in English no Chinese one, but for data."""

from __future__ import annotations

import re

from app.entity import registry
from app.entity.describe import VERBS, describe
from tests.access.world import token_of
from tests.words.conftest import House
from tests.words.reading import HAN, LATIN, Reading, foreign

# Words that Chinese offices write in Latin letters.
KNOWN = frozenset({
    "Excel", "CSV", "REST", "API", "ID", "Ctrl", "Shift", "Alt", "Enter", "Esc", "Tab", "Home", "End", "SKU", "xlsx",
    "xls", "csv", "ods", "MB", "ml", "vol", "kg", "PDF", "English", "Taizhang", "khda", "JavaScript", "Python", "JSON",
})  # fmt: skip
CHINESE_NAMES = frozenset({"台账", "中文", "简体中文", "管理员", "云溪酒业", "账", "封", "存"})
"""The names of the product, of the language and of the company, and what stands on the seal."""
PYTHON = re.compile(r"\b(None|True|False|lazy_?\w*|Undefined)\b|<\w+ object|\{\{|%\(\w+\)s")


def pages(house: House, addresses: list[str], language: str) -> dict[str, str]:
    """The text of every page that is one."""
    found, refused = {}, []
    for path in addresses:
        answer = house.page(path, language)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            found[path] = answer.text
        elif answer.status_code not in (200, 302) and not path.startswith(CLOSED):
            refused.append(f"{path}: {answer.status_code}")
    assert refused == [], "pages that nobody in the demo company sees"
    return found


CLOSED = (
    "/groups/",
    "/roles/",
    "/users/delete/",
    "/price_notice/add",
    "/import/price_notice",
    "/import/export_request",
)
"""Roles are given their rights elsewhere: nobody but FAB's own administrator has FAB's forms for them. Notices are
made by the approval of an adjustment alone, export requests by exporting."""


def test_every_page_in_chinese(house: House, addresses: list[str]) -> None:
    wrong = []
    texts = pages(house, addresses, "zh")
    assert len(texts) > 60, "too few pages for this to mean anything"
    for path, text in texts.items():
        assert '<html lang="zh' in text, path
        # The page of a role says, on hovering, what each right is called in the program.
        known = KNOWN | house.views if path.startswith("/roles/show") else KNOWN
        wrong += [f"{path}: {word}" for word in foreign(text, LATIN, known, house.data)]
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_every_page_in_english(house: House, addresses: list[str]) -> None:
    wrong = []
    for path, text in pages(house, addresses, "en").items():
        assert '<html lang="en' in text, path
        wrong += [f"{path}: {word}" for word in foreign(text, HAN, CHINESE_NAMES, house.data)]
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_no_page_speaks_python(house: House, addresses: list[str]) -> None:
    wrong = []
    for path, text in pages(house, addresses, "zh").items():
        for piece, where in Reading(text).pieces:
            if PYTHON.search(piece) and piece not in house.data:
                wrong.append(f"{path}: {piece[:80]!r} {where}")
    assert not wrong, "\n".join(wrong)


def test_errors_and_sign_in_in_both_languages(house: House) -> None:
    """Not found, not allowed, expired, wrong method, not signed in, wrong password."""
    wrong = []
    for language, pattern, known in (("zh", LATIN, KNOWN), ("en", HAN, CHINESE_NAMES)):
        client, fresh = house.client("auditor", language), house.visitor(language)
        answers = [
            (404, client.get("/no/such/page")), (404, client.get("/customer/show/999999")),
            (403, client.get("/customer/add")), (400, client.post("/customer/add")),
            (405, client.put("/login/", headers={"X-CSRFToken": token_of(client.get("/").text)})),
            (200, fresh.get("/login/")), (302, fresh.get("/customer/list/")),
            (200, fresh.get("/customer/list/", follow_redirects=True)),
        ]  # fmt: skip
        for status, answer in answers:
            assert answer.status_code == status, (answer.request.path, answer.status_code)
            if status != 302:
                wrong += [
                    f"{language} {answer.request.path}: {w}"
                    for w in foreign(answer.text, pattern, known, house.data)
                ]
    assert not wrong, "\n".join(wrong)


def test_every_label_has_a_chinese_form(house: House) -> None:
    """Entities, workbooks, fields, choices, units and helps of `describe`, as a person with every right sees them."""
    from flask_babel import force_locale

    wrong = []
    with house.app.test_request_context(), force_locale("zh"):
        for entity in registry:
            said = describe(entity, frozenset(VERBS), dict.fromkeys(entity.fields, "edit"))
            texts = [said["label"], said["about"], said["workbook"]["label"]]
            for field in said["fields"]:
                texts += [field["label"], field["help"], field.get("readonly_reason") or ""]
                texts += [choice["label"] for choice in field.get("choices") or []]
            texts += [line["label"] for line in said["lines"]] + [a["label"] for a in said["actions"]]
            for text in filter(None, map(str, texts)):
                words = [w for w in LATIN.findall(text) if w not in KNOWN]
                if words or (not HAN.search(text) and not set(LATIN.findall(text)) & KNOWN and len(text) > 1):
                    wrong.append(f"{entity.name}: {text}")
    assert not wrong, "\n".join(sorted(set(wrong)))
