"""Whatever the owner of the database does to what is sealed, a verification names the seal and the entry."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, text

from app.access.log import note
from app.audit import sealed
from app.audit.proof.findings import Problem
from app.audit.proof.merkle import Tree, body, leaf, listing
from app.audit.proof.verify import sha, verify
from app.audit.seal_keys import new_key
from tests.seals import desk as desks
from tests.seals.desk import Desk, Row
from tests.support.apps import Applications
from tests.support.database import Engine
from tests.support.perfile import engine, engine_kind  # noqa: F401  fixtures


@dataclass(frozen=True)
class Evidence:
    """A database with a few seals, its entries and their seals."""

    desk: Desk
    rows: list[Row]
    seals: list[Row]

    def seal_of(self, row_id: int) -> int:
        number: int = next(s["n"] for s in self.seals if s["log"] == "change_log" and row_id <= s["hi"])
        return number

    def row(self, row_id: int) -> Row:
        return next(row for row in self.rows if row["id"] == row_id)


@pytest.fixture(scope="module")
def evidence(applications: Applications, engine: Engine) -> Iterator[Evidence]:  # noqa: F811
    running = applications.fresh(engine)
    with desks.opened(running.flask, running.store) as desk:
        desk.seal()
        for portion in range(5):
            desk.write(*(f"t{portion}{n}" for n in range(6)))
            with desk.app.app_context():
                note("export", "customer", rows=portion, name="王芳")
            desk.seal()
        assert desk.after() == []
        yield Evidence(desk, desk.rows(), desk.seals())


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''").replace(":", r"\:") + "'"


def test_one_character_of_a_value_before_or_after(evidence: Evidence) -> None:
    chance = random.Random(7)
    told = [(row["id"], side) for row in evidence.rows for side in ("old", "new") if row[side]]
    for row_id, side in chance.sample(told, 12):
        value = evidence.row(row_id)[side]
        at = chance.randrange(len(value))
        altered = value[:at] + ("x" if value[at] != "x" else "y") + value[at + 1 :]
        problems = evidence.desk.after(
            f"UPDATE change_log SET {side} = {quoted(altered)} WHERE id = {row_id}"
        )
        assert problems == [Problem("ROW_ALTERED", evidence.seal_of(row_id), "change_log", row_id)]


@pytest.mark.parametrize(
    "altered",
    [
        "txn = txn + 1", "txn = 9000000", "at = (SELECT at FROM change_log WHERE id = 1)", "actor_id = 4",
        "actor_name = 'x'", "db_user = 'x'", "request = 'x'", "source = 'x'", "change_set = 4",
        "tbl = 'region'", "record_id = 77", "record_key = '[1]'", "op = 'D'", "old = '{}'", "new = NULL",
    ],
)  # fmt: skip
def test_any_column_of_an_entry(evidence: Evidence, altered: str) -> None:
    row_id = evidence.rows[-8]["id"]
    problems = evidence.desk.after(f"UPDATE change_log SET {altered} WHERE id = {row_id}")
    assert problems == [Problem("ROW_ALTERED", evidence.seal_of(row_id), "change_log", row_id)]


def test_an_entry_deleted_in_the_middle(evidence: Evidence) -> None:
    row_id = evidence.rows[-9]["id"]
    problems = evidence.desk.after(f"DELETE FROM change_log WHERE id = {row_id}")
    assert problems == [Problem("ROW_MISSING", evidence.seal_of(row_id), "change_log", row_id)]


def test_a_run_of_entries_deleted(evidence: Evidence) -> None:
    first, last = evidence.rows[40]["id"], evidence.rows[60]["id"]
    problems = evidence.desk.after(f"DELETE FROM change_log WHERE id BETWEEN {first} AND {last}")
    assert problems == [Problem("ROWS_MISSING", evidence.seal_of(first), "change_log", first, last)]


def test_all_entries_deleted(evidence: Evidence) -> None:
    problems = evidence.desk.after("DELETE FROM change_log")
    assert {p.seal for p in problems} == {s["n"] for s in evidence.seals if s["log"] == "change_log"}
    assert {p.code for p in problems} == {"ROWS_MISSING"}


def test_an_entry_put_in_later(evidence: Evidence) -> None:
    columns = ", ".join(name for name in evidence.rows[0] if name != "id")
    problems = evidence.desk.after(
        f"INSERT INTO change_log (id, {columns}) SELECT -5, {columns} FROM change_log WHERE id = 3"
    )
    assert problems == [Problem("ROW_INSERTED", evidence.seal_of(3), "change_log", -5)]


@pytest.mark.parametrize("whole", [True, False], ids=["by id", "by content"])
def test_two_entries_swapped(evidence: Evidence, whole: bool) -> None:
    first, second = evidence.rows[50]["id"], evidence.rows[-3]["id"]
    if whole:
        problems = evidence.desk.after(
            f"UPDATE change_log SET id = -1 WHERE id = {first}",
            f"UPDATE change_log SET id = {first} WHERE id = {second}",
            f"UPDATE change_log SET id = {second} WHERE id = -1",
        )
        assert problems == [Problem("ROWS_SWAPPED", evidence.seal_of(first), "change_log", first, second)]
        return
    ours, theirs = evidence.row(first), evidence.row(second)
    problems = evidence.desk.after(
        *(
            f"UPDATE change_log SET new = {quoted(source['new'])}, record_id = {source['record_id'] or 'NULL'}"
            f" WHERE id = {target['id']}"
            for source, target in ((ours, theirs), (theirs, ours))
        )
    )
    assert {(p.code, p.row) for p in problems} == {("ROW_ALTERED", first), ("ROW_ALTERED", second)}


def test_the_end_of_the_log_deleted(evidence: Evidence) -> None:
    last = evidence.seals[-1] if evidence.seals[-1]["log"] == "change_log" else evidence.seals[-2]
    problems = evidence.desk.after(f"DELETE FROM change_log WHERE id >= {last['lo']}")
    assert problems == [Problem("ROWS_MISSING", last["n"], "change_log", last["lo"], last["hi"])]


def test_the_end_cut_off_with_its_seals_is_known_by_the_anchor(evidence: Evidence) -> None:
    cut = [s for s in evidence.seals if s["n"] > evidence.seals[-4]["n"]]
    damage = [f"DELETE FROM {s['log']} WHERE id >= {s['lo']}" for s in reversed(cut)]
    damage += [f"DELETE FROM seal WHERE n >= {cut[0]['n']}"]
    problems = evidence.desk.after(*damage)
    assert problems == [Problem("CUT_OFF", s["n"], s["log"], s["lo"], s["hi"]) for s in cut]
    assert evidence.desk.after(*damage, anchor=False) == []


@pytest.mark.parametrize(
    "altered",
    ["count = count + 1", "root = prev", "hi = hi + 1", "lo = 1", "at = (SELECT at FROM seal WHERE n = 1)"],
)
def test_a_seal_altered(evidence: Evidence, altered: str) -> None:
    number = evidence.seals[4]["n"]
    assert evidence.desk.after(f"UPDATE seal SET {altered} WHERE n = {number}") == [
        Problem("SEAL_ALTERED", number)
    ]


def test_the_last_seal_altered(evidence: Evidence) -> None:
    number = evidence.seals[-1]["n"]
    problems = evidence.desk.after(f"UPDATE seal SET count = 1000 WHERE n = {number}", anchor=False)
    assert problems == [Problem("SIGNATURE", number)]


@pytest.mark.parametrize(
    "signature", ["'" + "00" * 64 + "'", "'no hex'", "(SELECT signature FROM seal WHERE n = 2)"]
)
def test_a_signature_altered(evidence: Evidence, signature: str) -> None:
    number = evidence.seals[4]["n"]
    problems = evidence.desk.after(f"UPDATE seal SET signature = {signature} WHERE n = {number}")
    assert problems == [Problem("SIGNATURE", number)]


@pytest.mark.parametrize("number", [1, 4])
def test_a_seal_missing(evidence: Evidence, number: int) -> None:
    problems = evidence.desk.after(f"DELETE FROM seal WHERE n = {number}")
    assert problems[0] == Problem("SEAL_MISSING", number)


def test_an_entry_and_its_hash_in_the_list_of_leaves(evidence: Evidence) -> None:
    row_id = evidence.rows[-8]["id"]
    number = evidence.seal_of(row_id)
    mine = next(s for s in evidence.seals if s["n"] == number)

    def cover_up(connection: Connection) -> None:
        members = [
            r
            for r in sealed.DatabaseSource(connection).rows("change_log")
            if mine["lo"] <= r["id"] <= mine["hi"]
        ]
        connection.execute(
            text("UPDATE seal SET leaves = :leaves WHERE n = :n"),
            {"leaves": listing((r["id"], leaf(r)) for r in members), "n": number},
        )

    problems = evidence.desk.after(f"UPDATE change_log SET new = '{{}}' WHERE id = {row_id}", cover_up)
    assert problems == [Problem("ROWS", number, "change_log", mine["lo"], mine["hi"])]


def forge(connection: Connection) -> None:
    """Make the chain anew with a key of one's own, as whoever holds the whole database could."""
    key = new_key()
    before: Row | None = None
    source = sealed.DatabaseSource(connection)
    for seal in list(source.seals()):
        forged = {**seal, "key_id": key.id, "prev": sha(before) if before else "0" * 64}
        if seal["log"] == "key":
            forged["root"] = key.public.hex()
        else:
            members = [r for r in source.rows(seal["log"]) if seal["lo"] <= r["id"] <= seal["hi"]]
            forged["root"] = Tree(map(leaf, members)).root()
        forged["signature"] = key.sign(body(forged))
        connection.execute(
            text(
                "UPDATE seal SET key_id = :key_id, prev = :prev, root = :root, signature = :signature WHERE n = :n"
            ),
            {name: forged[name] for name in ("key_id", "prev", "root", "signature", "n")},
        )
        before = forged


def test_a_whole_chain_forged_with_another_key_is_not_signed_by_the_one_we_know(evidence: Evidence) -> None:
    row_id = evidence.rows[-8]["id"]
    damage = (f"UPDATE change_log SET new = '{{}}' WHERE id = {row_id}", forge)
    assert evidence.desk.after(*damage, key=False, anchor=False) == []
    assert evidence.desk.after(*damage, anchor=False) == [Problem("OTHER_KEY")]
    assert {p.code for p in evidence.desk.after(*damage, key=False)} == {"ANCHOR"}


def test_the_access_log_is_sealed_as_well(evidence: Evidence) -> None:
    rows = evidence.desk.rows("access_log")
    assert len(rows) == 5
    problems = evidence.desk.after("UPDATE access_log SET name = 'somebody' WHERE id = 2")
    number = next(s["n"] for s in evidence.seals if s["log"] == "access_log" and s["hi"] >= 2)
    assert problems == [Problem("ROW_ALTERED", number, "access_log", 2)]
    assert [p.code for p in evidence.desk.after("DELETE FROM access_log WHERE id = 3")] == ["ROW_MISSING"]


def test_what_is_not_sealed_yet_is_counted_and_no_fault(evidence: Evidence) -> None:
    columns = ", ".join(name for name in evidence.rows[0] if name != "id")
    sqlite = evidence.desk.owner.dialect.name == "sqlite"
    txn = "0" if sqlite else "(SELECT max(settled) + 1000 FROM seal)"
    others = columns.replace("txn", txn, 1)
    with evidence.desk.owner.connect() as connection:
        desks.unbind(connection)
        connection.execute(
            text(
                f"INSERT INTO change_log (id, {columns}) SELECT 1000000 + id, {others} FROM change_log WHERE id < 8"
            )
        )
        report = verify(sealed.DatabaseSource(connection))
        connection.rollback()
    assert (report.problems, report.unsealed) == ([], 7)


def test_every_finding_is_said_in_both_languages(evidence: Evidence) -> None:
    problem = evidence.desk.after("UPDATE change_log SET op = 'D' WHERE id = 5")[0]
    assert problem.text("zh") == f"第 {problem.seal} 号封印：change_log 第 5 条被改过"
    assert problem.text() == f"seal {problem.seal}: change_log entry 5 has been altered"
