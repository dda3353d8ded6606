"""How much a role may take at once: the most permissive counts, for the sheet before for every sheet."""

from __future__ import annotations

import pytest
from flask import Flask

from app.access.grants import Grants, RoleGrants
from app.db import db
from app.entity import registry
from app.exporting.limits import FREE, Limit, condition, limit_of, widest
from tests.exporting.office import FEW, ON_ONE, Office, open_office, table_of


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office(app)


def of(office: Office, person: str, entity: str = "customer") -> Limit:
    with office.app.app_context(), office.cast.acting(person) as grants:
        return limit_of(db.session(), registry.get(entity), grants)


@ON_ONE
def test_whoever_has_no_limit_exports_all_they_see(office: Office) -> None:
    assert of(office, "sr.wang") == FREE
    answer = office.export("sr.wang")
    assert (answer.status_code, len(table_of(answer.data)) - 1) == (200, FEW + 1)


def test_a_limit_for_the_sheet_counts_before_one_for_every_sheet(office: Office) -> None:
    office.limit("sales_rep", "*", 3, watermark=True)
    assert of(office, "sr.wang") == Limit(3, True, True)
    office.limit("sales_rep", "customer", 8)
    assert of(office, "sr.wang") == Limit(8, False, True)
    assert of(office, "sr.wang", "customer_contact") == Limit(8, False, True), "lines as their header"
    assert of(office, "sr.wang", "region") == Limit(3, True, True)
    assert of(office, "lg.sun") == FREE, "another role"


@ON_ONE
def test_over_several_roles_the_most_permissive_counts_of_those_that_give_the_right(office: Office) -> None:
    office.limit("sales_rep", "*", 3, watermark=True, approve=False)
    office.limit("logistics", "*", 5, watermark=True)
    entity = registry.get("customer")
    gives = frozenset({("can_export", entity.view_name)})

    def held(*names: str, idle: str = "") -> Limit:
        roles = [RoleGrants(n, name, gives) for n, name in enumerate(names)]
        if idle:
            roles.append(RoleGrants(9, idle))
        with office.app.app_context():
            return limit_of(db.session(), entity, Grants(1, "x", tuple(roles)))

    assert held("sales_rep", "logistics") == Limit(5, True, True)
    assert held("sales_rep", "finance_clerk") == FREE
    assert held("sales_rep", idle="finance_clerk") == Limit(3, True, False), (
        "a role without the right lifts nothing"
    )


def test_the_most_permissive_point_by_point() -> None:
    assert widest([Limit(3, True, False), Limit(9, True, False)]) == Limit(9, True, False)
    assert widest([Limit(3, False, False), Limit(None, True, True)]) == Limit(None, False, True)


@ON_ONE
def test_roles_and_sheets_are_named_in_any_language_and_must_be_there(office: Office) -> None:
    office.limit("销售代表", "客户档案", 3)
    assert of(office, "sr.wang").cap == 3
    for values, field in (({"role": "nobody"}, "role"), ({"for_entity": "nothing"}, "for_entity"),
                          ({"max_rows": -1}, "max_rows")):  # fmt: skip
        change = {"role": "auditor", "for_entity": "*", "watermark": False, **values}
        answer = office.send("admin", {"entity": "export_limit", "op": "insert", "values": change})
        assert answer.status_code == 422
        assert [e["field"] for e in answer.json["errors"]] == [field]


@ON_ONE
def test_only_administrators_set_limits(office: Office) -> None:
    values = {"role": "sales_rep", "for_entity": "*", "max_rows": None}
    answer = office.send("sr.wang", {"entity": "export_limit", "op": "insert", "values": values})
    assert (answer.status_code, of(office, "sr.wang")) == (422, FREE) or answer.status_code == 403


@ON_ONE
def test_who_may_not_export_is_told_so_in_their_language(office: Office) -> None:
    for language, said in (("zh", "你的角色没有这项权限"), ("en", "Your role does not include this")):
        office.get("admin", f"/lang/{language}")
        refused = office.ask("admin", "/api/v1/customer/export", {})
        assert refused.status_code == 403
        assert refused.json["message"].startswith(said)
        assert refused.json["errors"] == []


def test_the_size_tells_what_stands_in_the_way(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    size = "/api/v1/customer/export/size"
    assert office.ask("sr.wang", size, {}).json == {
        "rows": FEW + 1, "cap": None, "at_once": True, "watermark": False, "ask": False, "message": ""}  # fmt: skip
    office.settings(monkeypatch, export_at_once=5)
    assert office.ask("sr.wang", size, {}).json["at_once"] is False
    office.limit("sales_rep", "*", 3, watermark=True)
    told = office.ask("sr.wang", size, {}).json
    assert (told["cap"], told["watermark"], told["ask"], told["message"]) == (3, True, True, "")
    few = office.cast.customers["sr.wang"]
    assert office.ask("sr.wang", size, {"ids": [few, office.cast.customers["sr.li"]]}).json["rows"] == 1
    assert office.ask("sr.wang", size, {"filter": {"field": "no", "op": "eq", "value": 1}}).status_code == 400


@ON_ONE
def test_every_export_leaves_a_line_with_what_was_asked_for(office: Office) -> None:
    asked = {
        "filter": {"field": "region_id", "op": "eq", "value": office.cast.region},
        "fields": ["name", "mobile"],
    }
    assert office.export("sr.wang", **asked).status_code == 200
    [line] = office.logged()
    assert (line["user_id"], line["rows"]) == (office.cast.users["sr.wang"], FEW + 1)
    assert line["detail"] == f"customer csv where region_id eq {office.cast.region} 2 fields: name mobile"
    office.export("sr.wang", ids=[office.cast.customers["sr.wang"]], q="x")
    assert office.logged()[1]["detail"] == "customer csv 1 selected all fields"


def test_a_condition_in_one_line_without_personal_values() -> None:
    entity = registry.get("customer")
    leaf = {"field": "customer_code", "op": "contains", "value": "酒"}
    tree = {"and": [leaf, {"not": {"or": [leaf, {"field": "region_id", "op": "in", "value": [1, 2]}]}}]}
    told = "customer_code contains 酒"
    assert condition(entity, tree) == f"({told} and not ({told} or region_id in 1|2))"
    assert entity.fields["mobile"].pii
    assert condition(entity, {"field": "mobile", "op": "eq", "value": "15400000001"}) == "mobile eq ***"
    assert (
        condition(entity, {"field": "region_id.name", "op": "eq", "value": "华东"})
        == "region_id.name eq 华东"
    )


@ON_ONE
def test_a_watermark_names_person_moment_and_company(office: Office) -> None:
    office.limit("sales_rep", "*", None, watermark=True)
    plain = office.export("lg.sun", format="xlsx")
    marked = office.export("sr.wang", format="xlsx")
    import zipfile
    from io import BytesIO

    def text(answer) -> str:  # type: ignore[no-untyped-def]
        book = zipfile.ZipFile(BytesIO(answer.data))
        return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())

    assert "王芳 (sr.wang)" in text(marked)
    assert "云溪酒业" in text(marked)
    assert "(lg.sun)" not in text(plain)


def test_what_no_database_keeps_is_not_in_the_line_of_the_log(office: Office) -> None:
    answer = office.export("sr.wang", filter={"field": "name", "op": "eq", "value": "a\x00\nb"})
    assert answer.status_code == 200
    assert "name eq a  b" in office.logged()[0]["detail"]
