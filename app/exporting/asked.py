"""What somebody wants exported, and its JSON form (docs/exporting.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import lazy_gettext as _l

from app.query.filters import FilterError

FORMATS = ("xlsx", "csv", "pdf")
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "filter": dict, "sort": list, "q": str, "ids": list, "fields": list, "groups": list, "format": str,
    "what": str, "background": bool,
}  # fmt: skip
_WORDS = {"format": FORMATS, "what": ("view", "fields")}


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
    """An export of its JSON form; what is left out has its default. Raises FilterError that names the wrong part."""
    parts = {name: body[name] for name in _KINDS if body.get(name) is not None}
    for name, value in parts.items():
        if not isinstance(value, _KINDS[name]) or value not in _WORDS.get(name, (value,)):
            raise _unreadable(name)
    for name, kind in (("ids", int), ("fields", str), ("groups", str)):
        if any(type(item) is not kind for item in parts.get(name, ())):
            raise _unreadable(name)
    return Asked(
        filter=parts.get("filter"),
        sort=parts.get("sort", ()),
        q=parts.get("q", ""),
        ids=tuple(parts["ids"]) if "ids" in parts else None,
        fields=tuple(parts.get("fields", ())) or None,
        groups=tuple(parts.get("groups", ())),
        format=parts.get("format", "xlsx"),
        everything=parts.get("what") == "fields",
        background=parts.get("background", False),
    )


def _unreadable(part: str) -> FilterError:
    message = _l(
        "“%(part)s” of this export cannot be read. Please leave it out, or write it as documented.",
        part=part,
    )
    return FilterError(message)
