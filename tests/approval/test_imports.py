"""An import that needs an approval is one request: agreed to as a whole, or without some of its rows."""

from __future__ import annotations

from pathlib import Path

from app.access.context import acting_as
from app.approval.reading import case_json
from app.db import db
from app.entity import registry
from app.importing.options import Options
from app.importing.run import import_file
from tests.approval.desk import Desk, step, user


def test_an_import_waits_as_one_request_and_is_written_at_once(desk: Desk, tmp_path: Path) -> None:
    desk.publish(step("a", user("sm.east")))
    desk.guard(on=["import"])
    codes = [desk.customer(i)["customer_code"] for i in desk.customers]
    file = tmp_path / "customers.csv"
    lines = ["客户编码,客户名称,地址", *(f"{code},{n:05d}商行,新街{n}号" for n, code in enumerate(codes, 1))]
    file.write_text("\n".join(lines), encoding="utf-8-sig")
    with acting_as(desk.users["sr.wang"], "import") as grants:
        report = import_file(registry.get("customer"), file, grants, Options(key=("customer_code",)))
    assert report.ok, [str(e.message) for e in report.errors]
    assert [desk.customer(i)["address"] for i in desk.customers] == ["云溪镇云溪路1号"] * 3
    [case] = report.cases
    assert desk.case(case["case"])["rows"] == 3
    with acting_as(desk.users["sm.east"]) as reader:
        seen = case_json(db.session(), case["case"], reader)
    assert seen is not None
    assert seen["import"]["name"] == "customers.csv"
    assert seen["import"]["url"] == f"/import/batch/{desk.case(case['case'])['set_id']}"
    done = desk.act("sm.east", case["case"], "approve", exclude=(2,))
    assert (done.status, done.state) == (200, "approved"), done
    found = [desk.customer(i)["address"] for i in desk.customers]
    assert found == ["新街1号", "新街2号", "云溪镇云溪路1号"]
