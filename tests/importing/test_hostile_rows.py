"""Keys, the one bad row, the same file twice, two people at once (items 64 to 67): all or nothing, never doubled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.cast import customer
from tests.importing.way import Way

FIELDS = ("customer_code", *customer(0, 0))
ROWS = 400


def csv(*rows: Sequence[Any], head: Sequence[str] = FIELDS) -> bytes:
    """A file in UTF-8."""
    return "\n".join(",".join(map(str, row)) for row in (head, *rows)).encode()


def line(number: int, code: str = "", **more: Any) -> list[Any]:
    """A customer as a row; region by name."""
    return list({"customer_code": code, **customer(0, number), "region_id": "华东大区", **more}.values())


def codes(way: Way, *fields: str) -> list[list[Any]]:
    """The customers 王浩 sees."""
    return way.records("customer", ["customer_code", *fields])


def test_a_key_twice_in_the_file_is_an_error_at_both_rows(way: Way) -> None:
    code = codes(way)[0][0]
    # Width and case make no other key.
    wide = code.replace("C", "ｃ")
    summary = way.preview("customer", csv(line(91, code), line(92), line(93, wide)))
    wrong = way.rows(summary["set"], "error")
    assert [row["line"] for row in wrong] == [2, 4]
    for row in wrong:
        (error,) = row["errors"]
        assert error["code"] == "DUPLICATE_IN_FILE"
        assert "2、4" in error["message"]


def test_a_key_that_is_there_changes_the_record_in_whatever_width_it_is_written(way: Way) -> None:
    code, name = codes(way, "name")[0]
    summary = way.preview("customer", csv(line(91, code.replace("C", "Ｃ"), name="改了名")))
    assert (summary["updated"], summary["inserted"]) == (1, 0)
    way.commit(summary["set"])
    assert [code, "改了名"] in codes(way, "name")
    assert [code, name] not in codes(way, "name")


def test_a_key_out_of_scope_changes_nothing_and_tells_nothing_of_its_record(way: Way) -> None:
    """王浩 does not see 华南's customer. Its code is taken, which a unique number cannot hide; whose it is, it can."""
    everybody = dict(codes(way.other("auditor"), "name"))
    (foreign,) = everybody.keys() - {one[0] for one in codes(way)}
    summary = way.preview("customer", csv(line(91, foreign)))
    (row,) = way.rows(summary["set"])
    assert (row["op"], [e["code"] for e in row["errors"]]) == ("insert", ["TAKEN"])
    assert everybody[foreign] not in str(row)


def test_one_bad_row_near_the_end_keeps_all_others_out(way: Way) -> None:
    before = len(codes(way))
    rows = [line(n) for n in range(1000, 1000 + ROWS)]
    rows[-2][FIELDS.index("mobile")] = "12345"
    summary = way.preview("customer", csv(*rows))
    assert way.wrong(summary["set"]) == {ROWS: [("mobile", "BAD_MOBILE")]}
    refused = way.post(f"/api/v1/import/{summary['set']}/commit", {"partial": False, "confirmed": True})
    assert refused.status_code == 422
    assert len(codes(way)) == before
    done = way.commit(summary["set"], partial=True)
    assert (done["inserted"], done["left_out"]) == (ROWS - 1, 1)
    assert len(codes(way)) == before + ROWS - 1


def test_a_commit_sent_twice_writes_once(way: Way) -> None:
    """The answer was lost on its way and the page asks again."""
    summary = way.preview("customer", csv(line(91), line(92)))
    before = len(codes(way))
    first = way.commit(summary["set"])
    assert first["inserted"] == 2
    again = way.post(f"/api/v1/import/{summary['set']}/commit", {"partial": False, "confirmed": True})
    if again.status_code == 202:
        way.job(again)
    assert len(codes(way)) == before + 2


def test_the_same_file_twice_is_noticed_and_changes_nothing(way: Way) -> None:
    code = codes(way)[0][0]
    file = csv(line(91, code, address="新街9号"))
    done = way.commit(way.preview("customer", file)["set"])
    seen = way.upload("customer", file).json["seen"]
    assert seen["set"] == done["change_set"]
    assert seen["updated"] == 1
    again = way.preview("customer", file)
    assert (again["updated"], again["unchanged"]) == (0, 1)


def test_what_somebody_else_changed_since_the_preview_is_a_conflict(way: Way) -> None:
    """Two people import the same rows; the second is told whose value stands there, and writes nothing over it."""
    theirs = way.other("sr.wang")
    (shared,) = (one[0] for one in codes(theirs))
    other = next(one[0] for one in codes(way) if one[0] != shared)
    head = ("customer_code", "contact_name")
    mine = way.preview("customer", csv((shared, "何女士"), (other, "何女士"), head=head))
    theirs.commit(theirs.preview("customer", csv((shared, "顾先生"), head=head))["set"])
    done = way.commit(mine["set"])
    assert done["state"] == "refused"
    assert done["conflict_count"] == 1
    assert dict(codes(way, "contact_name"))[shared] == "顾先生"
    assert dict(codes(way, "contact_name"))[other] == "何先生", "all or nothing"
