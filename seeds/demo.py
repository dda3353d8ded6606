"""The demo company 云溪酒业: people and their ledgers, the same every time."""

from __future__ import annotations

from flask import Flask
from werkzeug.security import generate_password_hash

from app.access.context import acting_as
from seeds import ledgers, orders
from seeds.approving import agree_all
from seeds.company import PASSWORD_FILE
from seeds.data.people import PEOPLE, UNITS
from seeds.people import found_departments, hire, join_departments

PASSWORD = "taizhang-demo-2026"
LOGINS = tuple((one.username, f"{one.last}{one.first} · {one.position}") for one in PEOPLE)
"""Who can sign in, all with PASSWORD: login name, and who it is."""


def load(app: Flask) -> None:
    """Fill the database with the demo company. A second run only resets the passwords of its people."""
    with app.app_context():
        with acting_as(None, source="seed"):
            users = hire(PEOPLE, generate_password_hash(PASSWORD))
            (app.config["TAIZHANG"].home / PASSWORD_FILE).unlink(missing_ok=True)
            departments = found_departments(UNITS, users, "demo")
            join_departments(PEOPLE, users, departments, "demo")
            place = ledgers.Place(users, departments)
            regions = ledgers.regions(place)
            ledgers.employees(place)
            products = ledgers.products(place)
            price_list = ledgers.price_list(place, products)
            buyers = ledgers.customers(place, regions)
        with acting_as(users["mm.zhao"], source="seed"):
            ledgers.sign(price_list, "submit", 0)
        agree_all("price_list", price_list)
        with acting_as(None, source="seed"):
            ledgers.sign(price_list, "begin", 1)
            orders.history(place, products, buyers)
