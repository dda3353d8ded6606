"""Labels in every language: what import, choices and search accept, whoever reads or writes."""

from __future__ import annotations

from typing import Any

from flask import has_app_context
from flask_babel import force_locale

LANGUAGES = ("zh", "en")


def in_every_language(label: Any) -> tuple[str, ...]:
    """The distinct texts of a lazy label. Outside an application only its own."""
    if not has_app_context():
        return (str(label),)
    texts = []
    for language in LANGUAGES:
        with force_locale(language):
            texts.append(str(label))
    return tuple(dict.fromkeys(texts))
