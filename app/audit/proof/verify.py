"""The verification itself: the chain of seals, the entries under each, the anchor; and the proof of one entry."""

from __future__ import annotations

import bisect
import hashlib
import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from app.audit.proof.ed25519 import key_id, signed
from app.audit.proof.findings import Problem, Report
from app.audit.proof.merkle import KEY, LOGS, Row, Tree, body, climb, leaf, listed
from app.audit.proof.sources import Source

GENESIS = "0" * 64
"""What the first seal has in place of the hash of one before it."""
MOST = 50
"""Problems told; damage beyond that is not told apart."""
_COMPARED = 200


def sha(seal: Row) -> str:
    """The hash by which the next seal names this one."""
    return hashlib.sha256(body(seal)).hexdigest()


class Stretch(NamedTuple):
    """What is kept of a seal while entries are read: there may be hundreds of thousands."""

    n: int
    lo: int
    hi: int
    settled: int | None
    root: str


def verify(source: Source, key: bytes | None = None, anchor: Path | None = None) -> Report:
    """Check all seals and entries of `source`, with a public key and an anchor file that somebody kept."""
    report = Report()
    stretches: dict[str, list[Stretch]] = {log: [] for log in LOGS}
    hashes: dict[int, str] = {}
    for seal in _chained(source.seals(), key, report):
        report.seals += 1
        hashes[seal["n"]] = sha(seal)
        if seal["log"] in stretches:
            stretches[seal["log"]].append(Stretch(*(seal.get(name) for name in Stretch._fields)))  # type: ignore[arg-type]
    if anchor is not None:
        _check_anchor(hashes, anchored(anchor), report)
    for log in LOGS:
        _check_log(source, log, stretches[log], report)
    report.problems = sorted(set(report.problems), key=lambda p: (p.seal, p.row or 0))[:MOST]
    return report


def _chained(seals: Iterator[Row], key: bytes | None, report: Report) -> Iterator[Row]:
    """The seals one after the other, each checked against the one before."""
    keys = {} if key is None else {key_id(key): key}
    signers = set()
    before: Row | None = None
    for seal in seals:
        number = seal["n"]
        expected = before["n"] + 1 if before else 1
        missing = [Problem("SEAL_MISSING", n) for n in range(expected, min(number, expected + MOST))]
        report.problems += missing
        if seal["log"] == KEY and number == 1:
            keys[seal["key_id"]] = _bytes(seal["root"])
        public = keys.get(seal["key_id"], b"")
        fits = signed(public, body(seal), _bytes(seal["signature"]))
        if not fits:
            report.problems.append(Problem("SIGNATURE", number))
        else:
            signers.add(public)
            if seal["log"] == KEY:
                keys[key_id(_bytes(seal["root"]))] = _bytes(seal["root"])
        if not missing and seal["prev"] != (sha(before) if before else GENESIS):
            wrong = Problem("SIGNATURE", number - 1)
            if wrong in report.problems:  # its signature would fit, and so would we, had it not been altered
                report.problems[report.problems.index(wrong)] = Problem("SEAL_ALTERED", number - 1)
            elif fits:
                report.problems.append(Problem("CHAIN", number))
        before = seal
        yield seal
    if key is not None and before and key not in signers:
        report.problems.append(Problem("OTHER_KEY"))


def _bytes(text: Any) -> bytes:
    try:
        return bytes.fromhex(str(text))
    except ValueError:
        return b""


def anchored(file: Path) -> Iterator[Row]:
    """The seals of an anchor file; a line torn by a crash is passed over."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                seal: Row = json.loads(line)
                if {"n", "log"} <= seal.keys():
                    yield seal
            except (ValueError, AttributeError):
                continue


def _check_anchor(hashes: dict[int, str], anchors: Iterator[Row], report: Report) -> None:
    last = max(hashes, default=0)
    for anchor in anchors:
        number = anchor["n"]
        if number in hashes and hashes[number] == sha(anchor):
            report.anchored = number
        elif number in hashes and Problem("SEAL_ALTERED", number) not in report.problems:
            report.problems.append(Problem("ANCHOR", number))
        elif number > last:
            report.problems.append(
                Problem("CUT_OFF", number, anchor["log"], anchor.get("lo", 0), anchor.get("hi", 0))
            )


class Places:
    """Which seal an entry belongs to; `seals` are those of its log, by number."""

    def __init__(self, seals: list[Stretch]) -> None:
        self._seals = seals
        self._ends = [seal.hi for seal in seals]

    def of(self, row: Row) -> int | None:
        """The number of an entry's seal; None while it has none."""
        txn = row.get("txn")
        for at in range(bisect.bisect_left(self._ends, row["id"]), len(self._seals)):
            settled = self._seals[at].settled
            if settled is None or (isinstance(txn, int) and txn < settled):
                return self._seals[at].n
        return None


def _check_log(source: Source, log: str, seals: list[Stretch], report: Report) -> None:
    places = Places(seals)
    trees: dict[int, Tree] = {}
    bad: list[Stretch] = []
    ahead = 0
    for row in chain(source.rows(log), [None]):
        # Entries come by id: what ends before this one is whole.
        while ahead < len(seals) and (row is None or seals[ahead].hi < row["id"]):
            seal = seals[ahead]
            if trees.pop(seal.n, Tree()).root() != seal.root:
                bad.append(seal)
            ahead += 1
        if row is None:
            break
        number = places.of(row)
        if number is None:
            report.unsealed += 1
        else:
            report.sealed += 1
            trees.setdefault(number, Tree()).add(leaf(row))
    if bad:
        found = list(_named(source, log, bad, places, report))
        if not found and report.ok:
            found = [Problem("ROWS", seal.n, log, seal.lo, seal.hi) for seal in bad]
        report.problems += found


def _named(
    source: Source, log: str, bad: list[Stretch], places: Places, report: Report
) -> Iterator[Problem]:  # fmt: skip
    """What happened to the entries of seals that do not fit, by the list of leaves each seal keeps."""
    doubtful = {p.seal for p in report.problems if p.code in ("SEAL_ALTERED", "SIGNATURE")}
    gaps = any(p.code == "SEAL_MISSING" for p in report.problems)
    expected: dict[int, tuple[int, bytes]] = {}
    for seal in bad:
        leaves = listed(source.leaves(seal.n))
        if Tree(leaves.values()).root() == seal.root or seal.n in doubtful:
            expected |= {row_id: (seal.n, one) for row_id, one in leaves.items()}
        else:
            yield Problem("ROWS", seal.n, log, seal.lo, seal.hi)
    told = {number for number, _leaf in expected.values()}
    altered: dict[int, Row] = {}
    missing = dict(expected)
    for row in source.rows(log):
        known = missing.pop(row["id"], None)
        if known is not None and known[1] != leaf(row):
            altered[row["id"]] = row
        elif known is None and places.of(row) in told and not gaps:
            yield Problem("ROW_INSERTED", places.of(row) or 0, log, row["id"])
    swapped = dict(_swapped(altered, expected)) if len(altered) <= _COMPARED else {}
    for row_id in altered:
        number = expected[row_id][0]
        if row_id not in swapped:
            yield Problem("ROW_ALTERED", number, log, row_id)
        elif row_id < swapped[row_id]:
            yield Problem("ROWS_SWAPPED", number, log, row_id, swapped[row_id])
    yield from _runs(log, missing, expected)


def _swapped(altered: dict[int, Row], expected: dict[int, tuple[int, bytes]]) -> Iterator[tuple[int, int]]:
    """Pairs of entries each of which is under the other's id."""
    for here, row in altered.items():
        for there in altered:
            if here != there and leaf({**row, "id": there}) == expected[there][1]:
                yield here, there


def _runs(
    log: str, missing: dict[int, tuple[int, bytes]], expected: dict[int, tuple[int, bytes]]
) -> Iterator[Problem]:
    """Entries that are gone, neighbours together."""
    run: list[int] = []
    number = 0
    for row_id, (seal, _leaf) in [*sorted(expected.items()), (0, (0, b""))]:
        if run and (row_id not in missing or seal != number):
            one = len(run) == 1
            code = "ROW_MISSING" if one else "ROWS_MISSING"
            yield Problem(code, number, log, run[0], None if one else run[-1])
            run = []
        if row_id in missing and seal:
            run.append(row_id)
            number = seal


def check_proof(proof: Row, key: bytes, anchor: Path | None = None) -> list[Problem]:
    """What is wrong with the proof of one entry (`taizhang proof`)."""
    seal, row = proof["seal"], proof["row"]
    keys = {key_id(key): key}
    for one in proof["keys"]:
        if signed(keys.get(one["key_id"], b""), body(one), _bytes(one["signature"])):
            keys[key_id(_bytes(one["root"]))] = _bytes(one["root"])
    found = []
    if seal["key_id"] not in keys:
        found.append(Problem("KEY_UNKNOWN", seal["n"]))
    elif not signed(keys[seal["key_id"]], body(seal), _bytes(seal["signature"])):
        found.append(Problem("SIGNATURE", seal["n"]))
    if climb(leaf(row), proof["index"], seal["count"], proof["path"]) != seal["root"]:
        found.append(Problem("PROOF", seal["n"], seal["log"], row["id"]))
    kept = (one for one in anchored(anchor) if one["n"] == seal["n"]) if anchor else ()
    if any(body(one) != body(seal) for one in kept):
        found.append(Problem("ANCHOR", seal["n"]))
    return found
