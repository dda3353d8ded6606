"""A customer ledger as a branch sends it, with errors seeded in it: where they are, of what kind, what would be right.

The cells without a seeded error are no tidier than people's: dates in three forms, numbers as text, choices by code
and by label in two languages, regions by code and by name, spaces and full-width digits. None of that is an error.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Font, PatternFill

from models.checks import uscc_check_sign

HEADERS = {
    "name": "客户名称", "customer_type": "客户类型", "channel_type": "渠道类型", "customer_group": "价格组",
    "region_id": "销售区域", "contact_name": "联系人", "mobile": "手机", "email": "邮箱",
    "uscc": "统一社会信用代码", "birthday": "生日", "id_age_ok": "已满 18 岁", "address": "地址",
    "lead_source": "线索来源", "payday_day": "每月付款日", "remark": "备注",
}  # fmt: skip
HEADER_COLOUR, WIDTH = "DDEBF7", 28
HEADER_ROW = 3
FIRST_ROW = HEADER_ROW + 1
ON_FILE = tuple(f"1560000{n:04}" for n in range(20))
"""Mobile numbers of customers who must be on file before; a ledger wants some of them again."""
TYPES = ("dealer", "经销商", "Dealer", " 经销商 ")
CHANNELS = ("dealer", "经销", "Through dealers")
YES_NO = ("是", "否", True, "√", "N", 0)
REMARKS = (None, "=1+1", "'上门", "货到付款\n先打电话", "🍶 老客户", "-5", "@某人")


def fault_makers(dice: random.Random, number: int) -> dict[str, tuple[str, Any]]:
    """By kind the field that is wrong and what stands there; `number` makes what must not be there twice differ."""
    digits = f"{dice.randrange(10**5):05}"
    return {
        "bad mobile": ("mobile", f"1380013{digits[:3]}"),
        "a rule: the number of another customer": ("mobile", ON_FILE[number % len(ON_FILE)]),
        "unknown region": ("region_id", "华冬大区"),
        "misspelt choice": ("customer_type", "经消商"),
        "required and empty": ("address", None),
        "bad date": ("birthday", "1980-02-30"),
        "ambiguous date": ("birthday", "03/04/1980"),
        "a day to come": ("birthday", "2099-01-01"),
        "lost digits": ("uscc", 911101080000001234),
        "wrong check sign": ("uscc", "91110108000000123Z"),
        "too long": ("contact_name", "何" * 41),
        "bad number": ("payday_day", "十五日"),
        "not whole": ("payday_day", 15.5),
        "out of range": ("payday_day", 32),
        "an error of Excel's": ("remark", "#REF!"),
        "a formula without a result": ("remark", '=A1&"!"'),
        "neither yes nor no": ("id_age_ok", "大概"),
        "bad e-mail": ("email", f"he{digits}.example.com"),
    }


DOUBLED = "a key twice in the file"


@dataclass(frozen=True)
class Fault:
    """A seeded error: its kind, and what should stand in the cell."""

    kind: str
    right: Any


def put(cell: Any, value: Any) -> None:
    """Put a value into a cell of openpyxl's; text that begins like a formula stays text."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"


@dataclass
class Ledger:
    """A ledger as rows of cells by field, row numbers as Excel shows them, with the seeded errors by place."""

    rows: dict[int, dict[str, Any]]
    faults: dict[tuple[int, str], Fault] = field(default_factory=dict)

    @property
    def places(self) -> set[tuple[int, str]]:
        """Row and field of every seeded error."""
        return set(self.faults)

    def save(self, path: Path) -> Path:
        """A workbook with a title, a note, the header, the data, and a line of sums below it."""
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        sheet.title = "客户台账"
        sheet["A1"] = "云溪酒业 2026 年 1 月客户台账"
        sheet["A1"].font = Font(bold=True, size=16)
        sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(HEADERS))
        for column, header in enumerate(HEADERS.values(), 1):
            sheet.cell(HEADER_ROW, column, header).fill = PatternFill("solid", HEADER_COLOUR)
        for number, cells in self.rows.items():
            for column, name in enumerate(HEADERS, 1):
                if (number, name) in self.faults:
                    sheet.cell(number, column, cells[name])
                elif cells[name] is not None:
                    put(sheet.cell(number, column), cells[name])
        sheet.cell(max(self.rows) + 1, 1, "合计")
        sheet.column_dimensions["A"].width = WIDTH
        sheet.freeze_panes = sheet.cell(FIRST_ROW, 2)
        book.save(path)
        return path

    def correct(self, sheet: Any) -> None:
        """Put what is right into the cells of a sheet that this ledger became."""
        head = {cell.value: cell.column for cell in sheet[HEADER_ROW]}
        for (number, name), fault in self.faults.items():
            put(sheet.cell(number, head[HEADERS[name]]), fault.right)


def make(rows: int, errors: int, seed: int = 1, doubles: int = 4) -> Ledger:
    """A ledger of `rows` rows with exactly `errors` wrong cells, no two in one row; `doubles` pairs share a key."""
    dice = random.Random(seed)
    ledger = Ledger(dict(enumerate(_people(rows, dice), FIRST_ROW)))
    chosen = dice.sample(sorted(ledger.rows), errors)
    pairs, single = chosen[: 2 * doubles], chosen[2 * doubles :]
    for first, second in zip(pairs[::2], pairs[1::2], strict=True):
        for number in (first, second):
            ledger.faults[number, "name"] = Fault(DOUBLED, ledger.rows[number]["name"])
        ledger.rows[second]["name"] = ledger.rows[first]["name"]
    kinds = sorted(fault_makers(dice, 0))
    for at, number in enumerate(single):
        kind = kinds[at % len(kinds)]
        name, wrong = fault_makers(dice, at // len(kinds))[kind]
        cells = ledger.rows[number]
        ledger.faults[number, name] = Fault(kind, cells[name])
        cells[name] = wrong
    return ledger


def _people(count: int, dice: random.Random) -> Iterator[dict[str, Any]]:
    for n in range(count):
        born = date(1960, 1, 1) + timedelta(days=dice.randrange(15_000))
        first = f"91110108{n:09}"
        mobile = f"155{n:08}"
        yield {
            "name": f"{md5(str(n).encode()).hexdigest()[:10]}商行",
            "customer_type": dice.choice(TYPES), "channel_type": dice.choice(CHANNELS), "customer_group": "factory",
            "region_id": dice.choice(("华东大区", "HD", "ｈｄ", " 华东大区")), "contact_name": f"何先生{n % 97}",
            "mobile": dice.choice((mobile, int(mobile), f" {mobile} ")), "email": f"he{n}@example.com",
            "uscc": first + uscc_check_sign(first) if n % 3 else None,
            "birthday": dice.choice((born, f"{born:%Y/%-m/%-d}", f"{born.year}年{born.month}月{born.day}日", None)),
            "id_age_ok": dice.choice(YES_NO), "address": f"云溪镇云溪路{n}号", "lead_source": "visit",
            "payday_day": dice.choice((n % 31 + 1, str(n % 31 + 1), None)), "remark": dice.choice(REMARKS),
        }  # fmt: skip
