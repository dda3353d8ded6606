"""A ledger made only to be measured: twenty columns of every common kind."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import (
    About,
    Entity,
    Workbook,
    choice,
    choices,
    day,
    decimal,
    integer,
    link,
    money,
    registry,
    text,
    yes_no,
)  # fmt: skip

registry.workbook(Workbook("bench", _l("Bench"), order=900))
States = choices(("new", _l("New")), ("open", _l("Open")), ("done", _l("Done")))


class BenchOrder(Entity):
    """An order as a branch would send it."""

    __tablename__ = "bench_order"
    about = About(_l("Bench order"), key=("code",), title="buyer", workbook="bench", pattern="sales")

    code = text(_l("Code"), 30)
    buyer = text(_l("Buyer"), 80, required=True, search=True)
    region_id = link(_l("Region"), "bench_region")
    state = choice(_l("State"), States, required=True)
    ordered = day(_l("Ordered"), required=True)
    shipped = day(_l("Shipped"))
    paid = yes_no(_l("Paid"))
    quantity = integer(_l("Quantity"), total=True)
    amount = money(_l("Amount"), total=True)
    weight = decimal(_l("Weight"), 12, 3)
    city = text(_l("City"), 40)
    street = text(_l("Street"), 80)
    phone = text(_l("Phone"), 20)
    note = text(_l("Note"), 120)
    carrier = text(_l("Carrier"), 40)
    tracking = text(_l("Tracking"), 40)
    discount = money(_l("Discount"))
    tax = money(_l("Tax"))
    receiver = text(_l("Receiver"), 40)
    remark = text(_l("Remark"), 120)


class BenchRegion(Entity):
    """A region that orders link to."""

    __tablename__ = "bench_region"
    about = About(_l("Bench region"), key=("code",), title="name", workbook="bench", pattern="public")

    code = text(_l("Code"), 20)
    name = text(_l("Name"), 60, required=True, search=True)
