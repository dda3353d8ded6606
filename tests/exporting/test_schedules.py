"""Exports that come round: made once for each due time as their owner, and sent nowhere they should not go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import clock
from app.access.context import acting_as
from app.change.rights import RightsChange, change_rights
from app.db import db
from app.exporting import deliver, downloads, mail, place
from app.exporting.calendar import last_due, next_due
from app.jobs.worker import run_next
from tests.exporting.mailbox import Mailbox
from tests.exporting.office import FEW, ON_ONE, Office, table_of
from tests.exporting.rounds import COLLEAGUE, MONDAY, SEVEN, at, kept, open_rounds, planned, refused, values


@pytest.fixture
def office(app: Flask, box: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    return open_rounds(app, box, tmp_path, monkeypatch)


def attached(message: EmailMessage) -> tuple[str, bytes]:
    [part] = message.iter_attachments()
    return str(part.get_filename()), part.get_payload(decode=True)  # type: ignore[return-value]


def test_the_calendar() -> None:
    clock.configure("Asia/Shanghai", MONDAY)
    nine = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    day = timedelta(days=1)
    assert next_due("daily", None, None, 9, nine) == nine + day
    assert next_due("daily", None, None, 10, nine) == nine + timedelta(hours=1)
    assert last_due("daily", None, None, 9, nine) == nine
    assert next_due("weekly", "wed", None, 7, nine).astimezone(UTC) == datetime(
        2026, 11, 24, 23, 0, tzinfo=UTC
    )
    assert last_due("weekly", "mon", None, 10, nine) == nine - 7 * day + timedelta(hours=1)
    ends = [next_due("monthly", None, 31, 9, datetime(2026, month, 1, tzinfo=UTC)) for month in (2, 4, 12)]
    assert [clock.local(moment).day for moment in ends] == [28, 30, 31]


def test_due_it_is_mailed_once_as_its_owner(office: Office, box: Mailbox) -> None:
    number = planned(office)
    assert kept(office, number)["next_run"] == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    at(office, MONDAY + timedelta(hours=1))
    assert box.mails == [], "not due yet"
    for minutes in (0, 10, 20):
        at(office, SEVEN + timedelta(minutes=minutes))
    [(to, message)] = box.mails
    name, content = attached(message)
    assert (to, message["From"], message["Subject"]) == ([COLLEAGUE], "ledger@example.org", "华东客户：13 行")
    assert (name, len(table_of(content))) == ("华东客户-2026-11-25.csv", FEW + 2), (
        "what 王芳 sees, not the system"
    )
    assert "王芳" in message.get_body().get_content()  # type: ignore[union-attr]
    row = kept(office, number)
    assert (row["last_result"], row["last_run"]) == ("已送出 13 行", SEVEN)
    assert row["next_run"] == datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
    [line] = office.logged()
    assert (line["user_id"], line["rows"]) == (office.cast.users["sr.wang"], FEW + 1)
    assert "schedule" in line["detail"]
    [item] = office.downloads("sr.wang")
    assert (item["state"], item["from"]) == ("done", "schedule")


@ON_ONE
def test_days_that_were_missed_are_made_up_for_by_one(office: Office, box: Mailbox) -> None:
    planned(office)
    at(office, SEVEN + timedelta(days=5))
    assert len(box.mails) == 1


def test_two_workers_send_one(office: Office, box: Mailbox) -> None:
    number = planned(office)
    row = kept(office, number)
    with clock.standing(SEVEN), office.app.app_context(), acting_as(None, "test"):
        deliver._begin(row, SEVEN)
        deliver._begin(row, SEVEN)
    assert len(box.mails) == 1


@ON_ONE
def test_into_a_folder_whole_and_only_below_the_one_set_up(office: Office, tmp_path: Path) -> None:
    planned(office, mail_to=None, folder="报表/华东", format="xlsx")
    at(office, SEVEN)
    [path] = (tmp_path / "out" / "报表" / "华东").iterdir()
    assert path.name == "华东客户-2026-11-25-0700-1.xlsx"
    assert path.read_bytes()[:2] == b"PK"
    for folder in ("../else", "/etc", "a/../../b", "a\\b", "c:", "a//b", ".", "x/.."):
        assert refused(office, mail_to=None, folder=folder).keys() == {"folder"}, folder
    (tmp_path / "out" / "way").symlink_to(tmp_path)
    assert refused(office, mail_to=None, folder="way/there").keys() == {"folder"}


def test_a_server_that_is_away_is_tried_again_and_nothing_goes_twice(
    office: Office, box: Mailbox, tmp_path: Path
) -> None:
    number = planned(office, folder="both")
    box.busy = True
    at(office, SEVEN)
    assert "再试" in kept(office, number)["last_result"]
    assert office.downloads("sr.wang")[0]["state"] == "waiting"
    first = next((tmp_path / "out" / "both").iterdir()).stat().st_mtime_ns
    box.busy = False
    at(office, SEVEN + timedelta(minutes=10))
    at(office, SEVEN + timedelta(minutes=20))
    assert (len(box.mails), kept(office, number)["last_result"]) == (1, "已送出 13 行")
    [file] = (tmp_path / "out" / "both").iterdir()
    assert file.stat().st_mtime_ns == first, "the folder had it already"


@ON_ONE
def test_after_five_tries_it_is_given_up_and_said(office: Office, box: Mailbox) -> None:
    number = planned(office)
    box.busy = True
    for tries in range(8):
        at(office, SEVEN + timedelta(minutes=10 * tries))
    assert "试了 5 次" in kept(office, number)["last_result"]
    assert office.downloads("sr.wang")[0]["state"] == "failed"
    box.busy = False
    at(office, SEVEN + timedelta(days=1))
    assert len(box.mails) == 1, "the next day's is sent, yesterday's is not"


@ON_ONE
def test_a_worker_that_dies_before_sending_leaves_it_to_the_next(
    office: Office, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(office)
    sent = mail.send
    monkeypatch.setattr(mail, "send", lambda *_args: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        at(office, SEVEN)
    monkeypatch.setattr(mail, "send", sent)
    later = SEVEN + timedelta(minutes=10)
    with clock.standing(later), office.app.app_context():
        while run_next(office.app, later):
            pass
    at(office, later)
    assert len(box.mails) == 1


@ON_ONE
def test_an_owner_who_has_left_sends_nothing(office: Office, box: Mailbox) -> None:
    number = planned(office)
    office.switch_off("sr.wang")
    at(office, SEVEN)
    assert (box.mails, office.logged(), office.files()) == ([], [], [])
    assert "不能登录" in kept(office, number)["last_result"]


@ON_ONE
def test_an_owner_without_the_right_sends_nothing(office: Office, box: Mailbox) -> None:
    number = planned(office)
    with office.app.app_context(), acting_as(office.cast.users["admin"], "test"):
        change_rights([RightsChange("sales_rep", "customer", verbs=frozenset({"list"}))], "不再需要")
    at(office, SEVEN)
    assert (box.mails, office.files()) == ([], [])
    assert "没有导出" in kept(office, number)["last_result"]


@ON_ONE
def test_over_the_limit_nothing_is_sent(office: Office, box: Mailbox) -> None:
    number = planned(office)
    office.limit("sales_rep", "*", 5)
    at(office, SEVEN)
    assert box.mails == []
    assert "最多允许 5 行" in kept(office, number)["last_result"]


@ON_ONE
def test_data_goes_only_where_it_may(office: Office, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "能登录" in refused(office, mail_to="x@elsewhere.example")["mail_to"]
    assert "不是邮箱" in refused(office, mail_to="nobody")["mail_to"]
    assert (
        "TAIZHANG_MAIL_DOMAINS" in refused(office, mail_to=f"{COLLEAGUE}, x@partner.example.evil")["mail_to"]
    )
    number = planned(office, mail_to=f"{COLLEAGUE.upper()}；a@partner.example")
    office.settings(monkeypatch, mail_domains=())
    at(office, SEVEN)
    assert box.mails == [], "what was allowed then is judged again"
    assert "partner.example" in kept(office, number)["last_result"]


@ON_ONE
def test_without_server_or_folder_it_says_what_to_set(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.settings(monkeypatch, mail_url="", export_folder="")
    assert "TAIZHANG_MAIL_URL" in refused(office)["mail_to"]
    assert "TAIZHANG_EXPORT_FOLDER" in refused(office, mail_to=None, folder="a")["folder"]
    assert "送到哪里" in refused(office, mail_to=None)["mail_to"]


@ON_ONE
def test_an_address_the_server_refuses_is_named(office: Office, box: Mailbox) -> None:
    number = planned(office, mail_to=f"{COLLEAGUE}, gone@partner.example")
    box.refuse = {"gone@partner.example"}
    at(office, SEVEN)
    assert [to for to, _ in box.mails] == [[COLLEAGUE]]
    assert "gone@partner.example" in kept(office, number)["last_result"]


@ON_ONE
def test_a_schedule_is_complete_and_readable(office: Office) -> None:
    assert refused(office, period="weekly").keys() == {"weekday"}
    assert refused(office, period="monthly").keys() == {"month_day"}
    assert refused(office, hour=24).keys() == {"hour"}
    assert refused(office, for_entity="nothing").keys() == {"for_entity"}
    assert refused(office, asked={"ids": [1]}).keys() == {"asked"}
    assert refused(office, asked={"filter": {"field": "no", "op": "eq", "value": 1}}).keys() == {"asked"}
    assert refused(office, for_entity="employee", person="lg.sun", asked=[]).keys() == {"asked"}


@ON_ONE
def test_only_its_owner_says_what_goes_where(office: Office) -> None:
    """Else an administrator could let somebody with more rights send data to them."""
    number = planned(office)
    other = {
        "entity": "scheduled_export",
        "op": "insert",
        "values": values(owner_id=office.cast.users["sr.li"]),
    }
    assert office.send("admin", other).status_code == 422

    def change(person: str, **changed: Any) -> int:
        edit = {
            "entity": "scheduled_export",
            "op": "update",
            "id": number,
            "version": kept(office, number)["version"],
        }
        return int(office.send(person, {**edit, "values": changed}).status_code)

    assert change("admin", mail_to="a@partner.example") == 422
    assert change("admin", owner_id=office.cast.users["admin"]) == 422
    assert change("admin", is_active=False) == 200, "but may stop it"
    assert kept(office, number)["next_run"] is None
    assert change("admin", is_active=True) == 422
    assert change("sr.wang", is_active=True, hour=8) == 200
    assert kept(office, number)["next_run"] == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


@ON_ONE
def test_a_long_name_is_cut_for_the_file_and_a_long_folder_is_refused(office: Office) -> None:
    planned(office, name="月" * 80, folder="报表", mail_to=None)
    at(office, SEVEN)
    [file] = (Path(office.app.config["TAIZHANG"].export_folder) / "报表").iterdir()
    assert file.name.startswith("月" * 60 + "-2026-11-25")
    assert refused(office, folder="月" * 70).keys() == {"folder"}


@ON_ONE
def test_problems_of_places_are_none_for_good_ones(office: Office) -> None:
    with office.app.app_context(), db.engine.connect() as connection:
        assert mail.problem(connection, [COLLEAGUE, "b@partner.example"]) is None
        assert place.problem("报表/华东") is None
        assert downloads.folder().name == "exports"
