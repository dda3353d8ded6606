"""What somebody wants exported, and its JSON form (docs/exporting.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

FORMATS = ("xlsx", "csv", "pdf")


@dataclass(frozen=True, slots=True)
class Asked:
    """One export. `ids` are selected rows, `fields` those the sheet shows in its order, `groups` order the rows and
    give subtotals; `everything` writes all fields the reader may see instead of `fields`."""

    filter: Any = None
    sort: Sequence[Sequence[str]] = ()
    q: str = ""
    ids: tuple[int, ...] | None = None
    fields: tuple[str, ...] | None = None
    groups: tuple[str, ...] = ()
    format: str = "xlsx"
    everything: bool = False
    background: bool = False

    def as_json(self) -> dict[str, Any]:
        """The JSON form; `asked_from` reads it back."""
        return {
            "filter": self.filter, "sort": [list(pair) for pair in self.sort], "q": self.q,
            "ids": None if self.ids is None else list(self.ids),
            "fields": None if self.fields is None else list(self.fields), "groups": list(self.groups),
            "format": self.format, "what": "fields" if self.everything else "view", "background": self.background,
        }  # fmt: skip

    def later(self) -> Asked:
        """The same, made in the background."""
        return replace(self, background=True)


def asked_from(body: Mapping[str, Any]) -> Asked:
    """An export of its JSON form; what is left out has its default, what is of the wrong kind is left out."""
    ids, fields, sort, groups = body.get("ids"), body.get("fields"), body.get("sort"), body.get("groups")
    wanted = body.get("format")
    return Asked(
        filter=body.get("filter"),
        sort=sort if isinstance(sort, list) else (),
        q=str(body.get("q") or ""),
        ids=tuple(i for i in ids if type(i) is int) if isinstance(ids, list) else None,
        fields=tuple(str(n) for n in fields) if isinstance(fields, list) and fields else None,
        groups=tuple(n for n in groups if isinstance(n, str)) if isinstance(groups, list) else (),
        format=wanted if wanted in FORMATS else "xlsx",
        everything=body.get("what") == "fields",
        background=bool(body.get("background")),
    )
