"""The application fixtures: real, fresh for each test, on both engines."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db
from tests.support.database import Store


def count(app: Flask, table: str) -> int:
    with app.app_context():
        return int(db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_the_application_starts_on_an_initialised_database(app: Flask, engine_kind: str) -> None:
    assert count(app, "ab_role") > 0
    with app.app_context():
        assert db.engine.dialect.name == engine_kind


def test_the_sign_in_page_answers(client: FlaskClient) -> None:
    answer = client.get("/login/")
    assert answer.status_code == 200
    assert "<form" in answer.text


def test_the_home_folder_belongs_to_the_database(app: Flask, database: Store) -> None:
    assert app.config["TAIZHANG"].home == database.home
    assert (database.home / "taizhang.db").exists() == (database.engine.kind == "sqlite")
