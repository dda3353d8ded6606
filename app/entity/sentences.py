"""Sentences that are kept: what they are made of, so that whoever reads them later reads them in their own language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel.speaklater import LazyString

_SAY, _WITH, _LIST, _MARK = "say", "with", "list", "mark"


def listed(parts: Iterable[Any], mark: str = "、") -> LazyString:
    """Labels in a row, each translated when the row is read."""
    return LazyString(_joined, tuple(parts), mark)


def filled(sentence: LazyString, values: Mapping[str, Any]) -> LazyString:
    """A lazy sentence with its values."""
    return LazyString(gettext, *sentence._args, **values)


def to_keep(message: Any) -> Any:
    """A message as JSON that `told` reads: the English sentence and its values, labels among them alike.

    What carries its sentence in `message` stands for it; text that is no lazy sentence stays as it is.
    """
    if isinstance(message, LazyString):
        if message._func is gettext:
            return {_SAY: message._args[0], _WITH: {n: to_keep(v) for n, v in message._kwargs.items()}}
        if message._func is _joined:
            return {_LIST: [to_keep(part) for part in message._args[0]], _MARK: message._args[1]}
        return str(message)
    if isinstance(message, list):
        return [to_keep(one) for one in message]
    if message is None or isinstance(message, str | int):
        return message
    inner = getattr(message, "message", None)
    return str(message) if inner is None else to_keep(inner)


def told(found: Any) -> Any:
    """Kept sentences, wherever they stand in some JSON, in the language of whoever reads it."""
    if isinstance(found, list):
        return [told(one) for one in found]
    if not isinstance(found, dict):
        return found
    if found.keys() == {_SAY, _WITH}:
        return gettext(found[_SAY], **told(found[_WITH]))
    if found.keys() == {_LIST, _MARK}:
        return _joined(told(found[_LIST]), found[_MARK])
    return {name: told(one) for name, one in found.items()}


def _joined(parts: Iterable[Any], mark: str) -> str:
    return mark.join(map(str, parts))
