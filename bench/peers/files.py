"""Make the file that everybody imports, as a spreadsheet program saves one: shared strings, typed cells."""

from __future__ import annotations

import sys

import xlsxwriter

from bench.orders import COLUMNS, sent


def main(path: str, count: int) -> None:
    """Write `count` orders."""
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("orders")
        sheet.write_row(0, 0, list(COLUMNS))
        for number, row in enumerate(sent(count), 1):
            for column, (kind, value) in enumerate(zip(COLUMNS.values(), row, strict=True)):
                if value is None:
                    continue
                if kind in ("text", "link"):
                    sheet.write_string(number, column, value)
                elif kind == "date":
                    sheet.write_datetime(number, column, value, day)
                elif kind == "yes_no":
                    sheet.write_boolean(number, column, value)
                else:
                    sheet.write_number(number, column, value)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
