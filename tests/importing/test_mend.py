"""Correcting cells in the preview: rows are read, looked up and planned again as if the file had held them so."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.importing.test_preview import known, ledger, line
from tests.importing.way import API, Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles


@pytest.fixture
def app(applications: Applications) -> Flask:
    """SQLite: nothing here differs between the databases."""
    return applications.fresh(SqliteFiles()).flask


def mend(way: Way, staged: int, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = way.post(f"{API}/{staged}/mend", body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json
    return found


def by_line(way: Way, staged: int) -> dict[int, dict[str, Any]]:
    return {row["line"]: row for row in way.rows(staged)}


def correct(way: Way, staged: int, number: int, **values: str) -> dict[str, Any]:
    """Correct cells of the row on a line of the file."""
    seq = by_line(way, staged)[number]["seq"]
    return mend(way, staged, {"rows": [{"seq": seq, "values": values}]})


def counts(summary: dict[str, Any]) -> tuple[int, int, int]:
    """New, changed, wrong."""
    return summary["inserted"], summary["updated"], summary["error_rows"]


def test_a_cell_the_reader_refused_becomes_a_new_record(way: Way) -> None:
    found = way.preview("customer", ledger(line(1), line(2, region="华冬大区")), "客户.csv")
    assert counts(found) == (1, 0, 1)
    done = correct(way, found["set"], 3, region_id="华东大区")
    assert [(row["op"], row["state"]) for row in done["rows"]] == [("insert", "ready")]
    assert counts(done["summary"]) == (2, 0, 0)
    assert [kind["count"] for kind in done["summary"]["kinds"]] == [0]
    assert way.commit(found["set"])["inserted"] == 2


def test_a_row_matched_by_its_key_becomes_an_update(way: Way) -> None:
    code = known(way)["00001商行"]
    file = "\n".join(["customer_code,region_id,address", f"{code},华冬大区,改街1号"]).encode("utf-8-sig")
    found = way.preview("customer", file, "客户.csv", match="key", key=["customer_code"])
    assert counts(found) == (0, 0, 1)
    [row] = correct(way, found["set"], 2, region_id="HD")["rows"]
    assert (row["op"], row["state"], row["cells"]["address"][1]) == ("update", "ready", "改街1号")
    assert way.commit(found["set"])["updated"] == 1


def test_a_cell_a_rule_refused_is_planned_again(way: Way) -> None:
    found = way.preview("customer", ledger(line(1), line(2, mobile="123")), "客户.csv")
    still = correct(way, found["set"], 3, mobile="12")
    assert [e["field"] for e in still["rows"][0]["errors"]] == ["mobile"]
    assert counts(still["summary"]) == (1, 0, 1)
    done = correct(way, found["set"], 3, mobile="15512345678")
    assert counts(done["summary"]) == (2, 0, 0)


def test_one_of_two_wrong_cells_leaves_the_other_wrong(way: Way) -> None:
    found = way.preview("customer", ledger(line(1, region="华冬大区", kind="经消商")), "客户.csv")
    done = correct(way, found["set"], 2, region_id="华东大区")
    assert [e["field"] for e in done["rows"][0]["errors"]] == ["customer_type"]
    assert counts(correct(way, found["set"], 2, customer_type="经销商")["summary"]) == (1, 0, 0)


def test_the_same_wrong_text_is_corrected_everywhere_at_once(way: Way) -> None:
    rows = [line(n, region="华冬大区" if n % 2 else "华西") for n in range(1, 8)]
    found = way.preview("customer", ledger(*rows), "客户.csv")
    what = {"field": "region_id", "text": "华冬大区", "with": "HD"}
    done = mend(way, found["set"], {"replace": what})
    assert (done["mended"], counts(done["summary"])) == (4, (4, 0, 3))
    assert [kind["texts"] for kind in done["summary"]["kinds"]] == [["华西"]]


def test_a_double_in_the_file_is_none_once_one_of_them_is_another(way: Way) -> None:
    twice = "\n".join(["name,customer_type,channel_type,customer_group,region_id,contact_name,mobile,address,lead_source",
                       *(line(1, mobile=f"1560000000{n}").lstrip(",") for n in range(2))])  # fmt: skip
    found = way.preview("customer", twice.encode("utf-8-sig"), "客户.csv", match="fields", key=["name"])
    assert counts(found) == (0, 0, 2)
    done = correct(way, found["set"], 3, name="别家酒行")
    assert {row["line"]: row["state"] for row in done["rows"]} == {2: "ready", 3: "ready"}
    assert counts(done["summary"]) == (2, 0, 0)
    again = correct(way, found["set"], 3, name="00001酒行")
    assert [e["code"] for e in again["rows"][0]["errors"]] == ["DUPLICATE_IN_FILE"]


def test_rights_are_those_of_typing(way: Way) -> None:
    found = way.preview("customer", ledger(line(1, region="华冬大区")), "客户.csv")
    done = correct(way, found["set"], 2, region_id="华东大区", version="7")
    assert [e["code"] for e in done["rows"][0]["errors"]] == ["NO_FIELD"]
    other = way.other("sr.wang")
    assert other.post(f"{API}/{found['set']}/mend", {"rows": []}).status_code == 404


def test_what_is_committed_or_cannot_be_read_is_not_mended(way: Way) -> None:
    found = way.preview("customer", ledger(line(1), line(2, mobile="1")), "客户.csv")
    mend(way, found["set"], {"rows": "x"}, 400)
    mend(way, found["set"], {"replace": {"field": "mobile"}}, 400)
    seq = by_line(way, found["set"])[3]["seq"]
    way.commit(found["set"], partial=True)
    mend(way, found["set"], {"rows": [{"seq": seq, "values": {"mobile": "15512345678"}}]}, 409)


def test_the_summary_is_as_corrected_when_the_page_is_opened_again(way: Way) -> None:
    kept = way.upload("customer", ledger(line(1, region="华冬大区")), "客户.csv")
    job = way.try_preview("customer", kept.json)
    correct(way, job["result"]["set"], 2, region_id="HD")
    assert counts(way.get(f"{API}/job/{job['job']}").json["result"]) == (1, 0, 0)


def documents(way: Way) -> dict[str, Any]:
    """Two customers with three contacts in one flat sheet; the second contact of the first has a wrong number."""
    head = "name,customer_type,channel_type,customer_group,region_id,contact_name,mobile,address,lead_source"
    head += ",customer_contact.name,customer_contact.mobile"
    first, second = line(1).lstrip(","), line(2).lstrip(",")
    rows = [f"{first},甲,15611111111", f"{first},乙,12", f"{second},丙,15622222222"]
    content = "\n".join([head, *rows]).encode("utf-8-sig")
    lines = {"entity": "customer_contact", "group": ["name"], "by": "order"}
    found = way.preview("customer", content, "客户.csv", lines=lines, columns={}, key=["name"])
    wrong = {row["line"] for row in way.rows(found["set"]) for e in row["errors"] if e["code"] != "DOCUMENT"}
    assert wrong == {3}
    return found


def test_a_document_goes_in_whole_once_its_wrong_line_is_corrected(way: Way) -> None:
    found = documents(way)
    rows = [row for row in way.rows(found["set"], "error") if row["line"] == 3]
    [(row, error)] = [(row, e) for row in rows for e in row["errors"] if e["code"] != "DOCUMENT"]
    values = {error["field"]: "15633333333"}
    done = mend(way, found["set"], {"rows": [{"seq": row["seq"], "values": values}]})
    assert done["summary"]["error_rows"] == 0
    assert way.commit(found["set"])["inserted"] == 5


def test_of_a_document_with_a_wrong_line_nothing_is_written(way: Way) -> None:
    done = way.commit(documents(way)["set"], partial=True)
    assert (done["inserted"], way.records("customer", ("name",), address="新街1号")) == (2, [])
    assert len(way.records("customer", ("name",), address="新街2号")) == 1


def test_rows_that_lack_the_same_field_are_filled_at_once(way: Way) -> None:
    lacking = [line(n, region="") for n in range(1, 5)]
    found = way.preview("customer", ledger(*lacking, line(5), line(6, mobile="123", region="")), "客户.csv")
    (kind,) = (k for k in found["kinds"] if k["code"] == "REQUIRED")
    assert (kind["name"], counts(found)) == ("region_id", (1, 0, 5))
    done = mend(way, found["set"], {"replace": {"field": "region_id", "text": "", "with": "华东大区"}})
    assert counts(done["summary"]) == (5, 0, 1)
    assert way.wrong(found["set"]) == {7: [("mobile", "BAD_MOBILE")]}
    way.commit(found["set"], partial=True)
    assert {row[0] for row in way.records("customer", ["region_id"])} == {way.cast.region}


def test_a_header_takes_no_value_that_was_read_as_its_lines(way: Way) -> None:
    found = documents(way)["set"]
    header, contact = (row for row in way.rows(found) if row["state"] == "ready")
    mend(way, found, {"rows": [{"seq": header["seq"], "values": {"customer_contact.name": "甲"}}]}, 400)
    mend(way, found, {"rows": [{"seq": contact["seq"], "values": {"customer_contact.name": "甲"}}]})
    assert [row["cells"]["name"][1] for row in way.rows(found, "ready")] == [header["cells"]["name"][1], "甲"]
