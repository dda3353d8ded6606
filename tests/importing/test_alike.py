"""A cell that still shows what its record held is alike, whatever a workbook makes of the value; any other is not."""

from __future__ import annotations

from typing import Any

import pytest

from app.entity.field import Choice, Field
from app.importing.alike import comparison

SAME = (Choice("old", "Dealer", retired=True), Choice("new", "Dealer"), Choice("a", "A、B"), Choice("b", "B"))


@pytest.mark.parametrize(("field", "cell", "held", "alike"), [
    (Field("choice", "类型", choices=SAME), "new", "old", True),  # one label, two options
    (Field("choice", "类型", choices=SAME), "b", "old", False),
    (Field("choice", "类型", choices=SAME), "gone", "gone", True),  # an option that is no longer declared
    (Field("multi_choice", "类型", choices=SAME), ["new", "b"], ["old", "b"], True),
    (Field("multi_choice", "类型", choices=SAME), ["b"], ["old", "b"], False),
    (Field("multi_choice", "类型", choices=SAME), "A、B、B", ["a", "b"], True),  # read as three, of which A is none
    (Field("multi_choice", "类型", choices=SAME), "A、B", ["a", "b"], False),
    (Field("number", "编码", pattern="C-{seq:6}"), "C-1", "Ｃ－１", True),
    (Field("text", "名称"), "C-1", "Ｃ－１", False),  # typed anew in half width
    (Field("text", "名称"), "a b", "a\u00a0b ", True),
    (Field("text", "名称"), "a", {"$pii": None}, False),
    (Field("datetime", "时间"), "2026-01-02T03:04:05.000000Z", "2026-01-02T03:04:05.999999Z", True),
    (Field("datetime", "时间"), "2026-01-02T03:04:04.000000Z", "2026-01-02T03:04:05.000001Z", False),
    (Field("datetime", "时间"), "1988-09-10T16:30:00.000000Z", "1988-09-10T17:30:00.000000Z", True),
    (Field("datetime", "时间"), "明天", "2026-01-02T03:04:05.000000Z", False),
    (Field("money", "金额", digits=14, scale=2), "10.50", "10.51", False),
    (Field("date", "日期"), "2999-12-31", "2999-12-31", True),  # as the text of a cell that no import reads
    (Field("link", "区域", target="region"), "华东", 5, True),
    (Field("link", "区域", target="region"), "ａ　区", 6, True),
    (Field("link", "区域", target="region"), "#7", 7, True),  # a title that this reader may not see
    (Field("link", "区域", target="region"), "#5", 5, False),
    (Field("link", "区域", target="region"), "华东", 6, False),
    (Field("link", "区域", target="region"), 6, 5, False),
])  # fmt: skip
def test_a_cell_is_compared_with_what_its_record_held(
    field: Field, cell: Any, held: Any, alike: bool
) -> None:
    titles = {5: "华东", 6: "A 区", 7: None}
    assert comparison(field, titles, masked=False)(cell, held) is alike


def test_a_masked_cell_is_compared_as_it_is_masked() -> None:
    shows = comparison(Field("text", "手机", mask="3-4"), {}, masked=True)
    assert shows("138****5678", "１３８****５６７８")
    assert not shows("138****5679", "138****5678")
