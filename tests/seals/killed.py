"""A process that starts others, which write and seal, and kills each at a random moment: see test_killed.py."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

from sqlalchemy import text

import app.access.model  # noqa: F401  declares the log of sign-ins
from app.audit.actor import SYSTEM, acting
from app.engine import make_engine
from app.jobs.seals import sealer
from config import Settings


def work(settings: Settings, number: int, begun: int) -> None:
    """Write and seal for ever; says when it begins."""
    engine = make_engine(settings.url)
    with sealer(settings) as ready, acting(SYSTEM):
        engine.connect().close()
        os.write(begun, b".")
        for n in range(1_000_000):
            with engine.begin() as connection:
                connection.execute(text("INSERT INTO ab_permission (id, name) VALUES (:id, :name)"),
                                   {"id": 10_000 + number * 1000 + n, "name": f"k{number}-{n}"})  # fmt: skip
            ready.seal()


def main(home: str, url: str, owner_url: str, kills: str) -> None:
    """Start and kill."""
    settings = Settings(home=Path(home), database_url=url, owner_database_url=owner_url)
    chance = random.Random(11)
    begun, begin = os.pipe()
    for number in range(int(kills)):
        child = os.fork()
        if not child:
            work(settings, number, begin)
        os.read(begun, 1)
        time.sleep(chance.uniform(0, 0.1))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
