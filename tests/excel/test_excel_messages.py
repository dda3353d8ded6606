"""Every refusal has its sentence in English and Chinese."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from app.excel.contract import CellProblem, FileRefused
from app.excel.messages import CELL, FILE

ROOT = Path(__file__).parents[2]
READER = [
    path for path in (ROOT / "app/excel").glob("*.py") if path.name not in ("importing.py", "mapping.py")
]


def codes(name: str) -> set[str]:
    """The codes given to a class by that name anywhere in the reader."""
    calls = [
        node
        for path in READER
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]
    first = [c.args[0] for c in calls if isinstance(c.func, ast.Name) and c.func.id == name and c.args]
    return {arg.value for arg in first if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}


def test_every_code_has_a_sentence_and_every_sentence_a_code() -> None:
    assert codes("CellProblem") <= set(CELL)
    assert codes("FileRefused") <= set(FILE)
    assert set(CELL) <= codes("CellProblem")
    assert set(FILE) <= codes("FileRefused") | {"TOO_SLOW"}


@pytest.mark.parametrize("code", FILE)
def test_the_sentence_of_a_file_is_filled_in(code: str) -> None:
    values = {"sheet": "订单", "limit": 300, "column": "XFD", "size": 51}
    message = str(FileRefused(code, **values).message)
    assert message.endswith(".")
    assert "%" not in message


@pytest.mark.parametrize("code", CELL)
def test_the_sentence_of_a_cell_is_filled_in(code: str) -> None:
    message = str(CellProblem(code, "100% 甲").message)
    assert "%(" not in message
    assert message.endswith(".")


def test_every_sentence_is_translated_with_the_same_places() -> None:
    entries = re.split(r"\n\n+", (ROOT / "translations/parts/excel.po").read_text("utf-8").strip())
    pairs = {}
    for entry in entries:
        english, chinese = entry.split("\nmsgstr ")
        pairs["".join(re.findall(r'"(.*)"', english))] = "".join(re.findall(r'"(.*)"', chinese))
    for sentence in [*FILE.values(), *CELL.values()]:
        chinese = pairs[str(sentence).replace('"', '\\"')]
        assert sorted(re.findall(r"%\(\w+\)s", chinese)) == sorted(re.findall(r"%\(\w+\)s", str(sentence)))
