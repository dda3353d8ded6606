"""Many hands on one sheet: editors and readers over HTTP while an import of many rows goes on.

Every editor counts up: it reads a number in a row, thinks, and writes the next one with the number it saw as its
base. So the sum of what was acknowledged must be what is there at the end: a lost update would be missing.
"""

from __future__ import annotations

import random
import statistics
import threading
import time
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from bench.client import Answer, Client

THINK = 2.0
WINDOW = 100
CROWDED = 400
"""Rows at the top that half of the editors' windows come from, so that they meet."""
EXPECTED = (200, 409, 503)
"""Answers to a hand: done, somebody else was first, come back in a moment. Any other is a failed request."""
FIELDS = ["customer_code", "name", "status", "contact_name", "address", "remark", "updated_at"]


@dataclass
class Tally:
    """What all hands have seen together."""

    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    failed: int = 0
    counted: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    unanswered: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, answer: Answer) -> None:
        """An answer to a read or a write."""
        with self.lock:
            self.statuses[f"{kind} {answer.status}"] += 1
            self.failed += answer.status not in EXPECTED
            if answer.status < 500:
                (self.reads if kind == "read" else self.writes).append(answer.seconds)
            elif answer.status != 503:
                self.wrong.append(f"{kind}: {answer.status} {answer.body[:300].decode(errors='replace')}")


@dataclass
class Hand:
    """Somebody at the sheet until `stop`."""

    client: Client
    tally: Tally
    stop: threading.Event
    rows: int
    seed: int
    think: float = THINK

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def window(self, reach: int, **more: Any) -> list[dict[str, Any]]:
        """A window somewhere in the first `reach` rows."""
        body = {"at": self.dice.randrange(max(1, reach - WINDOW)), "limit": WINDOW, "fields": FIELDS, **more}
        answer = self.client.post("customer/rows", body)
        self.tally.note("read", answer)
        return answer.json["rows"] if answer.status == 200 else []

    def rest(self) -> bool:
        """Think; False when the time is up."""
        return not self.stop.wait(self.dice.uniform(0.5, 1.5) * self.think)

    def run(self) -> None:
        """Work until told to stop; whatever goes wrong is in the tally."""
        try:
            if self.rest():
                self.work()
        except Exception as error:
            with self.tally.lock:
                self.tally.wrong.append(f"{type(self).__name__}: {error!r}")


class Reader(Hand):
    """Somebody who scrolls, and now and then searches."""

    def work(self) -> None:
        while self.rest():
            more = {"q": f"{self.dice.randrange(100, 999)}"} if self.dice.random() < 0.1 else {}
            self.window(CROWDED if more else self.rows, **more)


class Editor(Hand):
    """Somebody who looks at rows, thinks, and changes one of them."""

    def work(self) -> None:
        while not self.stop.is_set():
            rows = self.window(CROWDED if self.dice.random() < 0.5 else self.rows)
            if rows and self.rest():
                self.count_up(self.dice.choice(rows))
            self.rest()

    def count_up(self, row: dict[str, Any]) -> None:
        """Write the next number; a busy server is asked again with the same key, as the sheet does."""
        seen = row["values"]["remark"]
        change = {"entity": "customer", "op": "update", "id": row["id"], "version": row["version"],
                  "base": {"remark": seen}, "values": {"remark": str(int(seen or 0) + 1)}}  # fmt: skip
        body = {"key": str(uuid.uuid4()), "source": "sheet", "changes": [change]}
        begin = time.perf_counter()
        while True:
            answer = self.client.post("change_set", body)
            self.tally.note("write", answer)
            if answer.status != 503 or self.stop.is_set():
                break
            self.stop.wait(answer.retry_after or 1)
        with self.tally.lock:
            self.tally.waits.append(time.perf_counter() - begin)
            # One that was still waiting when the time was up may be there or not.
            if answer.status == 200 and answer.json["results"][0]["state"] == "done":
                self.tally.counted[row["id"]] += 1
            elif answer.status >= 500:
                self.tally.unanswered.add(row["id"])
            elif answer.status not in (200, 409):
                self.tally.wrong.append(f"write: {answer.status} {answer.body[:300].decode()}")


def spread(seconds: list[float]) -> str:
    """Median, 95 of 100, and the longest, in milliseconds."""
    if len(seconds) < 2:
        return f"{len(seconds)} only"
    return (
        f"{len(seconds):>7,}{statistics.median(seconds) * 1000:>10,.0f}"
        f"{p95(seconds):>10,.0f}{max(seconds) * 1000:>10,.0f}"
    )


def p95(seconds: list[float]) -> float:
    """What 95 of 100 stay under, in milliseconds."""
    return statistics.quantiles(seconds, n=20)[-1] * 1000 if len(seconds) > 1 else 0.0


def report(tally: Tally) -> list[str]:
    """The table's rows."""
    busy = sum(n for status, n in tally.statuses.items() if status.endswith("503"))
    return [
        f"{'':<34}{'count':>7}{'p50 ms':>10}{'p95 ms':>10}{'max ms':>10}",
        f"{'reads of 100 rows':<34}{spread(tally.reads)}",
        f"{'writes that were let in':<34}{spread(tally.writes)}",
        f"{'an edit until it was answered':<34}{spread(tally.waits)}",
        f"answers: {', '.join(f'{n:,} × {status}' for status, n in sorted(tally.statuses.items()))}",
        f"failed requests: {tally.failed}; readers' p95 {p95(tally.reads):.0f} ms (aim: under 1,000);"
        f" an editor waited {max(tally.waits, default=0):.1f} s at most",
        f"asked to come back later (503): {busy:,}; still waiting at the end: {len(tally.unanswered)};"
        f" answers that are wrong: {len(tally.wrong)}",
        *(f"  {line}" for line in tally.wrong[:5]),
    ]
