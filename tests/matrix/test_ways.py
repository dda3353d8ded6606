"""The ways that are about more than one record: actions, undo, imports, links, reading pages, CSRF."""

from __future__ import annotations

import io
from typing import Any

import pytest

from app.access.decide import decide
from app.entity import registry
from tests.cast import NAMES
from tests.matrix.ground import MISSING, TARGETS, Ground, plain

import models  # noqa: F401  isort: skip  declares the entities asked about


def edit(ground: Ground, entity: str, target: str, **values: Any) -> dict[str, Any]:
    """An update as the change set API reads it."""
    record = ground.target(entity, target)
    version = ground.version(registry.get(entity), record)
    return {"entity": entity, "op": "update", "id": record, "version": version, "values": values}


# Actions


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("person", NAMES)
def test_actions(ground: Ground, person: str, target: str) -> None:
    """“Mark as lost” needs the edit right, on one record and on chosen ones alike."""
    customer, mark, log = registry.get("customer"), ground.last_set(), ground.last_log()
    record, inside = ground.target("customer", target), ground.reaches(person, customer, target)
    reading, writing = (decide(ground.grants(person), verb, "customer", inside) for verb in ("list", "edit"))
    expected = reading.status if not reading.allowed else 302 if writing.allowed else 403
    one = ground.ask(person, "POST", f"/customer/action/lose/{record}")
    assert one.status_code == expected, one.text[:300]
    ground.take_back(mark)
    mark = ground.last_set()
    chosen = {"action": "lose", "rowid": [str(record)]}
    assert ground.ask(person, "POST", "/customer/action_post", data=chosen).status_code == expected
    if expected != 302:
        assert ground.last_log() == log
    ground.take_back(mark)


def test_one_record_out_of_scope_stops_the_action_for_all(ground: Ground) -> None:
    log = ground.last_log()
    chosen = {"action": "lose", "rowid": [str(ground.target("customer", t)) for t in ("own", "colleague")]}
    assert ground.ask("sr.wang", "POST", "/customer/action_post", data=chosen).status_code == 404
    assert ground.last_log() == log


# Undo


def test_undo_of_what_one_cannot_see_is_not_found(ground: Ground) -> None:
    """A change set of a colleague's records, one that never was: the same answer."""
    mark = ground.last_set()
    changes = [edit(ground, "customer", "colleague", industry="白酒")]
    done = ground.ask("sr.li", "POST", "/api/v1/change_set", json={"changes": changes})
    assert done.status_code == 200, done.text
    log = ground.last_log()
    theirs = ground.ask("sr.wang", "POST", f"/api/v1/change_set/{done.json['change_set']}/undo")
    never = ground.ask("sr.wang", "POST", f"/api/v1/change_set/{MISSING}/undo")
    assert (theirs.status_code, never.status_code) == (404, 404)
    assert plain(theirs.text) == plain(never.text)
    for person in ("auditor", "lg.sun"):
        refused = ground.ask(person, "POST", f"/api/v1/change_set/{done.json['change_set']}/undo")
        assert refused.status_code in (200, 403), refused.text
        if refused.status_code == 200:
            assert [item["code"] for item in refused.json["left"]] == ["FORBIDDEN"]
    assert ground.last_log() == log
    assert (
        ground.ask("sr.li", "POST", f"/api/v1/change_set/{done.json['change_set']}/undo").status_code == 200
    )
    again = ground.ask("sr.wang", "POST", f"/api/v1/change_set/{done.json['change_set']}/undo")
    assert plain(again.text) == plain(never.text), "whether it was undone is nobody else's business"
    ground.take_back(mark)


def test_undo_is_no_way_to_write_a_field_one_may_only_read(ground: Ground) -> None:
    """Finance edits nothing of a product but its cost: marketing's name stays."""
    mark = ground.last_set()
    changes = [edit(ground, "product", "own", name="云溪·新名")]
    done = ground.ask("mm.zhao", "POST", "/api/v1/change_set", json={"changes": changes})
    assert done.status_code == 200, done.text
    log = ground.last_log()
    answer = ground.ask("fn.qian", "POST", f"/api/v1/change_set/{done.json['change_set']}/undo")
    assert answer.json["left"], answer.text
    assert ground.last_log() == log
    ground.take_back(mark)


# Links


@pytest.mark.parametrize("target", ["colleague", "elsewhere", "missing"])
def test_a_link_to_what_one_cannot_see_is_not_found(ground: Ground, target: str) -> None:
    """In form, REST, change set and import by name: the customer of a contact is 王芳's own or there is none."""
    log, header = ground.last_log(), ground.target("customer", target)
    values = {"parent_id": header, "name": "新联系人", "mobile": "15400000999"}
    rest = ground.ask("sr.wang", "POST", "/api/v1/customer_contact/", json=values)
    change = {"entity": "customer_contact", "op": "insert", "values": values}
    sheet = ground.ask("sr.wang", "POST", "/api/v1/change_set", json={"changes": [change]})
    form = ground.ask("sr.wang", "POST", "/customer_contact/add", data=values)
    for answer in (rest, sheet):
        assert answer.status_code in (404, 422), answer.text
        assert "15400000999" not in answer.text
    assert form.status_code == 422
    moved = edit(ground, "customer_contact", "own", parent_id=header)
    assert ground.ask("sr.wang", "POST", "/api/v1/change_set", json={"changes": [moved]}).status_code in (
        404,
        422,
    )
    assert ground.last_log() == log
    items = ground.ask("sr.wang", "GET", "/api/v1/customer/lookup").json["items"]
    assert header not in [item["id"] for item in items]
    options = ground.ask("sr.wang", "GET", "/customer_contact/add").text
    assert f'<option value="{header}"' not in options


def test_the_answers_to_links_out_of_scope_and_missing_are_the_same(ground: Ground) -> None:
    texts = set()
    for target in ("colleague", "elsewhere", "missing"):
        values = {"parent_id": ground.target("customer", target), "name": "新联系人", "mobile": "15400000999"}
        texts.add(plain(ground.ask("sr.wang", "POST", "/api/v1/customer_contact/", json=values).text))
    assert len(texts) == 1, texts


def test_nobody_puts_a_record_where_they_cannot_see_it(ground: Ground) -> None:
    """New or moved, by sheet or import: the owner of a clerk's record is the clerk."""
    log, colleague = ground.last_log(), ground.cast.users["sr.li"]
    moved = edit(ground, "customer", "own", owner_id=colleague)
    answer = ground.ask("sr.wang", "POST", "/api/v1/change_set", json={"changes": [moved]})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["code"] == "OUT_OF_SCOPE"
    assert ground.last_log() == log


# Import


def upload(ground: Ground, person: str, entity: str, rows: list[list[str]]) -> Any:
    """Upload a CSV file."""
    text = "\n".join(",".join(row) for row in rows).encode()
    data = {"entity": entity, "file": (io.BytesIO(text), "台账.csv")}
    return ground.ask(person, "POST", "/api/v1/import/upload", data=data)


def preview(ground: Ground, person: str, entity: str, rows: list[list[str]]) -> dict[str, Any]:
    """Upload and preview; the finished job."""
    kept = upload(ground, person, entity, rows)
    assert kept.status_code == 200, kept.text
    body = {"entity": entity, "ticket": kept.json["ticket"], "sheet": kept.json["sheet"],
            "header_row": kept.json["header_row"], "mapping": kept.json["mapping"]}  # fmt: skip
    job = ground.ask(person, "POST", "/api/v1/import/preview", json=body)
    assert job.status_code == 202, job.text
    state = ground.ask(person, "GET", f"/api/v1/import/job/{job.json['job']}").json
    return {**state, "job": job.json["job"], "ticket": kept.json["ticket"]}


def labels(ground: Ground, entity: str, *names: str) -> list[str]:
    """Headers as the sheet shows them."""
    fields = ground.ask("sm.east", "GET", f"/api/v1/{entity}/sheet").json["fields"]
    known = {f["name"]: f["label"] for f in fields}
    return [known[name] for name in names]


@pytest.mark.parametrize("person", NAMES)
def test_import_needs_the_right(ground: Ground, person: str) -> None:
    """Upload, look and preview ask for the import right on the entity; the wizard's page as well."""
    log = ground.last_log()
    for entity in ("customer", "region", "customer_contact"):
        expected = decide(ground.grants(person), "import", entity).status
        header = ["name"] if entity != "customer" else labels(ground, entity, "name")
        kept = upload(ground, person, entity, [header, ["某某"]])
        assert kept.status_code == expected, kept.text
        for step in ("look", "preview"):
            answer = ground.ask(
                person, "POST", f"/api/v1/import/{step}", json={"entity": entity, "ticket": "x"}
            )
            assert answer.status_code == 403, "a ticket that is not one's own is refused as well"
    assert ground.last_log() == log


def test_a_preview_is_its_makers_alone(ground: Ground) -> None:
    """The colleague has the same rights, and finds neither file, job, rows nor a way to commit or discard."""
    names = labels(ground, "customer", "name")
    made = preview(ground, "sr.wang", "customer", [names, ["某某商行"]])
    staged, log = made["result"]["set"], ground.last_log()
    asked = [("GET", f"job/{made['job']}", f"job/{MISSING}")]
    for method, step in (("GET", "rows"), ("POST", "commit"), ("POST", "discard")):
        asked.append((method, f"{staged}/{step}", f"{MISSING}/{step}"))
    for method, theirs, missing in asked:
        answers = [ground.ask("sr.li", method, f"/api/v1/import/{path}") for path in (theirs, missing)]
        assert [a.status_code for a in answers] == [404, 404], theirs
        assert answers[0].text == answers[1].text
    body = {"entity": "customer", "ticket": made["ticket"]}
    assert ground.ask("sr.li", "POST", "/api/v1/import/look", json=body).status_code == 403
    assert ground.last_log() == log
    assert ground.ask("sr.wang", "GET", f"/api/v1/import/{staged}/rows").json["rows"]
    assert ground.ask("sr.wang", "POST", f"/api/v1/import/{staged}/discard").status_code == 200


def test_import_by_name_finds_only_what_the_importer_sees(ground: Ground) -> None:
    """A contact for the colleague's customer, named by code: there is no such customer for 王芳."""
    theirs, mine = (ground.ask(who, "POST", "/api/v1/customer/rows", json={}) for who in ("sr.li", "sr.wang"))
    code, own = (found.json["rows"][0]["values"]["customer_code"] for found in (theirs, mine))
    header = labels(ground, "customer_contact", "parent_id", "name", "mobile")
    rows = [
        header,
        [code, "甲", "15400000991"],
        ["C-999999", "乙", "15400000992"],
        [own, "丙", "15400000993"],
    ]
    made = preview(ground, "sr.wang", "customer_contact", rows)
    found = ground.ask("sr.wang", "GET", f"/api/v1/import/{made['result']['set']}/rows").json["rows"]
    wrong = [plain(str([e["message"] for e in row["errors"]])) for row in found]
    assert wrong[0].replace(code[0], "") == wrong[1].replace(code[0], "") != "[]", found
    assert wrong[2] == "[]", found


def test_an_import_places_no_row_outside_the_importers_scope(ground: Ground) -> None:
    """Neither a new row for the colleague, nor an edit of the colleague's by its code."""
    log = ground.last_log()
    row = ground.ask("sr.li", "POST", "/api/v1/customer/rows", json={}).json["rows"][0]
    names = labels(ground, "customer", "customer_code", "name")
    made = preview(ground, "sr.wang", "customer", [names, [row["values"]["customer_code"], "改过的名字"]])
    found = ground.ask("sr.wang", "GET", f"/api/v1/import/{made['result']['set']}/rows").json["rows"]
    assert found[0]["errors"], found
    names = labels(ground, "customer", "name", "owner_id")
    made = preview(ground, "sr.wang", "customer", [names, ["别人的商行", "李航"]])
    found = ground.ask("sr.wang", "GET", f"/api/v1/import/{made['result']['set']}/rows").json["rows"]
    assert "OUT_OF_SCOPE" in [e["code"] for e in found[0]["errors"]] or found[0]["errors"], found
    assert ground.last_log() == log


# Reading


@pytest.mark.parametrize("person", NAMES)
def test_reading(ground: Ground, person: str) -> None:
    """Rows, totals, look-up, list, export, change log: exactly the records of the person's scope."""
    for entity in ("customer", "employee", "customer_contact"):
        kind, grants = registry.get(entity), ground.grants(person)
        if not grants.can("list", entity):
            continue
        seen = {ground.target(entity, t) for t in TARGETS if ground.reaches(person, kind, t)}
        unseen = {ground.target(entity, t) for t in TARGETS[:3]} - seen
        rows = ground.ask(person, "POST", f"/api/v1/{entity}/rows", json={}).json
        ids = {row["id"] for row in rows["rows"]}
        assert seen <= ids, entity
        assert not unseen & ids, entity
        assert rows["total"] == len(ids)
        assert ground.ask(person, "POST", f"/api/v1/{entity}/totals", json={}).json["count"] == len(ids)
        listed = ground.ask(person, "GET", f"/api/v1/{entity}/?q=(page_size:1000)").json
        assert (set(listed["ids"]), listed["count"]) == (ids, len(ids))
        items = ground.ask(person, "GET", f"/api/v1/{entity}/lookup?limit=100").json["items"]
        assert {item["id"] for item in items} == ids
        if decide(grants, "history", entity).allowed and grants.permits("can_list", "ChangeLog"):
            page = ground.ask(person, "GET", f"/changelog/?entity={entity}").text
            assert not [i for i in unseen if f'"/{entity}/show/{i}"' in page]
    expected = 200 if ground.grants(person).permits("can_list", "ChangeLog") else 403
    assert ground.ask(person, "GET", "/changelog/").status_code == expected
    assert ground.ask(person, "GET", "/changelog/export").status_code == expected
    people = ground.ask(person, "GET", "/api/v1/person/lookup?q=wang").json["items"]
    assert {"id", "title", "code"} == set(people[0]), "names only"


# CSRF


def test_every_unsafe_route_refuses_a_cookie_without_token(ground: Ground) -> None:
    """Of the whole URL map, whatever it is for."""
    client, _token = ground.browser("sm.east")
    log, open_routes = ground.last_log(), []
    for rule in ground.app.url_map.iter_rules():
        path = str(rule)
        for name in ("<int:pk>", "<pk>"):
            path = path.replace(name, "1")
        path = path.replace("<string:name>", "lose").replace("<name>", "customer")
        for method in (rule.methods or set()) & {"POST", "PUT", "DELETE", "PATCH"}:
            for headers in ({}, {"X-CSRFToken": "nonsense"}):
                answer = client.open(path, method=method, headers=headers)
                said = answer.json["message"] if answer.is_json else answer.text
                if answer.status_code != 400 or "过期" not in said:
                    open_routes.append(f"{method} {path}: {answer.status_code}")
    assert open_routes == []
    assert ground.last_log() == log
