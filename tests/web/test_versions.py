"""The pages of a record's versions: how it was, what differs from now, and restoring from there."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.audit.history import record_history
from app.change import Change, ChangeSet, commit
from app.db import db
from app.entity import registry
from tests.access.world import token_of
from tests.cast import Cast, assemble, signed_in
from tests.support.gate import rows_of


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The cast; 王芳's customer has a new contact person, written by her head."""
    made = assemble(app)
    with app.app_context(), made.acting("sm.east"):
        change = Change("customer", "update", {"contact_name": "周新"}, made.customers["sr.wang"])
        assert commit(ChangeSet([change], "sheet")).ok
    return made


def browser(app: Flask, name: str) -> FlaskClient:
    return signed_in(app.test_client(), name)


def logs(app: Flask, record: int) -> list[int]:
    with app.app_context():
        return [e.id for e in record_history(db.session(), registry.get("customer"), record)][::-1]


def plain(page: str) -> str:
    return re.sub(r"(<[^>]*>|\s)+", " ", page.split("<article")[1])


def test_an_earlier_version_stands_beside_what_is_now(app: Flask, cast: Cast) -> None:
    record = cast.customers["sr.wang"]
    first, second = logs(app, record)
    client = browser(app, "sr.wang")
    assert f"/customer/version/{record}/{first}" in client.get(f"/customer/show/{record}").text
    text = plain(client.get(f"/customer/version/{record}/{first}").text)
    assert "第 1 版" in text
    assert re.search(r"联系人 何先生 现在：周新 · 王浩", text)
    assert "恢复到这一版" in text
    latest = plain(client.get(f"/customer/version/{record}/{second}").text)
    assert "第 2 版" in latest
    assert "恢复到这一版" not in latest


def test_a_value_and_a_version_are_restored_by_post_only(app: Flask, cast: Cast) -> None:
    record = cast.customers["sr.wang"]
    first, _second = logs(app, record)
    client = browser(app, "sr.wang")
    page = client.get(f"/customer/version/{record}/{first}").text
    form = {"log": first, "field": "contact_name", "csrf_token": token_of(page), "version": 2}
    assert client.get(f"/customer/restore/{record}").status_code == 405
    answer = client.post(f"/customer/restore/{record}", data=form, follow_redirects=True)
    assert "已恢复" in answer.text
    with app.app_context():
        assert rows_of("customer")[record]["contact_name"] == "何先生"
    again = client.post(f"/customer/restore/{record}", data={**form, "field": ""}, follow_redirects=True)
    assert "和现在一样" in again.text


def test_a_deleted_record_is_brought_back_from_its_last_version(app: Flask, cast: Cast) -> None:
    record = cast.customers["sr.wang"]
    with app.app_context(), cast.acting("sm.east"):
        assert commit(ChangeSet([Change("customer", "delete", id=record)], "sheet")).ok
    last = logs(app, record)[-1]
    client = browser(app, "sr.wang")
    page = client.get(f"/customer/version/{record}/{last}").text
    assert "这是删除之前的样子" in page
    form = {"log": last - 1, "csrf_token": token_of(page), "version": ""}
    assert (
        client.post(f"/customer/restore/{record}", data=form).headers["Location"]
        == f"/customer/show/{record}"
    )
    with app.app_context():
        assert rows_of("customer")[record]["contact_name"] == "周新"


def test_nobody_sees_or_restores_what_is_out_of_their_reach(app: Flask, cast: Cast) -> None:
    record = cast.customers["sr.wang"]
    first, _second = logs(app, record)
    li, auditor = browser(app, "sr.li"), browser(app, "auditor")
    assert li.get(f"/customer/version/{record}/{first}").status_code == 404
    token = token_of(li.get("/").text)
    assert li.post(f"/customer/restore/{record}", data={"log": first, "csrf_token": token}).status_code == 404
    page = auditor.get(f"/customer/version/{record}/{first}")
    assert page.status_code == 200
    assert "恢复到这一版" not in page.text
    auditor.post(f"/customer/restore/{record}", data={"log": first, "csrf_token": token_of(page.text)})
    for nonsense in (f"{record}/0", f"{record}/{2**62}", f"x/{first}", f"{2**63}/{first}", f"0/{first}"):
        assert li.get(f"/customer/version/{nonsense}").status_code == 404
    with app.app_context():
        assert rows_of("customer")[record]["contact_name"] == "周新"
