"""The address of a sheet: what it asks for comes checked and in words, or as one sentence on what is wrong."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from app.change import Change, ChangeSet, commit
from app.fab.sheet_address import sheet_url, touched_url
from tests.cast import Cast, assemble, signed_in


@pytest.fixture
def cast(app: Flask) -> Cast:
    return assemble(app)


class Reader:
    """Somebody who opens addresses."""

    def __init__(self, app: Flask, person: str) -> None:
        self._client = signed_in(app.test_client(), person)

    def page(self, url: str) -> str:
        answer = self._client.get(url)
        assert answer.status_code == 200, answer.status_code
        return answer.text

    def asked(self, url: str) -> Any:
        """What the page says that its address asks for."""
        found = re.search(r'id="sheet-describe">(.*?)</script>', self.page(url), re.DOTALL)
        assert found is not None
        return json.loads(found[1])["query"]


def under(tree: Any, **more: str) -> str:
    """The customers under a filter."""
    text = tree if isinstance(tree, str) else json.dumps(tree)
    return f"/customer/list/?filter={quote(text)}" + "".join(f"&{n}={quote(v)}" for n, v in more.items())


def test_an_address_is_read_condition_by_condition_with_the_names_behind_ids(app: Flask, cast: Cast) -> None:
    reader = Reader(app, "sr.wang")
    assert reader.asked("/customer/list/") is None
    region = {"field": "region_id", "op": "in", "value": [cast.region, None, 999_999]}
    owner = {"field": "owner_id", "op": "eq", "value": cast.users["sr.wang"]}
    either = {"or": [{"field": "name", "op": "empty"}, {"field": "remark", "op": "empty"}]}
    again = {"field": "region_id", "op": "not_empty"}
    found = reader.asked(under({"and": [region, owner, either, again]}, sort="-name,region_id", q=" 商行 "))
    assert found == {
        "conditions": [
            {**region, "titles": ["华东大区", "", "#999999"]}, {**owner, "titles": ["王芳"]},
            {"tree": either}, {"tree": again},
        ],
        "sort": [["name", "desc"], ["region_id", "asc"]], "q": "商行", "problem": "",
    }  # fmt: skip


NONSENSE = (
    *(under(text) for text in ("{", "[]", "7", '{"and":[]}', "[" * 5000, '{"not":' * 400 + "1" + "}" * 400)),
    under({"field": "nothing", "op": "empty"}),
    under({"field": "mobile", "op": "between", "value": 3}),
    under({"field": "id", "op": "changed_by", "value": "x"}),
    under({"field": "name", "op": "eq", "value": "x" * 30_000}),
    "/customer/list/?sort=nothing",
)


def test_an_address_that_makes_no_sense_shows_everything_and_says_so(app: Flask, cast: Cast) -> None:
    reader, said = Reader(app, "sr.wang"), "地址里的筛选用不了，现在显示全部。"
    for url in NONSENSE:
        asked = reader.asked(url)
        assert asked["problem"].startswith(said), url
        assert len(asked["problem"]) > len(said), "and why"
        assert (asked["conditions"], asked["sort"], asked["q"]) == ([], [], "")


def test_naming_a_record_in_an_address_tells_nobody_what_they_cannot_reach(app: Flask, cast: Cast) -> None:
    other = cast.customers["sr.li"]
    url = f"/customer_contact/list/?filter={quote(json.dumps({'field': 'parent_id', 'op': 'eq', 'value': other}))}"
    titles = {
        person: Reader(app, person).asked(url)["conditions"][0]["titles"] for person in ("sr.wang", "sm.east")
    }
    assert titles == {"sr.wang": [f"#{other}"], "sm.east": ["00002商行"]}


def test_the_records_of_a_change_set_are_linked_from_its_log(app: Flask, cast: Cast) -> None:
    with app.app_context(), cast.acting("sm.east"):
        changes = [Change("customer", "update", {"remark": "x"}, id=cast.customers["sr.wang"])]
        done = commit(ChangeSet(changes, "sheet"))
    number = done.change_set or 0
    reader = Reader(app, "sm.east")
    log = reader.page(f"/changelog/?change_set={number}")
    assert f'href="{touched_url("customer", number)}"' in log.replace("&#34;", '"')
    assert "在「客户档案」里看" in log
    asked = reader.asked(touched_url("customer", number))
    assert asked["conditions"] == [
        {"field": "id", "op": "changed_by", "value": number, "titles": [f"变更集 {number}"]}
    ]
    assert sheet_url("customer") == "/customer/list/"
