"""Every refusal has its sentence in English and Chinese."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.excel.contract import CellProblem, FileRefused
from app.excel.messages import CELL, FILE

ROOT = Path(__file__).parents[2]
READER = [path for room in ("excel", "importing") for path in (ROOT / "app" / room).glob("*.py")]


def codes(name: str) -> set[str]:
    """The codes given to a class by that name anywhere in the reader or the import."""
    calls = [
        node
        for path in READER
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]
    first = [c.args[0] for c in calls if isinstance(c.func, ast.Name) and c.func.id == name and c.args]
    constants = [node for arg in first for node in _choices(arg)]
    return {
        node.value for node in constants if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _choices(given: ast.expr) -> list[ast.expr]:
    """What a code may be: itself, or either of two."""
    return [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]


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
    pairs: dict[str, str] = {}
    for part in (ROOT / "translations/parts").glob("*.po"):
        with part.open("rb") as file:
            pairs |= {str(message.id): str(message.string) for message in read_po(file)}
    for sentence in [*FILE.values(), *CELL.values()]:
        chinese = pairs[str(sentence)]
        assert sorted(re.findall(r"%\(\w+\)s", chinese)) == sorted(re.findall(r"%\(\w+\)s", str(sentence)))
