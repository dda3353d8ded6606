"""What a password must be: long, not the person's own name, not one that everybody tries first."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from flask_babel import gettext as _

MINIMUM = 10
_COMMON = frozenset(Path(__file__).with_name("common_passwords.txt").read_text("utf-8").split())


def problem(password: str | None, names: Iterable[str] = ()) -> str | None:
    """What is wrong with a new password, as a sentence; None if nothing. `names` are the person's own."""
    text = password or ""
    if len(text) < MINIMUM:
        return str(_("The password needs at least %(count)s characters.", count=MINIMUM))
    folded = text.casefold()
    if folded in _COMMON or len(set(folded)) < 4 or _is_run(folded):
        return str(_("This password is one of the first that anybody would try. Please choose another."))
    if any(len(name) >= 3 and name.casefold() in folded for name in names if name):
        return str(_("The password must not contain the person's own name."))
    return None


def _is_run(text: str) -> bool:
    """Whether the characters only count up or down."""
    steps = {ord(b) - ord(a) for a, b in pairwise(text)}
    return steps <= {1} or steps <= {-1}
