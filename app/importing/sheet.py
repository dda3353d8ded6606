"""One sheet of a file, read once: its columns treated and kept aside, its links looked up, its errors gathered."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import lazy_gettext as _l

from app.change import progress
from app.entity import Field
from app.excel.contract import Stretch, Table
from app.excel.manifest import EXAMPLES
from app.excel.shape import clean_header
from app.excel.wire import decode_cell
from app.importing import layout
from app.importing.contract import RowError
from app.importing.links import Links, WrongLink
from app.importing.mapping import ColumnMap
from app.importing.options import Options
from app.importing.spill import Spill
from app.importing.treat import ColumnReader, Wrong

EXTRA = "@"
"""How the names of columns begin that are no fields: the hidden ones of our own workbooks, the link of lines."""


@dataclass(slots=True)
class Rows:
    """Some rows read: their numbers, and a column of wire values (of links ids) for each name."""

    lines: list[int]
    columns: list[list[Any]]


@dataclass(slots=True)
class _Link:
    """A link column: for each row which of its texts it holds, from 1; 0 for none."""

    spec: Field
    texts: dict[str, int] = field(default_factory=dict)
    places: array[int] = field(default_factory=lambda: array("i"))
    values: list[Any] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)

    def add(self, column: Sequence[Any]) -> None:
        """Take the texts of some rows."""
        texts = self.texts
        self.places.extend([texts.setdefault(t, len(texts) + 1) if t is not None else 0 for t in column])


class SheetReading:
    """A sheet read to its end. `names` are its columns: mapped fields, constants, then `extra` ones.

    `errors` are those of its layout, `cell_errors` those of its cells, `lines` the numbers of its rows, `unnamed` what
    to call columns that hold something below an empty header. Links are texts until `look_up`.
    """

    def __init__(
        self, table: Table, columns: ColumnMap, options: Options, extra: dict[str, int], key: Sequence[str]
    ) -> None:
        self.sheet, self.headers, self.columns = table.sheet, table.headers, columns
        self.header_row = table.header_row
        self.titles, self.totals = table.titles, list[tuple[int, str]]()
        self.lines, self.errors, self.cell_errors = array("i"), list[RowError](), list[RowError]()
        self.blank_rows = self.hidden_rows = 0
        self.unnamed = list[Any]()
        self._options, self._extra = options, extra
        self._spill = Spill()
        self._readers = {
            name: ColumnReader(columns.specs[name], columns.treatments.get(name), self.headers[index])
            for index, name in columns.fields.items()
        }
        self.constants = self._read_constants(table.header_row)
        self.names = [*self._readers, *self.constants, *extra]
        self.links = {
            n: _Link(s) for n in self.names if (s := columns.specs.get(n)) is not None and s.is_link
        }
        self._key_columns = [i for i, n in columns.fields.items() if n in key] + list(extra.values())

    @property
    def rounded(self) -> dict[str, int]:
        """How many cells of each field were rounded."""
        return {name: reader.rounded for name, reader in self._readers.items() if reader.rounded}

    def header_of(self, name: str | None) -> str | None:
        """The header of the column a field came from."""
        return next((self.headers[i] for i, n in self.columns.fields.items() if n == name), None)

    def read(self, table: Table, gather: Callable[[str, list[Any]], None], keep: Sequence[str]) -> None:
        """Read all rows; `gather` sees the columns named in `keep`, stretch by stretch."""
        kept = set(keep) - self.links.keys()
        self._file_problems(table)
        for stretch in table.stretches:
            self._drop(stretch)
            if not stretch.numbers:
                continue
            spilled = self._treat(stretch)
            for name, column in zip(self.names, spilled, strict=True):
                if name in self.links:
                    self.links[name].add(column)
                elif name in kept:
                    gather(name, column)
            self._spill.add(
                [
                    stretch.numbers,
                    [[] if n in self.links else c for n, c in zip(self.names, spilled, strict=True)],
                ]
            )
            self.lines.extend(stretch.numbers)
            progress.report(len(self.lines), 0, "read")
        self.unnamed = [
            _l("column %(letters)s without a header", letters=at) for at in table.notes.unnamed_columns
        ]
        self.blank_rows, self.hidden_rows = table.notes.blank_rows, table.info.hidden_row_count
        for row, at, code, message in layout.problems(
            table.info, table.header_row, len(table.headers), self._options.hidden
        ):
            header = None if at is None else self.headers[at]
            self.errors.append(RowError(row, header, None, code, message))

    def _file_problems(self, table: Table) -> None:
        for header, letters in table.duplicate_headers.items():
            message = _l(
                "Columns %(letters)s have the same header “%(header)s”. Rename all but one.",
                letters="、".join(letters),
                header=header,
            )
            self.errors.append(RowError(table.header_row, header, None, "DUPLICATE_HEADER", message))
        for header, name in self.columns.doubled:
            if header not in table.duplicate_headers:
                message = _l(
                    "The columns “%(first)s” and “%(second)s” are both “%(label)s”. Leave one of them out.",
                    first=self.header_of(name), second=header, label=self.columns.specs[name].label,
                )  # fmt: skip
                self.errors.append(RowError(table.header_row, header, name, "FED_TWICE", message))

    def _read_constants(self, row: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, text in self._options.constants.items():
            spec = self.columns.specs.get(name)
            if spec is None:
                message = _l("There is no field “%(name)s”.", name=name[:60])
                self.errors.append(RowError(row, None, name, "NO_FIELD", message, text))
                continue
            if name in self._readers:
                message = _l("“%(label)s” has a column in the file and a fixed value. Leave one of them out.",
                             label=spec.label)  # fmt: skip
                self.errors.append(RowError(row, self.header_of(name), name, "FED_TWICE", message, text))
                continue
            value = ColumnReader(spec).read_one(text)
            if isinstance(value, Wrong):
                self.errors.append(RowError(row, None, name, value.code, value.message, value.text))
            else:
                found[name] = value
        return found

    def _drop(self, stretch: Stretch) -> None:
        """Leave out rows of sums and notes (they are listed), hidden rows unless they are to come along, examples."""
        gone = set(stretch.hidden) if self._options.hidden != "import" else set[int]()
        gone.update(at for first in stretch.cells[:1] for at, cell in enumerate(first) if cell in EXAMPLES)
        for at, text in stretch.marked:
            key = ((i, decode_cell(stretch.cells[i][at])) for i in self._key_columns)
            if layout.is_record(cell for i, cell in key if clean_header(cell) != self.headers[i]):
                continue
            self.totals.append((stretch.numbers[at], text))
            if self._options.totals == "skip":
                gone.add(at)
        if gone:
            kept = [at for at in range(len(stretch.numbers)) if at not in gone]
            stretch.numbers = [stretch.numbers[at] for at in kept]
            stretch.cells = [[column[at] for at in kept] for column in stretch.cells]

    def _treat(self, stretch: Stretch) -> list[list[Any]]:
        numbers, count = stretch.numbers, len(stretch.numbers)
        treated = []
        for index, name in self.columns.fields.items():
            values, wrong = self._readers[name].read(stretch.cells[index])
            treated.append(values)
            for at, problem in wrong:
                self.cell_errors.append(_cell_error(numbers[at], self.headers[index], name, problem))
        treated += [[value] * count for value in self.constants.values()]
        return treated + [stretch.cells[index] for index in self._extra.values()]

    def look_up(self, links: Links, create: Mapping[str, Mapping[str, str]]) -> None:
        """Look the texts of all links up: ids, references to what would be made, or what is wrong."""
        for name, link in self.links.items():
            link.found = links.look_up(link.spec, link.texts.keys(), create=create.get(name))
            values = (link.found[text] for text in link.texts)
            link.values = [None, *(None if isinstance(value, WrongLink) else value for value in values)]

    def link_errors(self) -> Iterator[RowError]:
        """The errors of links at their cells."""
        for name, link in self.links.items():
            header = self.header_of(name)
            wrong = {p: f for text, p in link.texts.items() if isinstance(f := link.found[text], WrongLink)}
            for at, place in enumerate(link.places) if wrong else ():
                if place in wrong:
                    yield link_error(self.lines[at], header, name, wrong[place])

    def ids_of(self, name: str) -> list[Any]:
        """A link column's values, row by row, once they are looked up."""
        link = self.links[name]
        return [link.values[place] for place in link.places]

    def rows(self, *, texts: bool = False) -> Iterator[Rows]:
        """All rows again; with `texts` the links as the file has them."""
        at = 0
        values = {n: [None, *link.texts] if texts else link.values for n, link in self.links.items()}
        for numbers, columns in self._spill:
            end = at + len(numbers)
            for index, name in enumerate(self.names):
                if name in values:
                    known = values[name]
                    columns[index] = [known[place] for place in self.links[name].places[at:end]]
            at = end
            yield Rows(numbers, columns)

    def close(self) -> None:
        """Let go of what was kept."""
        self._spill.close()


def link_error(line: int, header: str | None, name: str, problem: WrongLink) -> RowError:
    """The error of one link cell."""
    return replace(_cell_error(line, header, name, problem), candidates=problem.candidates)


def _cell_error(line: int, header: str | None, name: str, problem: Wrong) -> RowError:
    return RowError(line, header, name, problem.code, problem.message, problem.text, problem.suggest)


def by_line(errors: Sequence[RowError]) -> dict[int, list[RowError]]:
    """Errors by the number of their row."""
    found: dict[int, list[RowError]] = defaultdict(list)
    for error in errors:
        found[error.row].append(error)
    return found
