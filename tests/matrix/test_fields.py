"""Rights down to the field: what is hidden is nowhere, what is masked is only masked, in every kind of answer."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from app.entity import registry
from tests.matrix.ground import Ground
from tests.matrix.routes import ROUTES

import models  # noqa: F401  isort: skip  declares the entities asked about

HIDDEN = [("sr.wang", "product", "cost_price"), ("sr.wang", "price_list_item", "floor_price"),
          ("lg.sun", "price_list_item", "margin_factory"), ("admin", "product", "cost_price")]  # fmt: skip
MASKED = [("lg.sun", "customer", "mobile"), ("auditor", "customer", "mobile"), ("auditor", "customer", "contact_name"),
          ("auditor", "customer_contact", "name"), ("lg.sun", "customer_contact", "mobile")]  # fmt: skip
SECRET_PRICE, SECRET_TEXT, SECRET_MOBILE = "987654.32", "绝密甲乙丙丁", "15498765432"
SECRET_FLOOR, ABOVE = (
    "3456789.01",
    {"retail": "5000000.03", "wholesale": "4500000.02", "ex_factory": "4000000.01"},
)
FIELDS = [(*one, "hidden") for one in HIDDEN] + [(*one, "masked") for one in MASKED]


def secret(entity: str, field: str) -> Any:
    """A value that occurs nowhere else."""
    spec = registry.get(entity).fields[field]
    if spec.type.numeric:
        return {"cost_price": SECRET_PRICE, "floor_price": SECRET_FLOOR}.get(field, "0.7530864")
    return SECRET_MOBILE if field == "mobile" else SECRET_TEXT


def told(answer: Any) -> str:
    """Everything an answer says: its text, or every part of the workbook it is."""
    if not answer.data.startswith(b"PK"):
        return str(answer.text)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as parts:
        return "\n".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())


def forms(value: Any) -> set[str]:
    """How a value may be written: as it is, with thousands separators, a share in percent."""
    text = str(value)
    if not (text.replace(".", "").isdigit() and "." in text):
        return {text}
    number = float(text)
    return {text, f"{number:,.2f}" if number > 1 else f"{number:.2%}".rstrip("%")}


@pytest.fixture(scope="module")
def kept(ground: Ground) -> Ground:
    """The secrets written, twice, so that history and change log hold them as old and as new values."""
    from app.access.context import acting_as
    from app.change import Change
    from tests.support.gate import send

    with ground.app.app_context(), acting_as(None, source="test"):
        for entity, field in sorted({(e, f) for _p, e, f, _l in FIELDS}, reverse=True):
            record = ground.target(entity, "own")
            kind = registry.get(entity)
            if kind.fields[field].computed:
                continue
            value = secret(entity, field)
            given = {field: value, **(ABOVE if field == "floor_price" else {})}
            change = Change(entity, "update", given, id=record, version=ground.version(kind, record))
            assert send(change, confirmed=frozenset({"*"})).errors == []
    return ground


@pytest.mark.parametrize(("person", "entity", "field", "level"), FIELDS)
def test_no_answer_tells_the_value(kept: Ground, person: str, entity: str, field: str, level: str) -> None:
    kind, record = registry.get(entity), kept.target(entity, "own")
    assert kept.grants(person).level(entity, field) == level
    reading = [(r.method, r.path(entity, record).replace("<name>", entity), r.send(kept, kind, record))
               for r in ROUTES if not r.writes]  # fmt: skip
    pages = ["/", "/changelog/", f"/changelog/?entity={entity}", f"/changelog/export?entity={entity}"]
    reading += [("GET", page, {}) for page in pages]
    answered = 0
    for method, path, more in reading:
        answer = kept.ask(person, method, path, **more)
        if answer.status_code != 200:
            continue
        answered += 1
        text = told(answer)
        leaked = [form for form in forms(secret(entity, field)) if form in text]
        assert leaked == [], f"{method} {path} tells {field}"
        if level == "hidden":
            assert f'"{field}"' not in text, f"{method} {path} names {field}"
    assert answered >= 7, "too little was readable for this to mean anything"


@pytest.mark.parametrize(("person", "entity", "field", "level"), FIELDS)
def test_a_masked_value_is_shown_masked(
    kept: Ground, person: str, entity: str, field: str, level: str
) -> None:
    rows = kept.ask(person, "POST", f"/api/v1/{entity}/rows", json={}).json["rows"]
    fields = {f["name"]: f for f in kept.ask(person, "GET", f"/api/v1/{entity}/sheet").json["fields"]}
    if level == "hidden":
        assert field not in fields
        assert all(field not in row["values"] for row in rows)
        return
    assert fields[field]["masked"]
    assert not fields[field]["editable"]
    assert not fields[field]["sortable"]
    assert not fields[field]["filterable"]
    for row in rows:
        assert "****" in row["values"][field]


@pytest.mark.parametrize(("person", "entity", "field", "level"), FIELDS)
def test_what_is_not_seen_in_full_cannot_be_asked_for(
    kept: Ground, person: str, entity: str, field: str, level: str
) -> None:
    api, value = f"/api/v1/{entity}", secret(entity, field)
    equal = {"field": field, "op": "eq", "value": value}
    rison_filter = f"{api}/?q=(filters:!((col:{field},opr:eq,value:'{value}')))"
    asked = [
        kept.ask(person, "POST", f"{api}/rows", json={"filter": equal}),
        kept.ask(person, "POST", f"{api}/rows", json={"filter": {"not": {"and": [equal]}}}),
        kept.ask(person, "POST", f"{api}/rows", json={"sort": [[field, "asc"]]}),
        kept.ask(person, "POST", f"{api}/totals", json={"fields": [field]}),
        kept.ask(person, "POST", f"{api}/totals", json={"filter": equal}),
        kept.ask(person, "POST", f"{api}/export", json={"filter": equal}),
        kept.ask(person, "POST", f"{api}/export", json={"sort": [[field, "desc"]]}),
        kept.ask(person, "GET", rison_filter),
        kept.ask(person, "GET", f"{api}/?q=(order_column:{field},order_direction:asc)"),
    ]
    for answer in asked:
        assert answer.status_code == 400, (answer.request.path, answer.text[:200])
        assert any("一" <= ch <= "鿿" for ch in answer.json["message"]), answer.json["message"]
    found = kept.ask(person, "POST", f"{api}/rows", json={"q": str(value)}).json
    assert found["rows"] == [], "searching finds by a value the asker does not see"
    looked = kept.ask(person, "GET", f"{api}/lookup", query_string={"q": str(value)}).json
    assert looked["items"] == []


def test_a_link_is_no_way_round(kept: Ground) -> None:
    """Filters may go one link deep, and stop at what the asker does not see there."""
    for field, value in (("mobile", SECRET_MOBILE), ("contact_name", SECRET_TEXT)):
        leaf = {"field": f"parent_id.{field}", "op": "eq", "value": value}
        answer = kept.ask("auditor", "POST", "/api/v1/customer_contact/rows", json={"filter": leaf})
        assert answer.status_code == 400, answer.text
    leaf = {"field": "product_id.cost_price", "op": "eq", "value": SECRET_PRICE}
    assert (
        kept.ask("sr.wang", "POST", "/api/v1/price_list_item/rows", json={"filter": leaf}).status_code == 400
    )


def test_who_may_see_it_sees_it(kept: Ground) -> None:
    """The same questions have answers for others: it is the right that decides."""
    leaf = {"field": "mobile", "op": "eq", "value": SECRET_MOBILE}
    found = kept.ask("sm.east", "POST", "/api/v1/customer/rows", json={"filter": leaf}).json
    assert [row["id"] for row in found["rows"]] == [kept.target("customer", "own")]
    leaf = {"field": "cost_price", "op": "eq", "value": SECRET_PRICE}
    found = kept.ask("fm.zhou", "POST", "/api/v1/product/rows", json={"filter": leaf}).json
    assert [row["id"] for row in found["rows"]] == [kept.target("product", "own")]


def test_the_masked_title_of_a_link_stays_unknown(kept: Ground) -> None:
    """审计 sees the names of contacts masked: neither look-up nor the page of the customer tells them."""
    items = kept.ask("auditor", "GET", "/api/v1/customer_contact/lookup").json["items"]
    assert all(SECRET_TEXT not in str(item) for item in items)
    page = kept.ask("auditor", "GET", f"/customer/show/{kept.target('customer', 'own')}")
    assert SECRET_TEXT not in page.text
