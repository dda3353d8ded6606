"""What a preview counts, row by row, so that it can be counted on when a row is mended: rows by what would become of
them, errors by kind, changed cells by column, records that are made because others link to them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from app.change.staging import NEW, Row
from app.entity import EntityType, registry
from app.entity.sentences import told

TEXTS, TITLES = 50, 50
ROW_COUNTS = ("inserted", "updated", "deleted", "error_rows", "ask_rows", "conflict_rows")
_BY_OP = {"insert": "inserted", "update": "updated", "delete": "deleted"}
_BY_STATE = {"error": "error_rows", "ask": "ask_rows", "conflict": "conflict_rows", "unchanged": "unchanged"}


@dataclass(slots=True)
class Tally:
    """The counts of one preview. Kinds of errors and questions are told apart by field and code."""

    main: str
    counts: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, dict[str, Any]] = field(default_factory=dict)
    asks: dict[str, dict[str, Any]] = field(default_factory=dict)
    created: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, main: str, kept: dict[str, Any]) -> Tally:
        """A tally as `as_json` kept it."""
        return cls(
            main,
            Counter(kept["counts"]),
            Counter(kept["fields"]),
            kept["kinds"],
            kept["asks"],
            kept["created"],
        )

    def as_json(self) -> dict[str, Any]:
        """What is kept of it."""
        return {"counts": dict(self.counts), "fields": dict(self.fields), "kinds": self.kinds,
                "asks": self.asks, "created": self.created}  # fmt: skip

    def add(self, row: Row, times: int = 1) -> None:
        """Count a staged row, or with -1 count it no longer."""
        state, op, cells = row["state"], row["op"], row["cells"] or {}
        problems = row["error"] or []
        if (row["ref"] or "").startswith(NEW) and state == "ready":
            self._create(row, times)
            return
        self.counts[_BY_STATE.get(state) or _BY_OP[op]] += times
        if state == "ready" and op == "update":
            self.counts["cells"] += times * len(cells)
            self.fields.update({self.name(row["entity"], n): times for n in cells})
        if state == "conflict":
            return
        known = self.asks if state == "ask" else self.kinds
        if state == "error":
            self.counts["errors"] += times * len(problems)
        for problem in problems:
            self._problem(known, row["entity"], problem, times)

    def unchanged(self, times: int) -> None:
        """Rows that would change nothing and are not kept."""
        self.counts["unchanged"] += times

    def name(self, entity: str | None, field_name: str) -> str:
        """A field's name in the file: that of a line with its entity."""
        return field_name if entity in (None, self.main) or "." in field_name else f"{entity}.{field_name}"

    def _problem(self, known: dict[str, Any], entity: str, problem: dict[str, Any], times: int) -> None:
        name = self.name(entity, problem["field"]) if problem["field"] else None
        kind = known.setdefault(f"{name}|{problem['code']}", {
            "name": name, "code": problem["code"], "message": problem["message"], "count": 0, "texts": {},
        })  # fmt: skip
        kind["count"] += times
        text = problem.get("text")
        if text and (text in kind["texts"] or len(kind["texts"]) < 20 * TEXTS):
            kind["texts"][text] = kind["texts"].get(text, 0) + times

    def _create(self, row: Row, times: int) -> None:
        entity = registry.get(row["entity"])
        found = self.created.setdefault(entity.name, {"count": 0, "titles": []})
        found["count"] += times
        title = ((row["cells"] or {}).get(entity.about.title) or [None, row["ref"].rsplit(":", 1)[-1]])[1]
        if times > 0 and len(found["titles"]) < TITLES:
            found["titles"].append(str(title))
        elif times < 0 and str(title) in found["titles"]:
            found["titles"].remove(str(title))

    def shown(self) -> dict[str, Any]:
        """The counts as the preview answers them; `kinds` keep their places while rows are mended."""
        counts = {n: self.counts[n] for n in (*ROW_COUNTS, "unchanged", "errors", "cells")}
        return {
            **counts,
            "kinds": [self._kind(k) for k in self.kinds.values()],
            "asks": [self._kind(k) for k in self.asks.values()],
            "fields": [{"field": n, "label": self.label(n), "count": c} for n, c in self.fields.most_common() if c],
            "created": [{"entity": n, "label": str(registry.get(n).label), **made}
                        for n, made in self.created.items() if made["count"]],
        }  # fmt: skip

    def _kind(self, kind: dict[str, Any]) -> dict[str, Any]:
        texts = sorted((-count, text) for text, count in kind["texts"].items() if count > 0)
        return {**kind, "message": told(kind["message"]), "field": self.label(kind["name"]) if kind["name"] else "",
                "texts": [text for _count, text in texts[:TEXTS]]}  # fmt: skip

    def label(self, name: str) -> str:
        """The label of a field, of a line's with the line's."""
        entity, spec = spec_of(registry.get(self.main), name)
        if spec is None:
            return name
        return str(spec.label) if entity.name == self.main else f"{entity.label} · {spec.label}"


def spec_of(main: EntityType, name: str) -> tuple[EntityType, Any]:
    """The entity and the field that a name in a file stands for: ``entity.field`` is one of a line."""
    entity, _dot, plain = name.rpartition(".")
    found = registry.get(entity) if entity in registry else main
    return found, found.fields.get(plain)
