"""Flask-Admin on the database of `django_orders`: the orders out, through the address its export button calls."""

from __future__ import annotations

import sys
from pathlib import Path

from flask import Flask
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Boolean, Date, ForeignKey, Integer, Numeric, String

from bench.orders import COLUMNS, LENGTHS, SCALES
from bench.told import measured

db = SQLAlchemy()


class Region(db.Model):
    """A region that orders link to."""

    __tablename__ = "peers_region"
    id = db.Column(Integer, primary_key=True)
    name = db.Column(String(60), unique=True)

    def __str__(self) -> str:
        return str(self.name)


def _column(name: str, kind: str) -> object:
    if kind in SCALES:
        return db.Column(Numeric(18, SCALES[kind]))
    plain = {"date": Date, "yes_no": Boolean, "integer": Integer}
    return db.Column(plain[kind] if kind in plain else String(LENGTHS[name]))


Order = type(
    "Order",
    (db.Model,),
    {
        "__tablename__": "peers_order",
        "id": db.Column(Integer, primary_key=True),
        "region": db.Column("region", ForeignKey("peers_region.id")),
        "region_id": db.relationship(Region),
        **{name: _column(name, kind) for name, kind in COLUMNS.items() if kind != "link"},
    },
)


class Orders(ModelView):
    """All columns, all rows."""

    can_export = True
    export_types = ("csv", "xlsx")
    export_max_rows = 0
    column_list = column_export_list = tuple(COLUMNS)


def give_out(database: str, form: str, path: str) -> int:
    """Export all orders; returns how many lines or rows were written."""
    app = Flask(__name__)
    app.config |= {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{database}", "SECRET_KEY": "bench", "TESTING": True}
    db.init_app(app)
    Admin(app).add_view(Orders(Order, db, endpoint="orders"))
    with app.app_context():
        count = db.session.query(Order).count()
    with app.test_client().get(f"/admin/orders/export/{form}/") as answer, Path(path).open("wb") as out:
        assert answer.status_code == 200, answer.status
        for part in answer.iter_encoded():
            out.write(part)
    return count


if __name__ == "__main__":
    measured(lambda: give_out(*sys.argv[2:]))
