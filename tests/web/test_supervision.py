"""What those who watch see: sign-ins and exports in the stream, rights in words, seals, evidence, alerts; read only."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role, assoc_user_role
from sqlalchemy import delete, func, insert, select, update

from app import clock
from app.access.context import acting_as
from app.access.log import note
from app.access.model import AccessField, AccessLog
from app.audit.actor import Actor, acting
from app.audit.log import ChangeLog
from app.change import Change, ChangeSet, commit
from app.db import db
from app.jobs import seals
from tests.access.world import World, build, token_of
from tests.web.test_changelog import lines
from views.loglist import PAGE

PAGES = ("logins", "sensitive", "rights", "seals", "alerts", "evidence")


@pytest.fixture
def world(app: Flask) -> World:
    return build(app)


def rename(world: World, name: str, person: str = "rep") -> int:
    """Give somebody's customer another name; the entry's number."""
    with world.app.app_context(), acting_as(world.people["manager"], "test"):
        change = Change("customer", "update", {"name": name}, id=world.customers[person])
        result = commit(ChangeSet([change], "sheet", "更名", confirmed=frozenset({"*"})))
        assert result.ok, result.errors
    page = world.client("auditor").get(f"/changelog/?change_set={result.change_set}").text
    return int(lines(page)[0].split()[0].replace(",", ""))


def seal(world: World) -> None:
    with world.app.app_context(), acting_as(None, "job"):
        seals.seal(clock.now())


def test_sign_ins_and_exports_stand_between_the_changes_for_those_who_watch_only(world: World) -> None:
    first = rename(world, "先改")
    with world.app.app_context(), acting(Actor(world.people["rep"], "王浩", "web")):
        note("export", detail="customer", rows=1234)
        note("unmask", detail="customer 1 mobile")
    last = rename(world, "后改")
    client = world.client("auditor")
    said = lines(client.get("/changelog/").text)
    order = [
        next(n for n, line in enumerate(said) if line.startswith(f"{last:,} ")),
        next(n for n, line in enumerate(said) if " 查看 " in line),
        next(n for n, line in enumerate(said) if "1,234 行" in line),
        next(n for n, line in enumerate(said) if line.startswith(f"{first:,} ")),
    ]
    assert order == sorted(order), said[:8]
    assert "导出 客户档案" in said[order[2]]
    assert "手机" in said[order[1]]
    for person in ("rep", "manager", "marketer"):
        page = world.client(person).get("/changelog/").text
        assert "1,234 行" not in page
        assert "tz-seals" not in page
        assert {world.client(person).get(f"/changelog/{name}").status_code for name in PAGES} == {403}
    assert all("导出" in line or "查看" in line for line in lines(client.get("/changelog/sensitive").text))
    assert all("登录" in line for line in lines(client.get("/changelog/logins?what=login").text))


def test_both_logs_are_walked_to_their_ends_without_a_gap(world: World) -> None:
    with world.app.app_context(), acting(Actor(world.people["rep"], "王浩", "web")):
        for number in range(PAGE + 7):
            note("export", detail="customer", rows=number)
    for number in range(3):
        rename(world, f"改{number}")
    client = world.client("auditor")
    seen, address = list[str](), "/changelog/"
    while address:
        page = client.get(address).text
        seen += [line.split()[0] for line in lines(page)]
        following = re.search(r'<a class="btn" rel="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    with world.app.app_context():
        count = db.session.execute(select(func.count(AccessLog.id))).scalar_one()
    access = [number for number in seen if number.startswith("A")]
    assert len(seen) == len(set(seen))
    assert access == [f"A{n}" for n in range(count, 0, -1)]


def test_a_changed_right_is_told_from_what_to_what(world: World) -> None:
    with world.app.app_context(), acting(Actor(world.people["configurator"], "赵磊", "rights")):
        session = db.session()
        role = session.scalars(select(Role.id).where(Role.name == "sales_rep")).one()
        session.add(AccessField(role_id=role, entity="product", field="image", level="hidden"))
        session.commit()
        mine = (AccessField.role_id == role, AccessField.entity == "product", AccessField.field == "image")
        session.execute(update(AccessField).where(*mine).values(level="edit"))
        session.commit()
        session.execute(delete(AccessField).where(*mine))
        session.commit()
    said = lines(world.client("auditor").get("/changelog/rights").text)
    assert "修改 角色的字段权限 销售代表 产品档案 · 图片：不可见 → 可编辑" in said[1]


def test_an_entry_shows_every_field_the_records_story_and_its_proof(world: World) -> None:
    first, second = rename(world, "甲商行"), rename(world, "乙商行")
    client = world.client("auditor")
    assert "等待封存" in client.get(f"/changelog/?entry={first}").text
    seal(world)
    page = client.get(f"/changelog/?entry={first}").text
    pane = re.sub(r"(<[^>]*>|\s)+", " ", page.split("<aside")[1])
    assert "已验证" in pane
    assert "所在封存" in pane
    assert "138****5678" in pane
    assert "13812345678" not in page, "masked for the auditor"
    assert f'href="/changelog/?entry={second}"' in page, "the story goes on"
    assert "甲商行 → 乙商行" in pane
    rep = world.client("rep").get(f"/changelog/?entry={first}").text
    assert "甲商行" in rep
    assert "封存证明" not in rep, "a hash tells who can guess what a field holds"


def test_a_hash_that_no_longer_fits_is_said(world: World) -> None:
    entry = rename(world, "甲商行")
    seal(world)
    from app.engine import make_engine

    owner = make_engine(world.app.config["TAIZHANG"].owner_url, owner=True)
    log = ChangeLog.__table__
    with owner.begin() as connection:
        old = connection.execute(select(log.c.new).where(log.c.id == entry)).scalar_one()
        if connection.dialect.name == "sqlite":
            for (name,) in connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='change_log'"
            ).all():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        else:
            connection.exec_driver_sql("ALTER TABLE change_log DISABLE TRIGGER ALL")
        connection.execute(update(log).where(log.c.id == entry).values(new=old.replace("甲", "丙")))
    owner.dispose()
    client = world.client("auditor")
    assert "对不上" in client.get(f"/changelog/?entry={entry}").text
    page = client.get("/changelog/seals")
    answer = client.post("/changelog/verify", data={"csrf_token": token_of(page.text)}, follow_redirects=True)
    assert f"第 {entry} 条被改过" in answer.text


def test_the_evidence_verifies_without_the_product(world: World, tmp_path: Path) -> None:
    entry = rename(world, "甲商行")
    seal(world)
    client = world.client("auditor")
    record = world.customers["rep"]
    packed = zipfile.ZipFile(
        io.BytesIO(client.get(f"/changelog/evidence?entity=customer&record={record}").data)
    )
    packed.extractall(tmp_path)
    assert f"proofs/change_log-{entry}.json" in packed.namelist()
    assert "13812345678" not in b"".join(packed.read(name) for name in packed.namelist()).decode()
    command = [
        sys.executable,
        "-I",
        "verify",
        "--proof",
        "proofs",
        "--key",
        "public.pem",
        "--anchor",
        "anchor.jsonl",
    ]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    proof = tmp_path / f"proofs/change_log-{entry}.json"
    proof.write_text(proof.read_text("utf-8").replace("甲商行", "乙商行"), "utf-8")
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert str(entry) in said.stdout
    one = zipfile.ZipFile(io.BytesIO(client.get(f"/changelog/evidence?entry={entry}").data))
    assert [n for n in one.namelist() if n.startswith("proofs/")] == [f"proofs/change_log-{entry}.json"]
    assert world.client("configurator").get("/changelog/evidence").status_code == 403, (
        "administrators take none away"
    )


def test_what_stands_out_is_said(world: World) -> None:
    with world.app.app_context(), acting(Actor(world.people["rep"], "王浩", "web")):
        for _try in range(5):
            note("login_refused", name="manager")
        note("export", detail="customer", rows=20_000)
        now = clock.now()
        night = clock.local(now).replace(hour=3, minute=0) - timedelta(days=1)
        values = {
            "at": night,
            "user_id": world.people["rep"],
            "name": "rep",
            "what": "login",
            "ip": "10.0.0.9",
        }
        with db.engine.begin() as connection:
            connection.execute(insert(AccessLog.__table__), values)
    with world.app.app_context(), acting(Actor(world.people["configurator"], "赵磊", "web")):
        role = db.session.scalars(select(Role.id).where(Role.name == "finance_manager")).one()
        values = {"user_id": world.people["configurator"], "role_id": role}
        db.session.execute(insert(assoc_user_role).values(values))
        db.session.commit()
    page = world.client("auditor").get("/changelog/alerts").text
    for said in (
        "manager 一小时内被拒绝 5 次",
        "王浩 导出 20,000 行",
        "王浩 夜里登录",
        "赵磊 给自己加了角色",
    ):
        assert said in page, said


def test_the_auditor_writes_nothing_whatever_is_sent(world: World) -> None:
    """Every route that takes a POST, PUT or DELETE, as the auditor: nothing in the database becomes another."""
    client = world.client("auditor")
    headers = {"X-CSRFToken": token_of(client.get("/").text)}
    with world.app.app_context():
        before = db.session.execute(select(func.max(ChangeLog.id))).scalar_one()
    record = str(world.customers["rep"])
    asked = 0
    for rule in world.app.url_map.iter_rules():
        for method in {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set()):
            if rule.endpoint.rpartition(".")[2] in ("logout",):
                continue
            path = re.sub(r"<[^>]+>", record, rule.rule)
            change = {
                "entity": "customer",
                "op": "update",
                "id": int(record),
                "version": 1,
                "values": {"name": "审"},
            }
            sent = {"changes": [change], "name": "审", "code": "X9", "rowid": [record]}
            answer = client.open(path, method=method, json=sent, headers=headers)
            assert answer.status_code < 500 or answer.status_code == 503, (method, path)
            asked += 1
    assert asked > 60
    with world.app.app_context():
        found = select(ChangeLog.id, ChangeLog.tbl, ChangeLog.new).where(ChangeLog.id > before)
        assert db.session.execute(found.where(ChangeLog.actor_id == world.people["auditor"])).all() == []
        assert db.session.execute(found).all() == []
