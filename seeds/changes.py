"""Changes of customers that waited or wait for somebody's agreement in the demo company, and who stands in for whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from app import clock
from app.access.context import acting_as
from app.change import Change
from seeds.approving import case_of_set, walk
from seeds.data.changes import ASKS, AWAY, FLOW, POLICY, Ask
from seeds.data.way import Step
from seeds.diary import Diary
from seeds.flows import publish
from seeds.ledgers import Place
from seeds.writing import send, write


def demand_agreement(place: Place) -> None:
    """The administrator's rule: new terms of payment need somebody's agreement."""
    with acting_as(place.users["admin"], source="seed"):
        publish(*FLOW)
        write("demo:policy", [Change("approval_policy", "insert", POLICY)])


def enter(diary: Diary, place: Place, buyers: list[int], known: Sequence[dict[str, Any]]) -> None:
    """All asks with what became of them; `buyers` are the ids of the customers that are described by `known`."""
    taken: set[int] = set()
    for number, ask in enumerate(ASKS):
        chosen = [n for n in range(len(known)) if n not in taken and _meant(ask, known[n])][: ask.records]
        taken.update(chosen)
        _enter(diary, place, f"demo:ask:{number}", ask, [buyers[n] for n in chosen])


def stand_in(diary: Diary, place: Place) -> None:
    """Who is away, as entered by themselves."""
    for number, (ago, absent, heir, first, last, reason) in enumerate(AWAY):
        values = {
            "from_user_id": place.users[absent], "to_user_id": place.users[heir], "starts_at": _midnight(first),
            "ends_at": _midnight(last + 1), "reason": reason, **place.kept_by(absent),
        }  # fmt: skip
        diary.ago(ago, partial(_write_as, place.users[absent], f"demo:away:{number}",
                               [Change("approval_delegation", "insert", values)]))  # fmt: skip


def _enter(diary: Diary, place: Place, key: str, ask: Ask, records: list[int]) -> None:
    made: list[int] = []
    changes = [Change("customer", "update", dict(ask.values), id=n) for n in records]

    def submit(_step: Step) -> None:
        with acting_as(place.users[ask.asker], source="seed"):
            made.append(send(key, changes, ask.reason).change_set or 0)

    walk(diary, ask.way, submit, lambda: case_of_set(made[0]), place.users)
    if ask.meanwhile is not None:
        who, ago, values = ask.meanwhile
        theirs = [Change("customer", "update", dict(values), id=n) for n in records]
        diary.ago(ago, partial(_write_as, place.users[who], f"{key}:meanwhile", theirs))


def _meant(ask: Ask, customer: dict[str, Any]) -> bool:
    term = customer["payment_term"]
    right = term == ask.term if ask.term else term != ask.values["payment_term"]
    company = customer["customer_type"] != "consumer" and customer["status"] != "blacklist"
    return bool(right and company and customer["owner"] in ask.owners)


def _write_as(user: int, key: str, changes: list[Change]) -> None:
    with acting_as(user, source="seed"):
        write(key, changes)


def _midnight(days: int) -> str:
    day = clock.today() + timedelta(days=days)
    return clock.instant_text(clock.parse_instant(datetime.combine(day, time(0)).isoformat()))
