"""What a database starts with: roles, parameters and the first administrator; and the demo company."""

from __future__ import annotations

from flask import Flask

from seeds import roles  # noqa: F401  says what the roles are called, in whichever process shows them


def prepare(app: Flask) -> None:
    """What every installation needs; may run again at any time."""
    from seeds.company import base

    base(app)


def load_demo(app: Flask) -> None:
    """The demo company, once."""
    from seeds.demo import load

    load(app)


def demo_logins(app: Flask) -> list[str]:
    """Who can sign in to the demo, one line each, for the console; nothing where the demo was never loaded."""
    from seeds.demo import LOGINS, PASSWORD

    if app.appbuilder.sm.find_user(LOGINS[-1][0]) is None:  # type: ignore[attr-defined]
        return []
    lines = [f"{name:<10} {role}" for name, role in LOGINS]
    return [f"密码 / password: {PASSWORD}", *lines]
