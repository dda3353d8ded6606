"""The preview of an import: what is counted, what can be asked for, and that the commit writes what was shown."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.change import staging
from app.change.model import ChangeSetRow
from app.db import db
from tests.importing.way import API, Way

HEAD = "customer_code,name,customer_type,channel_type,customer_group,region_id,contact_name,mobile,address,lead_source"


def line(
    number: int, *, code: str = "", region: str = "华东大区", mobile: str = "", kind: str = "dealer"
) -> str:
    """A row of a ledger of new customers."""
    name = f"{number:05d}酒行"
    return f"{code},{name},{kind},dealer,factory,{region},何先生,{mobile or f'15500{number:06d}'},新街{number}号,visit"


def ledger(*lines: str) -> bytes:
    """A csv file of these rows."""
    return "\n".join([HEAD, *lines]).encode("utf-8-sig")


def known(way: Way) -> dict[str, str]:
    """Codes of the cast's customers by address, the first three."""
    return {row[1]: row[0] for row in way.records("customer", ("customer_code", "name"))}


def test_rows_are_counted_by_what_would_become_of_them(way: Way) -> None:
    code = known(way)["00001商行"]
    file = ledger(line(1), line(2), line(3, region="华冬大区"), line(4, mobile="123"), line(5, mobile="123"),
                  line(6, code=code))  # fmt: skip
    found = way.preview("customer", file, "客户.csv", match="key", key=["customer_code"])
    counts = {
        n: found[n] for n in ("rows", "inserted", "updated", "unchanged", "error_rows", "errors", "ask_rows")
    }
    assert counts == {
        "rows": 6,
        "inserted": 2,
        "updated": 1,
        "unchanged": 0,
        "error_rows": 3,
        "errors": 3,
        "ask_rows": 0,
    }
    assert [row["line"] for row in way.rows(found["set"])] == [2, 3, 4, 5, 6, 7]
    assert {row["line"] for row in way.rows(found["set"], "error")} == {4, 5, 6}
    assert [row["line"] for row in way.rows(found["set"], "insert")] == [2, 3]
    assert [row["line"] for row in way.rows(found["set"], "update")] == [7]
    kinds = {kind["name"]: (kind["count"], kind["texts"]) for kind in found["kinds"]}
    assert kinds == {"region_id": (1, ["华冬大区"]), "mobile": (2, ["123"])}
    at = [kind["name"] for kind in found["kinds"]].index("mobile")
    page = way.get(f"{API}/{found['set']}/rows?kind={at}").json
    assert [row["line"] for row in page["rows"]] == [5, 6]
    beyond = way.get(f"{API}/{found['set']}/rows?kind={at}&after=99999999999").json
    assert beyond == {"rows": [], "next": None}
    assert way.get(f"{API}/history?entity=%00").status_code == 200


def test_a_commit_writes_what_was_shown_and_keeps_what_was_left_out(way: Way) -> None:
    found = way.preview("customer", ledger(line(1), line(2, mobile="1"), line(3)), "客户.csv")
    refused = way.post(f"{API}/{found['set']}/commit", {})
    assert (refused.status_code, "1" in refused.json["message"]) == (422, True)
    done = way.commit(found["set"], partial=True)
    assert (done["state"], done["inserted"], done["left_out"], done["errors_left"]) == ("applied", 2, 1, True)
    assert [row["line"] for row in way.rows(found["set"])] == [3]
    # A job that died before it could answer is run again: it says the same, and nothing is written twice.
    again = way.commit(found["set"], partial=True)
    assert {n: again[n] for n in ("change_set", "inserted", "left_out", "rows")} == {
        n: done[n] for n in ("change_set", "inserted", "left_out", "rows")
    }
    assert len(way.records("customer", ("name",), address="新街1号")) == 1


def test_the_first_rows_can_be_seen_while_the_job_still_runs(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, str]] = []

    def look(set_id: int, rows: object) -> None:
        kept(set_id, rows)  # type: ignore[arg-type]
        answer = Way.get(other, f"{API}/{set_id}/rows").json
        seen.append((len(answer["rows"]), staging.header(set_id)["state"]))  # type: ignore[index]

    kept, other = staging.add, way.other("sm.east")
    monkeypatch.setattr(staging, "add", look)
    way.preview("customer", ledger(line(1), line(2)), "客户.csv")
    assert seen[0] == (2, "reading")


def test_a_staged_set_leaves_one_header_when_its_job_is_done_twice(way: Way) -> None:
    found = way.preview("customer", ledger(line(1)), "客户.csv")
    with way.app.app_context(), db.engine.connect() as connection:
        table = ChangeSetRow.__table__
        states = connection.execute(select(table.c.state).where(table.c.source == "import")).scalars().all()
    assert states == ["planned"]
    assert found["inserted"] == 1


def test_rows_of_a_sheet_of_lines_stand_for_themselves(way: Way) -> None:
    known(way)
    text = "客户,姓名,手机\n00001商行,甲,13900000001\n00001商行,乙,139\n00001商行,丙,13900000003\n"
    found = way.preview(
        "customer_contact", text.encode("utf-8-sig"), "联系人.csv", match="fields", key=["name"]
    )
    assert (found["inserted"], found["error_rows"]) == (2, 1), found["kinds"]
    assert way.commit(found["set"], partial=True)["inserted"] == 2
