"""Telling the outside world what happened in approvals: at least once, after the fact, never in the way of a decision.

What is to be told is written in the transaction that decided; this delivers it, again and again until somebody took
it. The receiver knows a repetition by its key.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from app.approval.running import hook, outbox
from app.db import db
from app.jobs.schedule import every

WEBHOOK = "webhook"
VERBS = ("submit", "resubmit", "enter", "transfer", "reassign", "escalate", "remind", "back", "return", "withdraw",
         "terminate", "end")  # fmt: skip
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
BATCH = 100
TIMEOUT = 10.0

Sender = Callable[[str, dict[str, Any]], None]
_senders: dict[str, Sender] = {}


def deliver_with(
    name: str, verbs: tuple[str, ...], configured: Callable[[], bool]
) -> Callable[[Sender], Sender]:
    """Declare how a hook is told: a function of the key and the message, which raises when nobody took it."""

    def declare(send: Sender) -> Sender:
        hook(name, verbs, configured)
        _senders[name] = send
        return send

    return declare


def _webhook_url() -> str:
    return str(current_app.config["TAIZHANG"].webhook)


@deliver_with(WEBHOOK, VERBS, lambda: bool(_webhook_url()))
def post(key: str, message: dict[str, Any]) -> None:
    """POST the message as JSON to the address of TAIZHANG_WEBHOOK, with the key as ``Idempotency-Key``."""
    request = urllib.request.Request(
        _webhook_url(), json.dumps(message, ensure_ascii=False).encode(), method="POST",
        headers={"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        answer.read(1)


@every("approval_outbox", minutes=1)
def deliver(now: datetime) -> dict[str, Any]:
    """Deliver what is due; what nobody takes is tried again later and later."""
    with db.engine.connect() as connection:
        due = select(outbox).where(outbox.c.done_at.is_(None), outbox.c.next_at <= now)
        rows = connection.execute(due.order_by(outbox.c.id).limit(BATCH)).mappings().all()
    told = 0
    for row in rows:
        values: dict[str, Any] = {"attempts": row["attempts"] + 1}
        try:
            _senders[row["hook"]](f"{row['event_id']}:{row['hook']}", row["payload"])
            values |= {"done_at": now, "error": None}
            told += 1
        except (KeyError, OSError, ValueError, urllib.error.URLError) as error:
            pause = min(FIRST_PAUSE * 2 ** min(row["attempts"], 12), LONGEST_PAUSE)
            values |= {"next_at": now + pause, "error": type(error).__name__}
        # Of two workers that tell it at the same moment the receiver sees one key.
        with db.engine.begin() as connection:
            connection.execute(update(outbox).where(outbox.c.id == row["id"]).values(values))
    return {"told": told, "failed": len(rows) - told}
