"""Every entry comes into exactly one seal: beside many writers, long transactions, crashes, a clock that goes back."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app import clock
from app.access.context import acting_as
from app.audit import seal_keys, sealed, sealing
from app.audit.actor import SYSTEM, acting
from app.audit.proof.ed25519 import read_key
from app.audit.proof.findings import Problem
from app.audit.proof.verify import check_proof, verify
from app.change.lock import Busy
from app.db import db
from app.jobs import queue, schedule, seals
from app.jobs.worker import JobFailed
from tests.seals.desk import Desk, Row
from tests.support.gate import insert, send

WRITERS = 8
SETS = 12
DENIED = r"not authorized|prohibited|permission denied|not be modified"
ROLE = text("INSERT INTO ab_role (id, name) VALUES (:id, :name)")


def members(desk: Desk) -> dict[int, list[int]]:
    """Ids by seal, as pages are told."""
    with desk.app.app_context():
        numbers = sealing.seal_of(db.session(), [row["id"] for row in desk.rows()])
    found: dict[int, list[int]] = {}
    for row_id, number in numbers.items():
        found.setdefault(number, []).append(row_id)
    return found


def fits(desk: Desk) -> None:
    """Everything is in exactly one seal, and every seal holds what it says."""
    report = desk.verify()
    assert (report.problems, report.unsealed) == ([], 0)
    made = [s for s in desk.seals() if s["log"] == "change_log"]
    assert {s["n"]: s["count"] for s in made} == {n: len(ids) for n, ids in members(desk).items()}
    assert report.sealed == len(desk.rows()) + len(desk.rows("access_log"))


def written(writer: int, n: int) -> bool:
    """Whether a writer's set went in; at rush hour it is sent again, as the sheet does."""
    try:
        return send(*(insert(f"w{writer}-{n}-{m}") for m in range(3))).ok
    except Busy:
        return False


def test_every_entry_of_eight_writers_is_in_exactly_one_seal(desk: Desk) -> None:
    desk.seal()
    running = threading.Event()
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            with desk.app.app_context(), acting_as(None, source="test"):
                for n in range(SETS):
                    while not written(writer, n):
                        pass
        except BaseException as failure:
            failures.append(failure)

    def seal() -> None:
        try:
            with desk.app.app_context(), seals.sealer(desk.settings) as ready:
                while not running.is_set():
                    ready.seal()
        except BaseException as failure:
            failures.append(failure)

    writers = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    sealers = [threading.Thread(target=seal) for _ in range(2)]
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join()
    running.set()
    for thread in sealers:
        thread.join()
    assert failures == []
    desk.seal()
    fits(desk)
    assert len(desk.seals()) > 4


@pytest.mark.parametrize("engine_kind", ["postgresql"])
def test_what_a_long_transaction_commits_late_is_in_the_next_seal(desk: Desk) -> None:
    desk.seal()
    with desk.app.app_context(), acting(SYSTEM), db.engine.connect() as slow:
        slow.execute(ROLE, {"id": 901, "name": "slow"})
        with db.engine.begin() as quick:
            quick.execute(ROLE, {"id": 902, "name": "quick"})
        with seals.sealer(desk.settings) as ready:
            first = ready.seal()
            slow.execute(ROLE, {"id": 903, "name": "slow again"})
            second = ready.seal()
        slow.commit()
    with desk.app.app_context(), db.engine.begin() as last, acting(SYSTEM):
        last.execute(ROLE, {"id": 904, "name": "last"})
    rows = desk.rows()[-4:]
    assert [json.loads(row["new"])["name"] for row in rows] == ["slow", "quick", "slow again", "last"]
    # Neither was sealed while the older transaction was open: ids do not tell the order.
    assert (first, second) == ([], [])
    late = desk.seal()
    assert sum(one["count"] for one in late) == 4
    fits(desk)


@pytest.mark.parametrize("engine_kind", ["postgresql"])
def test_lower_ids_come_into_a_later_seal(desk: Desk) -> None:
    desk.seal()
    with desk.app.app_context(), acting(SYSTEM), db.engine.connect() as first, db.engine.connect() as second:
        first.execute(ROLE, {"id": 901, "name": "first to begin"})
        second.execute(ROLE, {"id": 902, "name": "lower id"})
        first.execute(ROLE, {"id": 903, "name": "higher id"})
        first.commit()
        # The oldest open transaction is now the one with the id in the middle.
        with seals.sealer(desk.settings) as ready:
            while not (made := ready.seal()):
                pass
        second.commit()
    ids = {json.loads(row["new"])["name"]: row["id"] for row in desk.rows()[-3:]}
    assert (made[-1]["lo"], made[-1]["hi"]) == (ids["first to begin"], ids["higher id"])
    late = desk.seal()[-1]
    assert (late["lo"], late["hi"], late["count"]) == (ids["lower id"], ids["higher id"], 1)
    fits(desk)


@pytest.mark.parametrize("engine_kind", ["postgresql"])
def test_a_database_that_counts_transactions_anew_goes_on_being_sealed(desk: Desk) -> None:
    """As after a restore on another server: what was sealed and what was not both bear high numbers."""
    desk.seal()
    desk.write("before")
    with desk.unbound() as connection:
        # All of it, as if the server had counted on for long.
        connection.execute(text("UPDATE change_log SET txn = txn + 900000000"))
        connection.execute(text("DELETE FROM seal"))
    desk.anchor.unlink()
    sealed_first = desk.seal()
    assert [s.get("settled") for s in sealed_first] == [None, None]
    desk.write("after", "and after")
    sealed_then = desk.seal()
    assert all(s["settled"] < 900_000_000 for s in sealed_then)
    fits(desk)


@pytest.mark.parametrize("engine_kind", ["postgresql"])
def test_without_the_owners_address_it_is_said_what_to_set(desk: Desk) -> None:
    settings = replace(desk.settings, owner_database_url="")
    with (
        desk.app.test_request_context(headers={"Accept-Language": "zh"}),
        pytest.raises(JobFailed, match="TAIZHANG_OWNER_DATABASE_URL") as caught,
        seals.sealer(settings) as ready,
    ):
        ready.seal()
    assert str(caught.value.message).startswith("只有数据库的所有者能封印")
    assert desk.seals() == []


def test_an_anchor_that_cannot_be_written_is_said(desk: Desk) -> None:
    desk.anchor.mkdir(parents=True)
    with pytest.raises(JobFailed, match="锚文件写不进去"):
        desk.seal()
    assert desk.seals() == []


def test_nothing_new_makes_no_seal(desk: Desk) -> None:
    desk.write("one")
    assert desk.seal()
    assert desk.seal() == []


def test_a_large_log_is_sealed_in_portions(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.audit.sealer.PORTION", 500)
    made = [s for s in desk.seal() if s["log"] == "change_log"]
    assert {s["count"] for s in made[:-1]} == {500}
    fits(desk)


def test_a_clock_that_goes_back_changes_nothing(desk: Desk) -> None:
    desk.seal()
    clock.turn(-timedelta(hours=1))
    desk.write("earlier")
    desk.seal()
    fits(desk)
    before, after = (s["at"] for s in desk.seals()[-2:])
    assert after < before


def test_a_crash_between_the_commit_and_the_anchor_is_made_up_for(desk: Desk) -> None:
    desk.write("one")
    desk.seal()
    kept = desk.anchor.read_bytes()
    desk.write("two")
    desk.seal()
    # As if the process had died while it wrote the line.
    whole = desk.anchor.read_bytes()
    desk.anchor.write_bytes(whole[: len(kept) + 40])
    report = desk.verify()
    assert (report.ok, report.anchored) == (True, len(kept.splitlines()))
    desk.write("three")
    desk.seal()
    report = desk.verify()
    assert (report.ok, report.anchored) == (True, len(desk.seals()))


def test_sealing_stops_where_the_anchor_knows_more_than_the_database(desk: Desk) -> None:
    desk.write("one")
    desk.seal()
    with desk.unbound() as connection:
        connection.execute(text("DELETE FROM seal WHERE n = (SELECT max(n) FROM seal)"))
    with pytest.raises(JobFailed, match="锚文件里的第"):
        desk.seal()
    with desk.app.app_context():
        schedule.run_due()
        job = next(one for one in queue.recent() if one["kind"] == "seal")
    assert (job["state"], "锚文件" in job["error"]) == ("failed", True)
    # Who restored a backup keeps the old file and goes on with a new one.
    desk.anchor.rename(desk.anchor.with_name("old.jsonl"))
    desk.seal()
    fits(desk)


def test_a_new_key_is_brought_in_by_the_old_one(desk: Desk) -> None:
    desk.write("one")
    desk.seal()
    old = read_key(desk.key)
    with desk.app.app_context(), seals.sealer(desk.settings) as ready:
        new_id = ready.new_key()
    desk.write("two")
    assert {s["key_id"] for s in desk.seal()} == {new_id}
    fits(desk)
    new = read_key(desk.key)
    assert new != old
    strange = seal_keys.new_key().public
    with desk.owner.connect() as connection:
        source = sealed.DatabaseSource(connection)
        assert [verify(source, key, desk.anchor).problems for key in (old, new)] == [[], []]
        assert verify(source, strange).problems == [Problem("OTHER_KEY")]
    with desk.app.app_context():
        proof = sealing.proof(db.session(), desk.rows()[-1]["id"])
    assert proof is not None
    whole: Row = json.loads(json.dumps(proof.as_json()))
    assert check_proof(whole, old) == check_proof(whole, new) == []
    assert [p.code for p in check_proof(whole, strange)] == ["KEY_UNKNOWN"]


def test_a_key_can_be_changed_before_anything_is_sealed(desk: Desk) -> None:
    with desk.app.app_context(), seals.sealer(desk.settings) as ready:
        ready.new_key()
    desk.seal()
    fits(desk)


def test_a_crash_after_a_key_was_brought_in_and_before_it_is_in_its_place(desk: Desk) -> None:
    desk.seal()
    file = desk.settings.seal_key_file
    shutil.copy(file, file.with_name("old"))
    with desk.app.app_context(), seals.sealer(desk.settings) as ready:
        new_id = ready.new_key()
    file.rename(seal_keys.coming_file(file))
    file.with_name("old").rename(file)
    desk.write("one")
    assert [s["key_id"] for s in desk.seal()] == [new_id]
    fits(desk)


def test_another_key_than_the_seals_ask_for_is_refused(desk: Desk) -> None:
    desk.seal()
    seal_keys.new_key().write(desk.settings.seal_key_file)
    desk.write("one")
    with pytest.raises(JobFailed, match="不是上一号封印要的密钥"):
        desk.seal()


def test_the_private_key_is_its_owners_alone(desk: Desk) -> None:
    desk.seal()
    assert desk.settings.seal_key_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE seal SET count = 1",
        "DELETE FROM seal",
        "INSERT INTO seal SELECT * FROM seal",
        "UPDATE access_log SET name = 'x'",
        "DELETE FROM access_log",
    ],
)
def test_the_application_can_neither_write_seals_nor_alter_the_access_log(desk: Desk, statement: str) -> None:
    desk.seal()
    before = desk.seals()
    with desk.app.app_context(), acting(SYSTEM), db.engine.connect() as connection:
        with pytest.raises(Exception, match=DENIED):
            connection.execute(text(statement))
        connection.rollback()
    assert desk.seals() == before


def test_the_worker_seals_every_minute_and_verifies_every_hour(desk: Desk) -> None:
    desk.write("one")
    with desk.app.app_context():
        schedule.run_due()
        status = sealing.status(db.session())
    assert [line.n for line in status.seals] == [2, 1]
    assert (status.seals[0].log, status.seals[1].log) == ("change_log", "key")
    assert status.verified is not None
    assert (status.verified.ok, status.verified.seals, status.unsealed) == (True, 2, 0)
    with desk.unbound() as connection:
        connection.execute(text("UPDATE change_log SET actor_name = 'x' WHERE id = 4"))
    clock.turn(timedelta(hours=1))
    with desk.app.app_context():
        schedule.run_due()
        found = sealing.status(db.session()).verified
    assert found is not None
    assert (found.ok, found.problems) == (False, (Problem("ROW_ALTERED", 2, "change_log", 4),))


def test_a_page_is_told_what_waits(desk: Desk) -> None:
    desk.seal()
    desk.write("one", "two")
    waiting = [row["id"] for row in desk.rows()][-4:]
    with desk.app.app_context():
        session = db.session()
        assert sealing.status(session).unsealed == len(waiting) - len(sealing.seal_of(session, waiting))
        assert sealing.status(session).unsealed > 0
        assert sealing.proof(session, waiting[-1]) is None
        assert sealing.verify_now(session).unsealed == sealing.status(session).unsealed


def test_any_entry_can_be_proved_and_nothing_else(desk: Desk) -> None:
    desk.seal()
    desk.write("one", "two", "three")
    desk.seal()
    key = read_key(desk.key)
    rows = desk.rows()
    for row in (*rows[:3], rows[len(rows) // 2], *rows[-6:]):
        with desk.app.app_context():
            proof = sealing.proof(db.session(), row["id"])
        assert proof is not None
        whole: dict[str, Any] = json.loads(json.dumps(proof.as_json()))
        assert len(proof.path) <= (proof.seal["count"] - 1).bit_length()
        assert check_proof(whole, key, desk.anchor) == []
        other = {**whole, "row": {**whole["row"], "actor_name": "x"}}
        assert [p.code for p in check_proof(other, key)] == ["PROOF"]
        forged = {**whole, "seal": {**whole["seal"], "count": whole["seal"]["count"] + 1}}
        assert "SIGNATURE" in [p.code for p in check_proof(forged, key, desk.anchor)]
