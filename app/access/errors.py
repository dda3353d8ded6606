"""What access refuses, as exceptions. Each carries a lazy zh/en sentence in `message`."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l


class AccessError(Exception):
    """Something was asked that access does not let happen. `message` is for people."""

    message: Any = _l("This is not allowed.")

    def __init__(self, detail: str = "", message: Any = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(detail or str(type(self).__doc__))


class NoGrants(AccessError):
    """Records were asked for while nobody's rights are known."""

    message = _l("Please sign in first.")


class WallRefused(AccessError):
    """A statement was shaped so that row scope cannot be applied to it."""

    message = _l("This way of reading records is not allowed.")


class WriteRefused(AccessError):
    """Records were written past the gate."""

    message = _l("Records can only be changed through a change set.")
