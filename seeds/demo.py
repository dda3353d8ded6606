"""The demo company 云溪酒业: people and their ledgers, the same every time."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from flask import Flask
from flask_babel import force_locale
from werkzeug.security import generate_password_hash

from app import clock
from app.access.context import acting_as
from app.jobs.seals import sealer
from app.jobs.worker import JobFailed
from seeds import changes, exporting, ledgers, orders, prices
from seeds.company import PASSWORD_FILE
from seeds.data.customers import customers
from seeds.data.people import PEOPLE, UNITS
from seeds.diary import Diary
from seeds.people import found_departments, hire, join_departments
from seeds.writing import written

PASSWORD = "taizhang-demo-2026"
LOGINS = tuple((one.username, f"{one.last}{one.first} · {one.position}") for one in PEOPLE)
"""Who can sign in, all with PASSWORD: login name, and who it is."""


FIRST_DAY = -46
"""The day, from today, on which the company began to work with the system."""


def load(app: Flask) -> None:
    """Fill the database with the demo company. A second run only resets the passwords of its people."""
    settings = app.config["TAIZHANG"]
    with app.app_context(), force_locale(settings.locale):
        with acting_as(None, source="seed"):
            users = hire(PEOPLE, generate_password_hash(PASSWORD))
            (settings.home / PASSWORD_FILE).unlink(missing_ok=True)
            if written(ledgers.FOLLOWED_UP):
                return
        live(users)
        with (
            suppress(JobFailed),
            sealer(settings) as ready,
        ):  # the owner of a database seals it with the next job
            ready.seal()


def live(users: dict[str, int]) -> None:
    """All that happened since the first day, each at its time, by whoever did it."""
    today = clock.today()
    began = today + timedelta(days=FIRST_DAY)
    diary = Diary()
    with clock.standing(diary.moment(FIRST_DAY, 9)), acting_as(None, source="seed"):
        departments = found_departments(UNITS, users, "demo")
        join_departments(PEOPLE, users, departments, "demo")
        place = ledgers.Place(users, departments)
        regions = ledgers.regions(place)
        ledgers.employees(place)
        products = ledgers.products(place)
        buyers = ledgers.customers(place, regions, customers(began))
        changes.demand_agreement(place)
        exporting.limits()
    known = list(customers(today))
    prices.Prices(place, products, began).enter(diary)
    orders.Orders(place, products, buyers, known).enter(diary, began)
    changes.enter(diary, place, buyers, known)
    changes.stand_in(diary, place)
    exporting.enter(diary, place, buyers)
    diary.play()
    with acting_as(None, source="seed"):
        ledgers.follow_up(buyers, known)
