"""Lines of the access log in words: who signed in, was refused, exported, looked at what is masked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.entity import registry
from app.query.display import actor_label, short_when, when
from views.logfilter import LOGINS
from views.platform import Names

PREFIX = "A"
"""Stands before a line's number, so that it is not taken for one of the change log."""


def shown_lines(found: Iterable[Any], names: Names) -> list[dict[str, Any]]:
    """Lines for the stream, in the order given."""
    return [_item(line, names) for line in found]


def _item(line: Any, names: Names) -> dict[str, Any]:
    person = names.people.get(line.user_id) or actor_label(line.name) or "?"
    entity, rest = _concerned(line.detail)
    platform = {"change_log": _("Change log"), "evidence": _("Evidence package")}
    label = str(entity.label) if entity else platform.get(line.detail, "")
    about = "、".join(rest) if entity else ("" if line.detail in platform else line.detail)
    rows = _("%(number)s rows", number=f"{line.rows:,}") if line.rows is not None else ""
    text = " · ".join(filter(None, (about, rows))) or (line.ip if line.what in LOGINS else "")
    facts = ((_("Login name"), line.name if line.what in LOGINS else ""), (_("Entity"), label),
             (_("What"), about), (_("Rows"), f"{line.rows:,}" if line.rows is not None else ""),
             (_("Network address"), line.ip), (_("Request"), line.request))  # fmt: skip
    moment = clock.instant_text(line.at)
    return {
        "id": f"{PREFIX}{line.id}", "key": line.id, "number_text": f"{PREFIX}{line.id:,}", "access": True,
        "at": when(line.at), "moment": moment, "short": short_when(moment), "actor": person, "op": line.what,
        "entity": "", "entity_label": label or str(_("Login name") if line.what in LOGINS else ""), "title": "",
        "record_title": line.name if line.what in LOGINS else "", "record_url": "", "url": "",
        "text": text, "fields_text": text, "source_label": "", "reason": "",
        "change_set": None, "selected": False,
        "cells": [{"label": k, "old": "", "new": v} for k, v in facts if v],
    }  # fmt: skip


def _concerned(detail: str) -> tuple[Any, list[str]]:
    """The entity a line is about and what else it says of it: ``customer 12 mobile``."""
    words = re.split(r"[\s/.:,#]+", detail)
    if not words or words[0] not in registry:
        return None, []
    entity = registry.get(words[0])
    return entity, [
        str(entity.fields[w].label) if w in entity.fields else f"#{w}" if w.isdecimal() else w
        for w in words[1:]
        if w
    ]
