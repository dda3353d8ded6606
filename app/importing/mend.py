"""Correcting cells in the preview: the rows are read, looked up and planned again, as if the file had held them so.

A row the reader had refused becomes an insert or an update; what was wrong only because of it (a double in the
file, the other rows of its document) is looked at anew. Rights are those of typing: the gate's. What was corrected
is remembered with the set, so that the error workbook holds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l

from app.access.grants import Grants
from app.change import Change, ChangeSet, plan, staging
from app.change.staging import Row
from app.db import db
from app.entity import EntityType, registry
from app.entity.keys import text_key
from app.entity.sentences import to_keep
from app.importing.again import Again
from app.importing.contract import LINK, TOGETHER, ReadRow, RowError
from app.importing.options import Options, options_from
from app.importing.preview import document_ref, hold_together, problem, summary, with_texts
from app.importing.reading import read_texts
from app.importing.tally import Tally
from app.importing.ways import filled

MOST, AT_ONCE = 5000, 500
"""Rows that one replacement mends, and those planned together."""
REMEMBERED = 20_000
"""Rows whose corrections the set remembers; an error workbook holds the further ones as the file has them."""
_EMPTY = "REQUIRED"
_SEEKING = tuple(staging.piece("code", code) for code in sorted(TOGETHER))


class NotOpen(Exception):
    """The preview was committed or given up meanwhile."""

    message = _l("This import was already finished or given up.")


@dataclass
class Mended:
    """What came of it: the rows that changed, the summary now, and rows whose place others took."""

    head: dict[str, Any]
    rows: list[Row]
    summary: dict[str, Any]
    gone: list[int] = field(default_factory=list)


def mend(head: dict[str, Any], corrections: dict[int, dict[str, str]], grants: Grants) -> Mended:
    """Correct cells, by row and field. Raises NotOpen, and ValueError for a field of another sheet than the row's."""
    db.session.rollback()
    if head["state"] != "planned":
        raise NotOpen
    work = _Work(head, grants)
    rows = staging.picked(head["id"], corrections)
    work.refused([row for row in rows if row["op"] == "error"], corrections)
    work.planned([row for row in rows if row["op"] != "error"], corrections)
    return work.keep()


def replace(head: dict[str, Any], what: tuple[str, str, str], grants: Grants) -> Mended:
    """Correct the same wrong text of one field in every row that has it; an empty text stands for a field that must
    be filled in and is not. Raises NotOpen."""
    name, text, instead = what
    done: Mended | None = None
    found = [row["seq"] for row in _with_text(head["id"], name, text)]
    for start in range(0, len(found), AT_ONCE):
        part = mend(head, {seq: {name: instead} for seq in found[start : start + AT_ONCE]}, grants)
        head = part.head
        done = (
            part
            if done is None
            else Mended(head, [*done.rows, *part.rows], part.summary, [*done.gone, *part.gone])
        )
    return done or Mended(head, [], summary(head["id"], head["file"]))


def _with_text(set_id: int, name: str, text: str) -> Iterator[Row]:
    plain, after, count = name.rpartition(".")[2], -1, 0
    told = staging.piece("text", text) if text else staging.piece("code", _EMPTY)
    while part := staging.rows(set_id, ("error",), after, told=[told]):
        after = part[-1]["seq"]
        for row in part:
            same = (
                (e.get("text") == text if text else e["code"] == _EMPTY)
                and (e["field"] or "").rpartition(".")[2] == plain
                for e in row["error"]
            )
            if any(same) and count < MOST:
                count += 1
                yield row


class _Work:
    """One correction at work: rows to be put in the place of others."""

    def __init__(self, head: dict[str, Any], grants: Grants) -> None:
        self._head, self._grants, self._facts = head, grants, dict(head["file"])
        self._entity: EntityType = registry.get(head["entity"])
        self._options: Options = options_from(self._facts["options"])
        self._tally = Tally.of(self._entity.name, self._facts["tally"])
        self._changed: dict[int, Row] = {}
        self._texts: dict[int, dict[str, str]] = {}
        self._same: dict[int, tuple[int, int | None]] = {}
        self._gone: list[Row] = []
        self._next: int | None = None

    # rows that never reached the gate

    def refused(self, rows: list[Row], corrections: dict[int, dict[str, str]]) -> None:
        """Read the corrected cells, then match these rows again and all that were refused because of others."""
        if not rows:
            return
        for row in rows:
            self._remember(row, corrections[row["seq"]])
        chosen = {row["seq"]: row for row in rows}
        for row in self._companions():
            chosen.setdefault(row["seq"], row)
        read = [self._read(row, corrections.get(seq, {})) for seq, row in sorted(chosen.items())]
        said = self._facts.get("trip") or {}
        ours = filled(self._entity) if said.get("kind") == "errors" else frozenset[str]()
        again = Again(self._entity, self._grants, self._options, self._headers(), said.get("at"), ours)
        sheets = [[one for one in read if (LINK in one[1]) == lines] for lines in (False, True)]
        rows_read, second = ([ReadRow(r["line"], v) for r, v, _e in part] for part in sheets)
        wrong, wrong_second = ({r["line"] for r, _v, e in part if e} for part in sheets)
        again.match(rows_read, wrong, second, wrong_second)
        errors: dict[tuple[int, bool], list[RowError]] = {}
        for error in again.errors:
            errors.setdefault((error.row, error.sheet is not None), []).append(error)
        changes = {change.line: change for change in again.changes}
        whole, fine = self._options.lines is not None, list[Row]()
        for row, values, kept in read:
            found = [*kept, *(problem(e) for e in errors.get((row["line"], LINK in values), ()))]
            if found or (whole and not changes):
                cells = {n: [None, v] for n, v in values.items()}
                self._put(row, {**row, "cells": cells, "error": found or row["error"]})
            elif not whole and row["line"] not in changes:
                self._put(row, {**row, "op": "update", "cells": {}, "error": None, "state": "unchanged"})
            else:
                fine.append(row)
        if whole:
            # No row of a document is right while another is wrong: what is right makes all the changes there are.
            self._plan([(row, change) for row in fine[:1] for change in again.changes], moved=fine)
        else:
            self._plan([(row, changes[row["line"]]) for row in fine])

    def _companions(self) -> Iterator[Row]:
        """The rows that may be right now. Of documents all refused ones, since none goes in without a wrong row of it."""
        whole = self._options.lines is not None
        after, count = -1, 0
        while part := staging.rows(
            self._head["id"], ("error",), after, op="error", told=() if whole else _SEEKING
        ):
            after, count = part[-1]["seq"], count + len(part)
            yield from part
            if count >= MOST and not whole:
                return

    def _read(self, row: Row, texts: dict[str, str]) -> tuple[Row, dict[str, Any], list[dict[str, Any]]]:
        """A refused row with its corrected cells: its values, and what is still wrong in itself."""
        values = {n: pair[1] for n, pair in (row["cells"] or {}).items()}
        found, errors = read_texts(db.session(), self._entity, self._grants, self._options, texts)
        for name in texts:
            values.pop(name, None)
        kept = [e for e in row["error"] or [] if e["code"] not in TOGETHER and e["field"] not in texts]
        return row, values | found, [*kept, *(problem(e) for e in errors)]

    def _headers(self) -> dict[str, str]:
        return dict(self._facts["fed"])

    # rows the gate has seen

    def planned(self, rows: list[Row], corrections: dict[int, dict[str, str]]) -> None:
        """Plan these rows again with their corrected cells, each with all rows of its document."""
        again: list[tuple[Row, Change]] = []
        chosen = {row["seq"] for row in rows}
        for row in rows:
            texts = {self._dotted(row, n): t for n, t in corrections[row["seq"]].items()}
            if any(name.rpartition(".")[0] not in ("", row["entity"]) for name in corrections[row["seq"]]):
                raise ValueError("a field of another sheet")
            self._remember(row, texts)
            values, errors = read_texts(db.session(), self._entity, self._grants, self._options, texts)
            change = staging.change_of(row)
            change.values |= {n.rpartition(".")[2]: v for n, v in values.items()}
            if errors:
                mine = {e.field for e in errors} | texts.keys()
                kept = [e for e in row["error"] or [] if self._dotted(row, e["field"] or "") not in mine]
                found = [*kept, *(problem(e) for e in errors)]
                self._put(row, {**row, "error": found, "state": "error"})
            else:
                again.append((row, change))
        again += [(row, staging.change_of(row)) for row in self._document(rows) if row["seq"] not in chosen]
        self._plan(again)

    def _dotted(self, row: Row, name: str) -> str:
        if row["entity"] == self._entity.name or "." in name or not name:
            return name
        return f"{row['entity']}.{name}"

    def _document(self, rows: list[Row]) -> Iterator[Row]:
        """The other rows of the documents that these belong to."""
        refs = {ref for row in rows if (ref := document_ref(row))}
        if not refs:
            return
        seen: set[int] = set()
        for row in staging.picked(self._head["id"], refs=refs):
            seen.add(row["seq"])
            yield row
        after = -1
        pieces = [staging.piece("ref", ref) for ref in sorted(refs)]
        while part := staging.rows(self._head["id"], after=after, holding=pieces):
            after = part[-1]["seq"]
            yield from (row for row in part if row["seq"] not in seen and row["op"] != "error")

    def _plan(self, again: list[tuple[Row, Change]], *, moved: Sequence[Row] = ()) -> None:
        """Let the gate judge; `moved` rows are those of documents, which get places of their own behind all others."""
        if not again:
            return
        changes = [change for _row, change in again]
        made = self._made(changes)
        asked = ChangeSet(
            [*made, *changes], "import", partial=True, parsed=True, confirmed=self._options.confirmed
        )  # fmt: skip
        found = plan(asked, self._grants)
        self._facts["held"] = self._facts["held"] or found.held is not None
        drafts = {d.row: d for d in found.drafts if not d.added}
        if moved:
            self._move(moved)
        news = []
        for at, (row, change) in enumerate(again, len(made)):
            draft = drafts[at]
            new = with_texts({"seq": row["seq"], "set_id": row["set_id"], **staging.row_of(draft)})
            double = self._double(new, change) if new["state"] != "error" else None
            if double is not None:
                new |= {"state": "error", "error": [*(new["error"] or []), double]}
            record = draft.id if new["entity"] == self._entity.name else draft.before.get("parent_id")
            if (
                new["state"] == "unchanged"
                and new["line"]
                and record
                and new["entity"] != self._options.apart
            ):
                self._same[new["line"]] = record, draft.version
            news.append(new)
        if self._options.lines is not None:
            hold_together(news)
        for (row, _change), new in zip(again, news, strict=True):
            if moved:
                new["seq"] = self._next = self._last() + 1
                self._tally.add(new)
                self._changed[new["seq"]] = new
            else:
                self._put(row, new)

    def _made(self, changes: list[Change]) -> list[Change]:
        """The records that these link to and that are to be made with them."""
        refs = {v["ref"] for c in changes for v in c.values.values() if isinstance(v, dict) and "ref" in v}
        own = {change.ref for change in changes}
        kept = {row["ref"]: row for row in staging.picked(self._head["id"], refs=refs - own)}
        return [staging.change_of(row) for row in kept.values()]

    def _double(self, new: Row, change: Change) -> dict[str, Any] | None:
        """Another row of the file that is the same record."""
        entity = registry.get(new["entity"])
        if new["op"] == "update":
            others = staging.of_record(self._head["id"], new["entity"], new["record_id"])
        else:
            key = [n for n in self._options.key or entity.about.key if change.values.get(n) is not None]
            if not key or entity.parent is not None:
                return None
            first = staging.piece(key[0], [None, change.values[key[0]]])
            same = staging.rows(self._head["id"], op="insert", holding=[first], limit=10)
            others = [r for r in same if all(_alike(r["cells"].get(n), change.values[n]) for n in key)]
        lines = [
            r["line"]
            for r in others
            if r["seq"] not in {new["seq"], *self._changed} and r["line"] != new["line"]
        ]
        if not lines:
            return None
        text = "、".join(str(line) for line in sorted({*lines, new["line"]}))
        message = _l("The key occurs more than once in this file: rows %(rows)s.", rows=text)
        return {"field": entity.about.key[0], "code": "DUPLICATE_IN_FILE", "message": to_keep(message)}

    # keeping

    def _remember(self, row: Row, texts: dict[str, str]) -> None:
        """The corrections of cells that the file has: one of a record that is only made for others has none."""
        if row["line"] and not (row["ref"] or "").startswith(staging.NEW):
            fed = self._facts["fed"]
            self._texts.setdefault(row["line"], {}).update({n: t for n, t in texts.items() if n in fed})

    def _mended(self) -> dict[str, Any]:
        """By line what its cells were corrected to, and the record of a row that by that changes nothing."""
        known: dict[str, Any] = dict(self._facts.get("mended") or {})
        lines = {row["line"] for row in self._changed.values() if row["line"]}
        for line in sorted(lines | self._texts.keys()):
            was = known.pop(str(line), {})
            texts = {**was.get("texts", {}), **self._texts.get(line, {})}
            now = {"texts": texts, "same": self._same.get(line) if line in lines else was.get("same")}
            if any(now.values()) and len(known) < REMEMBERED:
                known[str(line)] = now
        return known

    def _put(self, old: Row, new: Row) -> None:
        if {n: old.get(n) for n in new} == new:
            return
        self._tally.add(old, -1)
        self._tally.add(new)
        self._changed[old["seq"]] = new

    def _move(self, rows: Sequence[Row]) -> None:
        """Documents get a stretch of their own at the end: a header and its lines lie together."""
        for row in rows:
            self._tally.add(row, -1)
            self._gone.append(row)
        self._facts["cuts"] = [*self._facts["cuts"], self._last() + 1]

    def _last(self) -> int:
        if self._next is None:
            self._next = staging.last(self._head["id"])
        return self._next

    def keep(self) -> Mended:
        """Put the rows in their places. Raises NotOpen."""
        self._facts |= {"tally": self._tally.as_json(), "mended": self._mended()}
        gone = [row["seq"] for row in self._gone]
        if not staging.replace_rows(self._head["id"], self._changed.values(), self._facts, gone):
            raise NotOpen
        rows = [{**row, "set_id": self._head["id"]} for _seq, row in sorted(self._changed.items())]
        head = {**self._head, "file": self._facts}
        return Mended(head, rows, summary(head["id"], self._facts), gone)


def _alike(cell: list[Any] | None, value: Any) -> bool:
    other = cell[1] if cell else None
    if isinstance(other, str) and isinstance(value, str):
        return text_key(other) == text_key(value)
    return bool(other == value)
