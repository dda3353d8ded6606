"""Wire values as people read them: pages, history, change log and CSV share these."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.audit.pii import is_erased
from app.entity import Field


def display(spec: Field, wire: Any, title: str | None = None) -> str:
    """The text of a value: empty is empty, 是/否, 2026-01-02 03:04, 1,234.50, labels instead of codes."""
    if wire is None:
        return title or ""  # an erased value is empty, and its title says so
    if is_erased(wire):
        return str(_("(erased)"))
    if spec.is_link:
        return title if title is not None else f"#{wire}"
    if spec.kind == "choice":
        return spec.choice_label(str(wire))
    if spec.kind == "multi_choice":
        labels = {c.code: str(c.label) for c in spec.choices}
        return "、".join(labels.get(code, code) for code in wire)
    if spec.kind == "yes_no":
        return str(_("Yes") if wire else _("No"))
    if spec.kind in ("decimal", "money") and "*" not in str(wire):
        return f"{Decimal(wire):,.{spec.scale}f}"
    if spec.kind == "integer" and isinstance(wire, int):
        return f"{wire:,}"
    if spec.kind == "percent" and "*" not in str(wire):
        return f"{(Decimal(wire) * 100).normalize():f}%"
    if spec.kind == "datetime" and "*" not in str(wire):
        return when(wire)
    if spec.kind == "attachment":
        return title or (_("%(n)s files", n=len(wire)) if isinstance(wire, list) else str(wire))
    if spec.kind == "json":
        return json.dumps(wire, ensure_ascii=False)
    return str(wire)


def when(wire: Any) -> str:
    """An instant (aware or wire text) on the company's wall clock, to the minute."""
    instant = clock.parse_instant(wire) if isinstance(wire, str) else wire
    return clock.local(instant).strftime("%Y-%m-%d %H:%M")


def short_when(wire: str) -> str:
    """An instant of wire text, as short as it is clear: the time today, else the day, without this year's number."""
    local = clock.local(clock.parse_instant(wire))
    if local.date() == clock.today():
        return local.strftime("%H:%M:%S")
    return local.strftime("%m-%d %H:%M" if local.year == clock.today().year else "%Y-%m-%d")


def color(spec: Field, wire: Any) -> str:
    """The colour a choice declares; empty for anything else."""
    return next((c.color for c in spec.choices if c.code == wire), "") if spec.kind == "choice" else ""


def actor_label(name: str) -> str:
    """Who acted, in words: people by their names, the named system actors in the reader's language."""
    known = {"system": _("System"), "anonymous": _("Nobody signed in"), "authentication": _("Sign-in")}
    return str(known.get(name, name))
