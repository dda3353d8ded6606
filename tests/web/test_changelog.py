"""The change log page: words for people and rights, large change sets in one line, nothing lost behind them, undo."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role, User, assoc_user_role
from sqlalchemy import delete, insert, select, update

from app.access.context import acting_as
from app.access.model import AccessField, AccessScope
from app.audit.actor import Actor, acting
from app.change import Change, ChangeSet, commit
from app.db import db
from tests.access.world import World, build, token_of
from tests.support.gate import rows_of
from views.loglist import FOLD, PAGE, ROUNDS


@pytest.fixture
def world(app: Flask) -> World:
    return build(app)


def parameters(world: World, count: int, prefix: str, reason: str = "") -> int:
    """A change set that adds so many business parameters; its number."""
    with world.app.app_context(), acting_as(world.people["configurator"], "test"):
        changes = [
            Change("biz_param", "insert", {"code": f"{prefix}{n}", "value": "1"}) for n in range(count)
        ]
        result = commit(ChangeSet(changes, "import", reason))
        assert result.ok
        return result.change_set or 0


def lines(page: str) -> list[str]:
    """The entries of a page as plain text."""
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    return [re.sub(r"(<[^>]*>|\s)+", " ", row).strip() for row in body.split("</tr>") if row.strip()]


def test_what_happened_to_people_and_rights_is_said_in_words(world: World) -> None:
    with world.app.app_context(), acting(Actor(world.people["configurator"], "赵磊", "web")):
        session = db.session()
        role = session.scalars(select(Role.id).where(Role.name == "sales_rep")).one()
        rep = session.get_one(User, world.people["rep"])
        rep.email, rep.password = "new@example.cn", "x"
        session.flush()
        rep.changed_on = None
        session.execute(delete(assoc_user_role).where(assoc_user_role.c.user_id == world.people["nobody"]))
        session.execute(insert(assoc_user_role).values(user_id=world.people["nobody"], role_id=role))
        session.add(AccessField(role_id=role, entity="product", field="image", level="hidden"))
        mine = (AccessScope.role_id == role, AccessScope.entity == "product")
        session.execute(update(AccessScope).where(*mine).values(scope="own"))
        session.commit()
    page = world.client("auditor").get("/changelog/").text
    said = "\n".join(lines(page)[:6])
    assert "用户的角色 孙空 销售代表" in said
    assert re.search(r"角色的字段权限 销售代表 产品档案 · 图片 · 不可见", said)
    assert re.search(r"修改 用户 王浩 (密码、邮箱|邮箱、密码)", said)
    assert "角色的行范围" in said
    assert "ab_" not in page.split("<tbody>")[1].split("</tbody>")[0]
    assert "changed_on" not in page
    assert "没有符合的变更" in world.client("manager").get("/changelog/?entity=ab_user_role").text


def test_a_large_change_set_is_one_line_and_hides_nothing(world: World) -> None:
    parameters(world, 1, "old")
    large = parameters(world, PAGE * 3, "large", "大批")
    parameters(world, FOLD - 1, "small")
    client = world.client("auditor")
    page = client.get("/changelog/?entity=biz_param").text
    found = lines(page)
    assert f"{PAGE * 3} 条记录 大批" in found[FOLD - 1]
    assert "old0" in found[FOLD]
    seen, address = set(), f"/changelog/?change_set={large}"
    while address:
        page = client.get(address).text
        seen |= set(re.findall(r"large\d+", page))
        following = re.search(r'rel="next" href="([^"]+)"', page) or re.search(
            r'href="([^"]+)" rel="next"', page
        )
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == PAGE * 3


def test_what_a_reader_may_not_see_does_not_end_the_list(world: World) -> None:
    mine = parameters(world, 1, "mine")
    with world.app.app_context(), acting(Actor(None, "system", "test")):
        rows = [
            {"role_id": 1, "entity": f"e{n}", "field": "f", "level": "read"} for n in range(PAGE * ROUNDS + 5)
        ]
        db.session.execute(insert(AccessField), rows)
        db.session.commit()
    client, address, pages = world.client("manager"), "/changelog/", 0
    while address and f"change_set={mine}" not in address:
        page = client.get(address).text
        pages += 1
        if "mine0" in page:
            return
        following = re.search(r'rel="next" href="([^"]+)"', page)
        assert following, "the list ended before what the reader may see"
        address = following[1].replace("&amp;", "&")
    pytest.fail("never found")


def test_undo_from_the_log(world: World) -> None:
    number = parameters(world, 3, "u")
    client = world.client("configurator")
    page = client.get(f"/changelog/?change_set={number}").text
    assert "撤回这次变更" in page
    address, token = f"/changelog/undo/{number}", {"csrf_token": token_of(page)}
    refused = world.client("auditor")
    assert "撤回这次变更" not in refused.get(f"/changelog/?change_set={number}").text
    own = {"csrf_token": token_of(refused.get("/").text)}
    assert refused.post(address, data=own).status_code == 403
    assert client.get(address).status_code == 405
    assert "3 条记录已恢复原样" in client.post(address, data=token, follow_redirects=True).text
    assert "撤销过" in client.post(address, data=token, follow_redirects=True).text
    assert client.post("/changelog/undo/987654", data=token, follow_redirects=True).status_code == 200
    with world.app.app_context():
        assert not [r for r in rows_of("biz_param").values() if r["code"].startswith("u")]
    found = lines(world.client("auditor").get(f"/changelog/?change_set={number}").text)
    assert [line.split()[3:6] for line in found] == [["新增", "业务参数", f"u{n}"] for n in (2, 1, 0)], (
        "kept for good"
    )


def test_an_entry_has_an_address_that_lasts(world: World) -> None:
    number = parameters(world, 1, "first")
    client = world.client("auditor")
    entry = lines(client.get(f"/changelog/?change_set={number}").text)[0].split()[0].replace(",", "")
    parameters(world, PAGE * 2, "later")
    assert "tz-log-detail" in client.get(f"/changelog/?entry={entry}").text


def test_entries_of_a_deleted_record_are_seen_by_who_saw_the_record(world: World) -> None:
    record = world.customers["rep"]
    with world.app.app_context(), acting_as(world.people["manager"], "test"):
        result = commit(ChangeSet([Change("customer", "update", {"name": "改名"}, id=record)], "test"))
        assert result.ok or result.confirms
        assert commit(ChangeSet([Change("customer", "delete", id=record)], "test")).ok
    address = f"/changelog/?entity=customer&record={record}"
    assert len(lines(world.client("auditor").get(address).text)) >= 2
    assert len(lines(world.client("manager").get(address).text)) >= 2


def test_nonsense_in_the_address_is_left_out(world: World) -> None:
    client = world.client("auditor")
    for name in (
        "before",
        "entry",
        "person",
        "change_set",
        "without",
        "record",
        "entity",
        "field",
        "from",
        "source",
    ):
        for value in ("9" * 30, "²", "-1", "1,2,x", "\x00", "%F0%9F%98%80", "' or 1=1 --"):
            answer = client.get(
                "/changelog/", query_string={name: value, "entity": value if name == "entity" else ""}
            )
            assert answer.status_code == 200, (name, value)


def test_a_version_is_restored_from_the_log(world: World) -> None:
    record = world.customers["rep"]
    for name in ("甲商行", "乙商行"):
        with world.app.app_context(), acting_as(world.people["manager"], "test"):
            asked = [Change("customer", "update", {"name": name}, id=record)]
            assert commit(ChangeSet(asked, "sheet", confirmed=frozenset({"*"}))).ok
    client = world.client("manager")
    listed = lines(client.get(f"/changelog/?entity=customer&record={record}").text)
    latest, before = (line.split()[0].replace(",", "") for line in listed[:2])
    page = client.get(f"/changelog/?entry={before}").text
    address, token = f"/changelog/restore/{before}", {"csrf_token": token_of(page)}
    assert address in page
    assert f"/changelog/restore/{latest}" not in client.get(f"/changelog/?entry={latest}").text
    for person, status in (("auditor", 403), ("stranger", 404)):
        other = world.client(person)
        assert address not in other.get(f"/changelog/?entry={before}").text
        own = {"csrf_token": token_of(other.get("/").text)}
        assert other.post(address, data=own).status_code == status
    assert client.get(address).status_code == 405
    assert "已恢复到这一版" in client.post(address, data=token, follow_redirects=True).text
    with world.app.app_context():
        assert rows_of("customer")[record]["name"] == "甲商行"
    assert client.post("/changelog/restore/987654321", data=token).status_code == 404
