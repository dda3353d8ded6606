"""Remembered mappings: the last one by itself, others under a name; a changed column set is pointed out."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.access.context import acting_as
from app.change.rights import RightsChange, change_rights
from app.entity import registry
from app.importing import profiles
from tests.importing.test_preview import HEAD, ledger, line
from tests.importing.way import API, Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles


@pytest.fixture
def app(applications: Applications) -> Flask:
    """SQLite: nothing here differs between the databases."""
    return applications.fresh(SqliteFiles()).flask


def look(way: Way, content: bytes) -> dict[str, Any]:
    answer = way.upload("customer", content, "客户.csv")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def renamed(*more: str) -> bytes:
    """The ledger under headers nobody else would use."""
    text = ledger(line(1)).decode("utf-8-sig").replace("address", "在哪里").replace("remark", "")
    head, row = text.splitlines()
    return "\n".join([",".join([head, *more]), ",".join([row, *("x" for _ in more)])]).encode("utf-8-sig")


def imported(way: Way) -> None:
    """A file whose column “在哪里” was mapped by hand, half-width."""
    columns = {"在哪里": {"field": "address", "width": "half"}}
    first = look(way, renamed())
    assert first["ignored"] == ["在哪里"]
    job = way.try_preview("customer", first, columns={**first["options"]["columns"], **columns})
    way.commit(job["result"]["set"])


def save(way: Way, name: str, **more: Any) -> Any:
    body = {
        "entity": "customer",
        "name": name,
        "options": {"columns": {"在哪里": "address"}},
        "headers": ["在哪里"],
    }
    return way.post(f"{API}/profile", body | more)


def names(way: Way) -> list[str]:
    return [one["name"] for one in way.get(f"{API}/profile?entity=customer").json["profiles"]]


def test_the_mapping_of_the_last_import_is_proposed_for_such_a_file(way: Way) -> None:
    imported(way)
    again = look(way, renamed())
    assert again["options"]["columns"]["在哪里"] == {"field": "address", "width": "half"}
    assert (again["remembered"]["added"], again["remembered"]["gone"]) == ([], [])
    assert look(way.other("sr.wang"), renamed())["remembered"] is None


def test_a_changed_column_set_is_pointed_out_and_not_taken_unasked(way: Way) -> None:
    imported(way)
    other = look(way, renamed("新的一列"))
    assert (other["remembered"]["added"], other["remembered"]["gone"]) == (["新的一列"], [])
    assert "在哪里" not in other["options"]["columns"]
    fewer = "\n".join(text.rpartition(",")[0] for text in renamed().decode("utf-8-sig").splitlines())
    assert look(way, fewer.encode())["remembered"]["gone"] == [HEAD.rpartition(",")[2]]


def test_a_profile_is_ones_own_until_it_is_shared(way: Way) -> None:
    assert save(way, "分公司").status_code == 201
    assert save(way, "总部", shared=True).status_code == 201
    other = way.other("sr.wang")
    assert (names(way), names(other)) == (["分公司", "总部"], ["总部"])
    [shared] = other.get(f"{API}/profile?entity=customer").json["profiles"]
    assert (shared["mine"], shared["options"]["columns"]) == (False, {"在哪里": {"field": "address"}})
    assert drop(other, shared["id"]) == 404
    assert drop(way, shared["id"]) == 200
    assert names(other) == []


def drop(way: Way, number: int) -> int:
    headers = {"X-CSRFToken": way.token}
    status: int = way.client.delete(f"{API}/profile/{number}", headers=headers).status_code
    return status


def test_a_profile_of_the_same_name_takes_the_place_of_ones_own(way: Way) -> None:
    first, second = save(way, "分公司").json, save(way, "分公司", headers=["别的"]).json
    assert (first["id"], second["headers"]) == (second["id"], ["别的"])


@pytest.mark.parametrize(
    ("body", "status"), [({"name": " "}, 422), ({"name": "n" * 81}, 422), ({"options": {"mode": "x"}}, 400)]
)
def test_what_cannot_be_kept_is_refused(way: Way, body: dict[str, Any], status: int) -> None:
    assert save(way, **{"name": "n", **body}).status_code == status


def test_who_may_not_import_has_no_profiles(way: Way) -> None:
    assert way.other("auditor").get(f"{API}/profile?entity=customer").status_code == 403
    assert save(way.other("auditor"), "n").status_code == 403


def test_fields_that_are_no_more_are_dropped_with_a_notice(way: Way) -> None:
    with way.app.app_context(), acting_as(way.cast.users["sm.east"]) as grants:
        options = {"columns": {"旧列": "gone_field", "在哪里": "address"}, "key": ["gone_field"]}
        profiles.keep(registry.get("customer"), "旧", False, options, ["旧列", "在哪里"], grants)
        [found] = profiles.listed(registry.get("customer"), grants)
    assert found["dropped"] == ["旧列 → gone_field"]
    assert (found["options"]["columns"], found["options"]["key"]) == ({"在哪里": {"field": "address"}}, [])


def test_a_shared_profile_says_nothing_of_fields_that_its_user_does_not_see(way: Way) -> None:
    options = {"columns": {"电话": "phone", "在哪里": "address"}, "constants": {"phone": "0571-88880000"}}
    assert save(way, "分公司", shared=True, options=options).status_code == 201
    with way.app.app_context(), acting_as(way.cast.users["admin"]):
        change_rights([RightsChange("sales_rep", "customer", levels={"phone": "hidden"})], "no telephones")
    answer = way.other("sr.wang").get(f"{API}/profile?entity=customer")
    [found] = answer.json["profiles"]
    assert found["options"]["columns"] == {"在哪里": {"field": "address"}}
    assert "0571" not in answer.text
    [mine] = way.get(f"{API}/profile?entity=customer").json["profiles"]
    assert mine["options"]["constants"] == {"phone": "0571-88880000"}
