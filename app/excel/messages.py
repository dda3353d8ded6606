"""What a person reads when a file or a cell is refused: one sentence each, saying what to do."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.entity.sentences import filled

FILE = {
    "EMPTY": _l("The file is empty (0 bytes). Please save it in Excel again and upload it."),
    "TOO_BIG": _l("The file has %(size)s MB; at most %(limit)s MB can be read. Please split it."),
    "ENCRYPTED": _l(
        "The file is protected by a password. Please remove the password in Excel, then upload it."
    ),
    "MACROS": _l("The file contains macros. Please save it as .xlsx without macros."),
    "HTML": _l(
        "This is a web page or XML named as a workbook. Please open it in Excel and save it as .xlsx."
    ),
    "XLSB": _l("Binary workbooks (.xlsb) cannot be read. Please save the file as .xlsx."),
    "NOT_A_WORKBOOK": _l("This is not an Excel, ODS or CSV file. Please save it as .xlsx."),
    "BROKEN": _l("The file is damaged or cut off. Please open it in Excel, save it again and upload it."),
    "SUSPICIOUS": _l(
        "The file is built in a way no spreadsheet program writes. Please save it as a new .xlsx."
    ),
    "TOO_COMPLEX": _l("The file needs too much memory to read. Please copy the data into a new workbook."),
    "TOO_SLOW": _l("Reading the file took too long. Please split it into smaller files."),
    "READER_STOPPED": _l("The file made the reader stop. Please copy the data into a new workbook."),
    "TOO_MANY_STYLES": _l("The file has too many cell formats. Please paste the values into a new workbook."),
    "TOO_MANY_ROWS": _l("The sheet “%(sheet)s” goes past row %(limit)s. Please split it."),
    "TOO_MANY_CELLS": _l("The sheet has more data than can be read at once. Please split it."),
    "TOO_MANY_COLUMNS": _l(
        "The sheet “%(sheet)s” has data in column %(column)s; at most %(limit)s columns can be read."
    ),
    "MADE_BEFORE": _l(
        "This error workbook was downloaded before the import was written, so it does not know which rows are there "
        "by now. Please download the error workbook from the page of that import and correct it instead."
    ),
    "NO_SHEET": _l("The file has no sheet named “%(sheet)s”."),
    "NO_HEADER": _l("The sheet “%(sheet)s” is empty: no header row was found."),
    "BAD_ENCODING": _l("The text is neither UTF-8 nor GB18030. Please save the file as “CSV UTF-8”."),
}

CELL = {
    "NO_CACHED_VALUE": _l(
        "The formula has no result. Please open the file in Excel, save it, and try again."
    ),
    "ERROR_CELL": _l("The cell shows the error %(text)s. Please correct it in Excel."),
    "LOST_DIGITS": _l(
        "The number %(text)s is too long for a number cell, digits are lost. Please set the column to Text "
        "in Excel and enter it again."
    ),
    "BAD_NUMBER": _l("“%(text)s” is not a number. Please write it like 1234.56."),
    "HAS_UNIT": _l(
        "“%(text)s” is a number with a unit. Write the number alone, or tell the import the unit under “Adjust” of "
        "the column."
    ),
    "NOT_WHOLE": _l("“%(text)s” is not a whole number. Please write it like 12."),
    "TOO_PRECISE": _l(
        "%(text)s has too many decimals. Please write it with fewer, or let the import round it under "
        "“Adjust” of the column."
    ),
    "BAD_DATE": _l("“%(text)s” is not a date. Please write it like 2026-01-02."),
    "AMBIGUOUS_DATE": _l(
        "“%(text)s” does not say which number is the month and which the day. Write it like 2026-01-02, "
        "or tell the import the order under “Adjust” of the column."
    ),
    "DATE_RANGE": _l("The date %(text)s is out of the allowed range."),
    "HAS_TIME": _l("%(text)s has a time of day; only a date is expected here."),
    "BAD_TIME": _l("“%(text)s” is not a time. Please write it like 08:30."),
    "TEXT_TOO_LONG": _l("The text “%(text)s…” is longer than the 32,767 characters a cell of Excel holds."),
    "BAD_YES_NO": _l("“%(text)s” is neither yes nor no. Please write 是 or 否."),
}


def file_message(code: str, values: dict[str, str | int]) -> LazyString:
    """The sentence of a `FileRefused`; an unknown code reads as a damaged file."""
    return filled(FILE.get(code, FILE["BROKEN"]), values)


def cell_message(code: str, text: str) -> LazyString:
    """The sentence of a `CellProblem`; an unknown code reads as a bad number."""
    return filled(CELL.get(code, CELL["BAD_NUMBER"]), {"text": text})
