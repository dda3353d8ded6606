"""Header and lines: from one flat sheet, where every line repeats its header, or from a sheet for each.

Rows are read twice. `Documents.gather` finds the documents and all that is wrong with them; `Documents.stretches`
makes the changes, each document whole in one stretch. A document with a wrong row is left out as a whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.change import Change, numbers
from app.change.contract import chunks
from app.entity import EntityType, registry
from app.entity.keys import SEPARATOR, normal_form
from app.entity.sentences import listed
from app.excel.manifest import HIDDEN
from app.importing.contract import LINK, ReadRow, RowError
from app.importing.imported import Imported
from app.importing.match import NEW, WRONG, ids_of, key_forms, key_problem
from app.importing.options import Options
from app.query.display import display
from app.query.rows import records
from app.query.titles import titles_of

Key = tuple[Any, ...]


@dataclass(slots=True)
class _Document:
    """A header and where it is in the file: `rows` in the sheet it begins in, `more` in the lines' own sheet.

    `first` is where a header cell's value was met first, where that is not the first row. `record` is the header's
    id, or what `match` has in its place; `wrong` a row that keeps the document out. `marked` rows were imported
    already, to the record `known`.
    """

    key: Key
    ref: str
    rows: list[int] = field(default_factory=list)
    more: list[int] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    record: int = NEW
    wrong: int = 0
    seen: int = 0
    marked: int = 0
    known: int = 0
    lines: list[ReadRow] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        """Whether all of it was imported already: it is left out, whatever is in its cells."""
        return bool(self.rows) and self.marked == len(self.rows)


class Documents:
    """The documents of one file. `headers` are the texts of its columns by field, for errors.

    `errors` are complete after `gather`, and so is `settled`, the rows (and whether they are in the lines' own sheet) of
    documents that were imported already; `removed` counts the lines that go because the file does not have them.
    """

    def __init__(
        self, session: Session, entity: EntityType, grants: Grants, options: Options, headers: Mapping[str, str]
    ) -> None:  # fmt: skip
        assert options.lines is not None
        self._session, self._entity, self._grants = session, entity, grants
        self._options, self._asked, self._headers = options, options.lines, headers
        self._line = registry.get(options.lines.entity)
        self._key = list(options.key or entity.about.key)
        self._fed = headers.keys() | options.constants.keys()
        self._group = list(options.lines.group or self._key)
        self._docs: dict[Key, _Document] = {}
        self._places: dict[tuple[Key, Key], list[int]] = defaultdict(list)
        self._nameless: set[int] = set()
        self._imported = Imported()
        self.settled: set[tuple[int, bool]] = set()
        self.errors: list[RowError] = []
        self.removed = 0

    def gather(
        self, rows: Iterable[ReadRow], lines: Iterable[ReadRow] = (), *,
        wrong: Collection[int] = (), wrong_lines: Collection[int] = (),
    ) -> None:  # fmt: skip
        """Find the documents of all rows, and what is wrong. `wrong` are rows that have an error already."""
        problem = key_problem(self._entity, self._key, self._fed, self._grants, self._asked)
        absent = [n for n in self._group if n not in self._fed]
        if absent:
            labels = self._labels(self._entity, absent)
            problem = absent[0], _l("The file has no column for the key “%(labels)s”.", labels=labels)
        if problem is not None:
            self._error(0, problem[0], "NO_KEY", problem[1])
            return
        for row, doc in self._grouped(rows):
            if doc is not None:
                doc.rows.append(row.line)
                doc.wrong = doc.wrong or (row.line if row.line in wrong else 0)
                self._recall(doc, row)
                self._compare(doc, row)
                self._note(doc, row)
            elif row.line not in wrong:
                self._error(row.line, self._group[0], "NO_GROUP", self._no_group())
        for row, doc in self._linked(lines):
            if doc is not None:
                doc.more.append(row.line)
                doc.wrong = doc.wrong or (row.line if row.line in wrong_lines else 0)
                self._note(doc, row)
        self._find_headers()
        self._refuse_doubles()
        self._hold_back(wrong, wrong_lines)
        self._settle()
        self._places.clear()

    def stretches(
        self, rows: Iterable[ReadRow], lines: Iterable[ReadRow] = (), size: int = 2000
    ) -> Iterator[list[Change]]:
        """The changes of the documents without an error, each whole in a stretch of about `size` changes."""
        for known in self._docs.values():
            known.seen, known.lines = 0, []
        self.removed, ready, count = 0, list[_Document](), 0
        for row, doc in chain(self._grouped(rows), self._linked(lines)):
            if doc is None or doc.wrong or doc.settled:
                continue
            doc.seen += 1
            if self._line_of(row):
                doc.lines.append(row)
            if doc.seen == len(doc.rows) + len(doc.more):
                ready.append(doc)
                count += 1 + len(doc.lines)
            if count >= size:
                yield self._changes(ready)
                ready, count = [], 0
        if ready:
            yield self._changes(ready)

    def _grouped(self, rows: Iterable[ReadRow]) -> Iterator[tuple[ReadRow, _Document | None]]:
        """Each row with its document; a row that leaves the group's cells empty belongs to the document above."""
        doc: _Document | None = None
        for row in rows:
            if all(name in row.values for name in self._group):  # else a cell of the group is wrong
                key = tuple(self._part(self._entity, n, row.values[n]) for n in self._group)
                above = doc.key if doc is not None else (None,) * len(key)
                if any(part not in (None, was) for part, was in zip(key, above, strict=True)):
                    doc = self._docs.setdefault(key, _Document(key, f"document:{len(self._docs)}"))
            yield row, doc

    def _linked(self, lines: Iterable[ReadRow]) -> Iterator[tuple[ReadRow, _Document | None]]:
        """Each row of the lines' own sheet with the document it names, in this file or among the records."""
        for row in lines:
            text = row.values.get(LINK)
            if not isinstance(text, str):
                if LINK in row.values and row.line not in self._nameless:
                    self._nameless.add(row.line)
                    self._error(row.line, LINK, "NO_GROUP", self._no_group(), second=True)
                yield row, None
                continue
            key = (normal_form(text),)
            yield row, self._docs.setdefault(key, _Document(key, f"document:{len(self._docs)}"))

    def _recall(self, doc: _Document, row: ReadRow) -> None:
        """Note that a row was imported already, and to which record."""
        record = self._imported.document(row)
        if record is not None:
            doc.marked, doc.known = doc.marked + 1, doc.known or record

    def _settle(self) -> None:
        done = [doc for doc in self._docs.values() if doc.settled]
        self.settled = {(row, False) for doc in done for row in doc.rows}
        self.settled |= {(row, True) for doc in done for row in doc.more}
        self.errors = [e for e in self.errors if (e.row, e.sheet is not None) not in self.settled]

    def _compare(self, doc: _Document, row: ReadRow) -> None:
        """Lay the header cells of a row beside those of the rows above; the first that is filled counts."""
        for name, value in row.values.items():
            if "." in name or name in HIDDEN:
                continue
            held = doc.values.get(name)
            if held is None:
                doc.values[name] = value
                if value is not None and len(doc.rows) > 1:
                    doc.first[name] = row.line
            elif value is not None and self._part(self._entity, name, value) != self._part(
                self._entity, name, held
            ):
                first = doc.first.get(name, doc.rows[0])
                message = _l(
                    "Row %(row)s says “%(here)s” here, row %(first)s of the same document “%(there)s”. "
                    "Make them alike, or leave this cell empty.",
                    row=row.line, here=self._shown(name, value), first=first, there=self._shown(name, held),
                )  # fmt: skip
                self._error(row.line, name, "HEADERS_DIFFER", message, text=str(self._shown(name, value)))
                doc.wrong = doc.wrong or row.line

    def _note(self, doc: _Document, row: ReadRow) -> None:
        """Remember by which key a row tells its line apart."""
        key = self._line_key(self._line_of(row)) if self._asked.by == "number" else None
        if key is not None:
            self._places[doc.key, key].append(row.line)

    def _refuse_doubles(self) -> None:
        """A line's key occurs once in a document."""
        second = self._asked.sheet is not None
        name = f"{self._line.name}.{self._line.about.key[0]}"
        for (key, _line), rows in self._places.items():
            if len(rows) > 1:
                text = "、".join(map(str, rows[:10])) + ("…" if len(rows) > 10 else "")
                message = _l(
                    "Rows %(rows)s are the same line of one document: “%(label)s” is alike. Correct one of them.",
                    rows=text, label=self._labels(self._line, self._line.about.key),
                )  # fmt: skip
                for row in rows:
                    self._error(row, name, "LINE_TWICE", message, second=second)
                self._docs[key].wrong = self._docs[key].wrong or rows[0]

    def _find_headers(self) -> None:
        """Which documents are records already; what merely groups rows is no number of any."""
        docs = [doc for doc in self._docs.values() if doc.rows and not doc.marked]
        self._find_grown([doc for doc in self._docs.values() if doc.marked and not doc.settled])
        names = self._key if self._fed.issuperset(self._key) else []
        self._match(docs, names, [[doc.values.get(n) for doc in docs] for n in names], self._options.mode)
        strays = [doc for doc in self._docs.values() if not doc.rows]  # only lines of them are in the file
        self._match(strays, self._key[:1], [[doc.key[0] for doc in strays]], "both")
        by_number = self._asked.by == "number"
        for doc in self._docs.values():
            if doc.record == NEW and not doc.rows:
                message = _l("There is no such “%(label)s”, neither in this file nor among the records. "
                             "Correct it, or add it first.", label=self._entity.label)  # fmt: skip
                self._refuse(doc, LINK, "NO_HEADER", message)
            elif doc.record > NEW and by_number and not self._has_line_key():
                message = _l("The file has no column “%(labels)s” to tell the lines of a known document apart. "
                             "Add it, or tell lines apart by their order.",
                             labels=self._labels(self._line, self._line.about.key))  # fmt: skip
                self._refuse(doc, self._key[0], "NO_LINE_KEY", message)

    def _find_grown(self, docs: list[_Document]) -> None:
        """Documents that were imported and have got more rows since: these go to the record there is."""
        wanted = [doc.known for doc in docs if doc.known]
        there = {row["id"] for row in records(self._session, self._entity, self._grants, wanted, [])}
        for doc in docs:
            doc.record = doc.known if doc.known in there else WRONG
            if doc.record == WRONG:
                message = _l("Other rows of this document were imported already, but it waits for an approval, was "
                             "deleted, or you may not see it. Give this row another “%(labels)s”, or wait.",
                             labels=self._labels(self._entity, self._group))  # fmt: skip
                self._refuse(doc, self._group[0], "IMPORTED", message)

    def _match(self, docs: list[_Document], names: list[str], columns: list[list[Any]], mode: str) -> None:
        forms = [key_forms(self._entity, n, column) for n, column in zip(names, columns, strict=True)]
        first = [(doc.rows or doc.more)[0] for doc in docs]
        header = self._headers.get(names[0]) if names else None
        ids, errors = ids_of(self._session, self._entity, names, forms, first, header, mode=mode, wrong=set())
        for doc, record in zip(docs, ids, strict=True):
            doc.record = record
            doc.wrong = doc.wrong or ((doc.rows or doc.more)[0] if record == WRONG else 0)
        sheet = self._asked.sheet
        for error in errors:
            error.sheet = sheet.sheet if sheet is not None and not docs[0].rows else None
        self.errors += errors

    def _refuse(self, doc: _Document, name: str, code: str, message: Any) -> None:
        """An error of a whole document, at its first row."""
        doc.wrong = (doc.rows or doc.more)[0]
        self._error(doc.wrong, name, code, message, second=not doc.rows)

    def _hold_back(self, wrong: Collection[int], wrong_lines: Collection[int]) -> None:
        """The other rows of a document that has a wrong one are not imported either, and say so."""
        named = {(e.row, e.sheet is not None) for e in self.errors}
        named |= {(row, False) for row in wrong} | {(row, True) for row in wrong_lines}
        for doc in self._docs.values():
            if doc.wrong:
                message = _l("Row %(row)s of the same document is wrong. A document is imported as a whole or not "
                             "at all.", row=doc.wrong)  # fmt: skip
                for second, rows in ((False, doc.rows), (True, doc.more)):
                    for row in rows:
                        if (row, second) not in named:
                            self._error(row, None, "DOCUMENT", message, second=second)

    def _changes(self, docs: list[_Document]) -> list[Change]:
        """The changes of some documents: each header, then its lines in the order of the file."""
        known = self._known_lines([doc.record for doc in docs if doc.record > NEW])
        changes: list[Change] = []
        for doc in docs:
            changes += self._header(doc)
            taken: set[int] = set()
            lines = known.get(doc.record, {})
            order = list(lines.values())
            parent = {"ref": doc.ref} if doc.record == NEW else doc.record
            for place, row in enumerate(doc.lines):
                values = self._line_of(row)
                if self._asked.by == "order":
                    record = order[place] if place < len(order) else None
                else:
                    key = self._line_key(values)
                    record = lines.get(key) if key is not None else None
                if record is None:
                    given = {n: v for n, v in values.items() if v is not None}
                    given["parent_id"] = parent
                    changes.append(Change(self._line.name, "insert", given, line=row.line))
                else:
                    taken.add(record)
                    changes.append(Change(self._line.name, "update", values, id=record, line=row.line))
            gone = [record for record in order if record not in taken] if self._asked.gone == "remove" else []
            changes += [
                Change(self._line.name, "delete", id=one, line=(doc.rows or doc.more)[0]) for one in gone
            ]
            self.removed += len(gone)
            doc.lines = []
        return changes

    def _header(self, doc: _Document) -> list[Change]:
        if not doc.rows:
            return []
        by_label = doc.record == NEW or doc.known
        values = {n: v for n, v in doc.values.items() if not (by_label and self._is_label(n, v))}
        if doc.record != NEW:
            return [Change(self._entity.name, "update", values, id=doc.record, line=doc.rows[0])]
        given = {n: v for n, v in values.items() if v is not None}
        return [Change(self._entity.name, "insert", given, ref=doc.ref, line=doc.rows[0])]

    def _is_label(self, name: str, value: Any) -> bool:
        """Whether a value of the group is a foreign number, which only says which rows belong together."""
        spec = self._entity.fields.get(name)
        if name not in self._group or spec is None or spec.kind != "number" or not isinstance(value, str):
            return False
        return numbers.read(spec.pattern, value) is None

    def _known_lines(self, headers: list[int]) -> dict[int, dict[Key, int]]:
        """The lines of some headers by key, in the order they have."""
        found: dict[int, dict[Key, int]] = defaultdict(dict)
        cls, names = self._line.cls, self._line.about.key
        columns = [getattr(cls, self._line.key_columns.get(n, n)) for n in names]
        specs = [None if n in self._line.key_columns else self._line.fields[n] for n in names]
        for part in chunks(sorted(headers)):
            query = select(cls.id, cls.parent_id, *columns).where(cls.parent_id.in_(part))
            for row in self._session.execute(query.order_by(cls.position, cls.id)):
                key = tuple(s.to_wire(v) if s else _form(v) for s, v in zip(specs, row[2:], strict=True))
                found[row[1]][key] = row[0]
        return found

    def _line_of(self, row: ReadRow) -> dict[str, Any]:
        """The cells of a row that are its line's, by the line's own fields; nothing where none is filled."""
        start = f"{self._line.name}."
        cells = {n.removeprefix(start): v for n, v in row.values.items() if n.startswith(start)}
        filled = any(v is not None and f"{start}{n}" not in self._options.constants for n, v in cells.items())
        return cells if filled else {}

    def _has_line_key(self) -> bool:
        return all(f"{self._line.name}.{name}" in self._headers for name in self._line.about.key)

    def _line_key(self, values: Mapping[str, Any]) -> Key | None:
        key = tuple(self._part(self._line, n, values.get(n)) for n in self._line.about.key)
        return key if all(part is not None for part in key) else None

    @staticmethod
    def _part(entity: EntityType, name: str, value: Any) -> Any:
        """A value as keys and comparisons see it."""
        if isinstance(value, str) and name in entity.key_columns:
            return normal_form(value)
        if isinstance(value, dict):
            return (*value.items(),)
        return tuple(value) if isinstance(value, list) else value

    def _no_group(self) -> Any:
        return _l("This row belongs to no document. Please fill in “%(labels)s”.",
                  labels=self._labels(self._entity, self._group))  # fmt: skip

    @staticmethod
    def _labels(entity: EntityType, names: Iterable[str]) -> Any:
        return listed(entity.fields[n].label for n in names if n in entity.fields)

    def _shown(self, name: str, value: Any) -> Any:
        spec = self._entity.fields.get(name)
        if spec is not None and spec.kind == "choice":
            return next((c.label for c in spec.choices if c.code == value), value)
        if spec is None or isinstance(value, dict):
            return str(value["ref"]).rpartition(":")[2] if isinstance(value, dict) else str(value)
        titles = titles_of(self._session, spec.target, [value], self._grants) if spec.is_link else {}
        return display(spec, value, titles.get(value))[:60]

    def _error(
        self, row: int, name: str | None, code: str, message: Any, *, second: bool = False, text: str = ""
    ) -> None:  # fmt: skip
        sheet = self._asked.sheet
        header = sheet.link if name == LINK and sheet else self._headers.get(name or "")
        place = sheet.sheet if sheet and second else None
        self.errors.append(RowError(row, header, name, code, message, text, sheet=place))


def _form(key: Any) -> Any:
    """What a text key column is compared by."""
    return key.rpartition(SEPARATOR)[2] if isinstance(key, str) else key
