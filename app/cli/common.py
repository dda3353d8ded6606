"""What every command shares: the application, who acts, and the two ways of answering."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

import config
from app.access.context import acting_as
from app.access.grants import Grants
from app.entity import EntityType, registry

json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
user_option = click.option("--as", "user", help="Act as this user (login name); the system if left out.")


class Refused(Exception):
    """The command was understood and refused: `lines` say why, `body` is the answer for machines."""

    def __init__(self, *lines: str, body: dict[str, Any] | None = None, as_json: bool = False) -> None:
        self.lines = lines
        self.body = body
        self.as_json = as_json
        super().__init__(*lines)

    def show(self) -> None:
        """Print the reasons."""
        if self.as_json:
            say(json.dumps(self.body or {"error": list(self.lines)}, ensure_ascii=False, default=str))
        else:
            for line in self.lines:
                say(line, err=True)


def say(text: str, *, err: bool = False) -> None:
    """Print a line."""
    click.echo(text, err=err)


def tell(as_json: bool, body: dict[str, Any], *lines: str) -> None:
    """Answer: `body` for machines, `lines` for people."""
    if as_json:
        say(json.dumps(body, ensure_ascii=False, default=str))
    else:
        for line in lines:
            say(line)


def application(*, checked: bool = True) -> Flask:
    """The application of the environment's settings."""
    from app import create_app

    app = create_app(config.load())
    if checked:
        with app.app_context():
            from sqlalchemy import inspect

            from app.db import db

            if not inspect(db.engine).has_table("change_log"):
                raise Refused(
                    "数据库还没有建立，请先运行 taizhang init / There is no database yet: run taizhang init"
                )
    return app


@contextmanager
def acting(app: Flask, user: str | None, source: str = "cli") -> Iterator[Grants]:
    """Act as a user, or as the system, with messages in the company's language."""
    with app.app_context(), force_locale(app.config["BABEL_DEFAULT_LOCALE"]):
        user_id = None if user is None else find_user(user)
        with acting_as(user_id, source=source) as grants, force_locale(app.config["BABEL_DEFAULT_LOCALE"]):
            yield grants


def find_user(name: str) -> int:
    """A user's id by login name. Raises Refused."""
    from flask_appbuilder.security.sqla.models import User

    from app.db import db

    found = db.session.execute(select(User.id).where(User.username == name)).scalar()
    if found is None:
        raise Refused(f"没有这个用户: {name} / no such user")
    return int(found)


def find_entity(name: str) -> EntityType:
    """A declared entity by name. Raises Refused."""
    if name not in registry:
        raise Refused(
            f"没有这个实体: {name} / no such entity. 现有: {', '.join(sorted(e.name for e in registry))}"
        )
    return registry.get(name)


def find_record(entity: EntityType, text: str) -> int:
    """A record's id by its key, or by the id itself (a deleted one has only that). Raises Refused."""
    from app.db import db
    from app.importing.links import resolve

    ids = resolve(db.session(), entity.name, {text})
    found = next(iter(ids.values()), [])
    if len(found) == 1:
        return found[0]
    if text.isdigit():
        return int(text)
    raise Refused(f"找不到这条记录: {text} / no such record")


Command = Callable[..., Any]
