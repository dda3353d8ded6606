"""The sheet as a test sees it: cells by row number and field name, keys, and what the page says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import ElementHandle, Page

_CELL = """([row, field]) => {
  const heads = [...document.querySelectorAll('.slick-header-column')].map((head) => head.dataset.id);
  const cells = [...document.querySelectorAll(`.slick-cell.l${heads.indexOf(field)}`)];
  const top = (cell) => cell.getBoundingClientRect().top;
  return cells.sort((a, b) => top(a) - top(b))[row - 1] ?? null;
}"""


class SheetPage:
    """An open sheet. Rows count from 1, as the row numbers do, from the first row in view."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.wait_for_selector(".sh-row-number:visible, .sh-empty:visible")

    def cell(self, row: int, field: str) -> ElementHandle:
        """The cell's element."""
        found = self.page.evaluate_handle(_CELL, [row, field]).as_element()
        assert found is not None, f"no cell {field} in row {row}"
        return found

    def text(self, row: int, field: str) -> str:
        """What the cell shows."""
        return self.cell(row, field).inner_text().strip()

    def state(self, row: int, field: str) -> str:
        """The cell's state: dirty, saving, error, conflict, held, required; empty when it is as stored."""
        found = re.search(r"sh-is-(\w+)", self.cell(row, field).get_attribute("class") or "")
        return found[1] if found else ""

    def go(self, row: int, field: str) -> None:
        """Make the cell the active one."""
        self.cell(row, field).scroll_into_view_if_needed()
        self.cell(row, field).click()

    def enter(self, row: int, field: str, text: str) -> None:
        """Type into the cell and leave the row."""
        self.go(row, field)
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def paste(self, text: str) -> None:
        """Paste at the active cell, as if copied elsewhere."""
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        self.page.keyboard.press("Control+v")

    def copied(self) -> str:
        """What Ctrl+C puts on the clipboard."""
        self.page.keyboard.press("Control+c")
        return str(self.page.evaluate("navigator.clipboard.readText()")).replace("\r\n", "\n")

    def hears(self, words: str) -> None:
        """Wait until the status bar says it."""
        self.page.wait_for_function(
            "words => document.querySelector('.sh-said').textContent.includes(words)", arg=words
        )

    def waits_for(self, row: int, field: str, text: str, state: str = "") -> None:
        """Wait until the cell shows the text in the state."""
        for _ in range(100):
            if (self.text(row, field), self.state(row, field)) == (text, state):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{field} in row {row}: {self.text(row, field)!r} {self.state(row, field)!r}")
