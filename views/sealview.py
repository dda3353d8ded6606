"""What pages say of seals: how far the log is sealed and checked, and which seal an entry stands in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import clock
from app.audit import sealing
from app.audit.proof.ed25519 import read_key
from app.audit.proof.findings import Problem, Report
from app.audit.proof.merkle import KEY, LOGS, leaf
from app.audit.proof.verify import check_proof
from app.audit.seal_keys import public_file
from app.jobs import queue
from app.jobs.seals import verification
from app.query.display import short_when, when

BLOCKS = 4
LISTED = 60


def status(session: Session) -> dict[str, Any]:
    """How far the log is sealed, for the band above it: `blocks` are the latest seals, the newest last."""
    found = sealing.status(session, BLOCKS)
    last = found.seals[0] if found.seals else None
    seen = found.verified
    return {
        "number": f"{last.n:,}" if last else "",
        "until": _clock(last.at) if last else "",
        "last": next((f"{one.hi:,}" for one in found.seals if one.log == LOGS[0]), ""),
        "waiting": found.unsealed,
        "checked": _clock(seen.at) if seen and seen.ok and seen.seals else "",
        "checked_number": f"{seen.seals:,}" if seen else "",
        "whole": bool(last and seen and seen.ok and seen.seals >= last.n),
        "broken": said(seen.problems[0]) if seen and seen.problems else "",
        "blocks": [_block(one) for one in reversed(found.seals)],
    }


def chain(session: Session, before: int | None = None) -> list[dict[str, Any]]:
    """Seals with what each holds, the newest first."""
    return [
        {**_block(one), "at": when(one.at), "range": _range(one.log, one.lo, one.hi), "count": f"{one.count:,}"}
        for one in sealing.latest(session, LISTED, before)
    ]  # fmt: skip


def _block(one: sealing.SealLine) -> dict[str, Any]:
    return {"number": one.n, "number_text": f"{one.n:,}", "at": _clock(one.at), "root": one.root,
            "short": f"{one.root[:4]}…{one.root[-4:]}"}  # fmt: skip


def _range(log: str, lo: Any, hi: Any) -> str:
    if log == KEY:
        return str(_("a new key"))
    name = _("Change log") if log == LOGS[0] else _("Sign-ins and exports")
    return f"{name} {lo:,} – {hi:,}"


def _clock(at: datetime) -> str:
    local = clock.local(at)
    return local.strftime("%H:%M") if local.date() == clock.today() else short_when(clock.instant_text(at))


def seals_of(session: Session, items: Sequence[dict[str, Any]]) -> dict[Any, int]:
    """The seals the entries of a page stand in, by the entries' ids."""
    found: dict[Any, int] = {}
    for log, access in zip(LOGS, (False, True), strict=True):
        ids = {item["key"]: item["id"] for item in items if item["access"] == access and "number" not in item}
        if ids:
            found |= {ids[key]: seal for key, seal in sealing.seal_of(session, ids, log).items()}
    return found


def proof(session: Session, item: dict[str, Any]) -> dict[str, Any]:
    """How one entry is proven: its hash, and its seal once it has one; `good` says whether they fit."""
    found = sealing.proof(session, item["key"], LOGS[item["access"]])
    if found is None:
        return {"good": None}
    seal = found.seal
    return {
        "good": not check_proof(found.as_json(), public_key() or b""),
        "leaf": _spaced(leaf(found.row).hex()),
        "number": seal["n"],
        "range": _range(seal["log"], seal["lo"], seal["hi"]),
        "root": _spaced(seal["root"]),
        "previous": f"{seal['n'] - 1:,}" if seal["n"] > 1 else "",
    }


def _spaced(hexes: str) -> str:
    """A hash as people compare it: its beginning and its end, in groups of four."""
    begin, end = hexes[:16], hexes[-8:]
    return " ".join([*(begin[n : n + 4] for n in range(0, 16, 4)), "…", end[:4], end[4:]])


def public_key() -> bytes | None:
    """The key by which the seals of this database are verified."""
    file = public_file(current_app.config["TAIZHANG"].seal_key_file)
    return read_key(file) if file.exists() else None


def said(problem: Problem) -> str:
    """What is wrong, in the reader's language."""
    return problem.text("zh" if str(get_locale() or "zh").startswith("zh") else "en")


def start_verifying() -> int | Report:
    """Verify the log from the first seal to the last: the job that does it, or what was found where there are none."""
    settings = current_app.config["TAIZHANG"]
    if settings.jobs == "off":
        return verification(settings)
    return queue.enqueue(sealing.VERIFY, {"due": clock.instant_text(clock.now())}, user_id=None)


def verified(job_id: int) -> dict[str, Any] | None:
    """How far a verification is: `state`, and what to say when it is done. None where there is no such job."""
    job = queue.find(job_id)
    if job is None or job["kind"] != sealing.VERIFY:
        return None
    if job["state"] == "done":
        found = dict(job["result"])
        found.pop("ok", None)
        problems = [Problem(**one) for one in found.pop("problems")]
        return {"state": "done", **outcome(Report(**found, problems=problems))}
    return {"state": job["state"], "good": False, "said": []}


def outcome(report: Report) -> dict[str, Any]:
    """What a verification found, in the reader's language."""
    if not report.ok:
        return {"good": False, "said": [said(problem) for problem in report.problems]}
    line = _("Everything fits: %(seals)s seals over %(sealed)s entries; %(unsealed)s not sealed yet.",
             seals=f"{report.seals:,}", sealed=f"{report.sealed:,}", unsealed=f"{report.unsealed:,}")  # fmt: skip
    return {"good": True, "said": [line]}
