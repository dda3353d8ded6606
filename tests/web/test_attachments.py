"""Files of records: up through the form and the API, down only through a record that holds them."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app import clock
from app.access.model import AccessField, AccessScope
from app.audit.actor import SYSTEM, acting
from app.change import Change, ChangeSet, commit, undo
from app.db import db
from app.entity.attachments import MAX_NAME, Attachment, safe_name
from app.fab.attachments import path_of
from tests.access.world import World, build, token_of
from tests.support.gate import rows_of

PRODUCT = {
    "series": "classic",
    "aroma": "strong",
    "abv": "52",
    "net_ml": 500,
    "case_spec": 6,
    "pack_type": "glass",
}


@pytest.fixture
def world(app: Flask) -> World:
    return build(app)


def new_product(world: World, sku: str = "P-1", **more: Any) -> int:
    """A product, as the marketer would make it."""
    from app.access.context import acting_as
    from app.entity import registry

    fields = registry.get("product").fields
    values = {n: v if not fields[n].choices else fields[n].choices[0].code for n, v in PRODUCT.items()}
    with world.app.app_context(), acting_as(world.people["marketer"], "test"):
        result = commit(
            ChangeSet([Change("product", "insert", {"sku": sku, "name": sku, **values, **more})], "test")
        )
        assert result.ok, [(e.field, str(e.message)) for e in result.errors]
        return result.results[0].id or 0


def upload(client: FlaskClient, name: str = "瓶.png", data: bytes = b"\x89PNG", **more: str) -> Any:
    """Send a file to the API, with the token of a page."""
    form = {"entity": "product", "field": "image", **more, "file": (io.BytesIO(data), name)}
    return client.post(
        "/api/v1/attachment", data=form, headers={"X-CSRFToken": token_of(client.get("/").text)}
    )


def give(client: FlaskClient, record: int, files: list[int] | None) -> Any:
    """Put files into a product through the change set API."""
    change = {"entity": "product", "op": "update", "id": record, "base": {}, "values": {"image": files}}
    headers = {"X-CSRFToken": token_of(client.get("/").text)}
    return client.post("/api/v1/change_set", json={"changes": [change]}, headers=headers)


def test_a_file_goes_through_the_form(world: World) -> None:
    client, record = world.client("marketer"), new_product(world)
    page = client.get(f"/product/edit/{record}").text
    assert re.search(r'<input type="file" multiple id="image" name="image"', page)
    base = re.search(r'name="base"[^>]*value="([^"]*)"', page)
    assert base
    data = {
        "csrf_token": token_of(page),
        "base": base[1],
        "name": "",
        "image": (io.BytesIO(b"one"), "一.png"),
    }
    again = client.post(f"/product/edit/{record}", data=data)
    assert again.status_code == 422, "a name is required"
    kept = re.search(r'name="image" value="(\d+)" checked>一.png', again.text)
    assert kept, "the file is not lost when the form comes back"
    form = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page))
    names = re.findall(r'<select[^>]*name="(\w+)"', page)
    for name in names:
        part = page[page.index(f'name="{name}"') :].split("</select>")[0]
        chosen = re.search(r'<option[^>]*selected[^>]*value="([^"]*)"|<option value="([^"]*)" selected', part)
        form[name] = (chosen[1] or chosen[2] or "") if chosen else ""
    form.update({"csrf_token": token_of(page), "base": base[1], "image": kept[1]})
    done = client.post(f"/product/edit/{record}", data=form)
    assert done.status_code == 302, re.findall(r"tz-error.*?</div>", done.text)
    shown = client.get(f"/product/show/{record}").text
    assert f'<a href="/api/v1/attachment/{kept[1]}">一.png</a>' in shown
    assert world.client("rep").get(f"/api/v1/attachment/{kept[1]}", buffered=True).data == b"one"


def test_before_a_record_has_it_only_the_uploader_sees_it(world: World) -> None:
    mine = upload(world.client("marketer"))
    assert mine.status_code == 201
    assert mine.json["name"] == "瓶.png"
    assert mine.json["size"] == 4
    address = f"/api/v1/attachment/{mine.json['id']}"
    assert world.client("marketer").get(address, buffered=True).status_code == 200
    other, missing = (
        world.client("rep").get(address, buffered=True),
        world.client("rep").get("/api/v1/attachment/987654"),
    )
    assert (other.status_code, other.data) == (404, missing.data)
    assert world.client().get(address, buffered=True).status_code == 401
    assert world.client("rep").get(f"/api/v1/attachment/{10**30}").status_code == 404


def test_only_a_visible_record_and_field_gives_it_away(world: World) -> None:
    client, record = world.client("marketer"), new_product(world)
    number = upload(client).json["id"]
    assert give(client, record, [number]).status_code == 200
    address = f"/api/v1/attachment/{number}"
    assert world.client("rep").get(address, buffered=True).status_code == 200
    with world.app.app_context(), acting(SYSTEM):
        from flask_appbuilder.security.sqla.models import Role

        role = db.session.scalars(select(Role.id).where(Role.name == "sales_rep")).one()
        db.session.add(AccessField(role_id=role, entity="product", field="image", level="hidden"))
        db.session.commit()
    assert world.client("rep").get(address, buffered=True).status_code == 404, "hidden field"
    with world.app.app_context(), acting(SYSTEM):
        db.session.execute(update(AccessField).where(AccessField.field == "image").values(level="read"))
        mine = (AccessScope.role_id == role, AccessScope.entity == "product")
        db.session.execute(update(AccessScope).where(*mine).values(scope="own"))
        db.session.commit()
    assert world.client("rep").get(address, buffered=True).status_code == 404, "out of scope"
    assert give(client, record, None).status_code == 200
    assert client.get(address, buffered=True).status_code == 404, "the record no longer holds it"


def test_the_gate_refuses_files_that_are_not_the_actors(world: World) -> None:
    client, first, second = world.client("marketer"), new_product(world), new_product(world, "P-2")
    with world.app.app_context(), acting(SYSTEM):
        foreign = Attachment(sha256="0" * 64, name="x", size=1, mime="x", entity="product", field="image",
                             created_by_id=world.people["rep"], created_at=clock.now())  # fmt: skip
        db.session.add(foreign)
        db.session.commit()
        stranger = foreign.id
    number = upload(client).json["id"]
    for files in ([stranger], [987654], [number, 987654]):
        answer = give(client, first, files)
        assert answer.status_code == 422
        assert answer.json["errors"][0]["code"] == "FILE_NOT_FOUND"
    for files in (["1"], [True], [-1], [0], "1", {"a": 1}, list(range(1, 60)), [10**20]):
        assert give(client, first, files).status_code == 422  # type: ignore[arg-type]
    assert give(client, first, [number, number]).json["results"][0]["values"]["image"] == [number]
    answer = give(client, second, [number])
    assert answer.json["errors"][0]["code"] == "FILE_NOT_FOUND", "it is the first record's own"
    assert upload(client, field="name").status_code == upload(client, entity="nothing").status_code == 403
    assert upload(world.client("rep")).status_code == 403, "may read products, not change them"


def test_undo_brings_the_file_back_and_names_travel(world: World) -> None:
    from app.access.context import acting_as
    from app.entity import registry
    from app.exporting.asked import Asked
    from app.exporting.export import write

    client, record = world.client("marketer"), new_product(world)
    first, second = upload(client, "甲.pdf").json["id"], upload(client, "乙.pdf").json["id"]
    assert give(client, record, [second, first]).json["results"][0]["titles"]["image"] == "乙.pdf、甲.pdf"
    taken = give(client, record, None).json["change_set"]
    history = client.get(f"/api/v1/product/{record}/history").json["items"][0]["cells"][0]
    assert history["old_title"] == "乙.pdf、甲.pdf"
    with world.app.app_context(), acting_as(world.people["marketer"]) as grants:
        assert undo(taken, grants).ok
        assert rows_of("product")[record]["image"] == [second, first]
        out = io.BytesIO()
        write(db.session(), registry.get("product"), grants, Asked(fields=("sku", "image")), out)
        import openpyxl

        cells = list(openpyxl.load_workbook(out).active.iter_rows(values_only=True))
        assert [row[:2] for row in cells] == [("产品编码", "图片"), ("P-1", "乙.pdf、甲.pdf")]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"), (r"..\..\boot.ini", "boot.ini"), ("CON", "_CON"), ("nul.txt", "_nul.txt"),
        ("发票\u202egnp.exe", "发票gnp.exe"), ("a\x00b\r\n.png", "ab.png"), (" . ", "file"), ("", "file"), (None, "file"),
        ('a<b>:"c|?*.svg', "a_b___c___.svg"), ("x" * 300 + ".xlsx", "x" * (MAX_NAME - 5) + ".xlsx"),
        ("长" * 300, "长" * MAX_NAME), ("cafe\u0301.png", "caf\u00e9.png"), ("a." + "b" * 300, "a." + "b" * (MAX_NAME - 2)),
    ],
)  # fmt: skip
def test_names_are_made_harmless(given: str | None, kept: str) -> None:
    assert safe_name(given) == kept


def test_whatever_it_is_it_comes_down_as_a_file(world: World) -> None:
    client = world.client("marketer")
    page = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    for name in ("x.svg", "x.html", "../x.png"):
        answer = client.get(f"/api/v1/attachment/{upload(client, name, page).json['id']}", buffered=True)
        assert answer.data == page
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''x.")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.mimetype == "application/octet-stream"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_uploads_nobody_used_go_the_next_day(world: World) -> None:
    client, record = world.client("marketer"), new_product(world)
    left, used, twin = (upload(client, "a.png", data).json["id"] for data in (b"left", b"used", b"used"))
    give(client, record, [used])
    with world.app.app_context(), acting(SYSTEM):
        hashes = dict(db.session.execute(select(Attachment.id, Attachment.sha256)).all())
        db.session.execute(update(Attachment).values(created_at=clock.now() - timedelta(days=2)))
        db.session.commit()
        upload(client, "b.png", b"new")
        db.session.rollback()
        ids = set(db.session.scalars(select(Attachment.id)))
        assert used in ids
        assert not {left, twin} & ids
        assert path_of(hashes[used]).exists()
        assert not path_of(hashes[left]).exists()
