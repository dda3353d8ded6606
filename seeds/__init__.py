"""What a database starts with: roles, parameters and the first administrator; and the demo company."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from config import Settings


def prepare(app: Flask) -> None:
    """What every installation needs; may run again at any time."""
    from seeds.company import base

    base(app)


def load_demo(app: Flask) -> None:
    """The demo company, once."""
    from seeds.demo import load

    load(app)


def demo_logins(settings: Settings) -> list[str]:
    """Who can sign in to the demo, one line each, for the console."""
    from seeds.demo import LOGINS, PASSWORD

    lines = [f"{name:<10} {role}" for name, role in LOGINS]
    return [f"密码 / password: {PASSWORD}", *lines]
