"""Discount policies: one scope, one figure of their kind, steps that get cheaper, and no price below the floor."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from flask_babel import lazy_gettext as _l

from app.change.document import Document, documents
from app.change.rules import Batch, Row, rule
from app.entity import registry
from models.crm.choices import CustomerGroup
from models.price.discounts import Figure, price_after, rounded
from models.price.in_force import LISTS, Item, items_in_force, upper_regions, upwards
from models.price.life import only_lines_of_open, only_open
from models.price.policy import DiscountPolicy, DiscountTier

FIGURES = {"rate": "rate", "cash_discount": "rate", "amount_off": "amount_off", "fixed_price": "fixed_price"}
"""The field that says how much, by kind; steps say it for the kind `tier`."""
SCOPES = ("scope_product_id", "scope_series", "scope_all")
NAMED = 5
"""How many products a refusal names."""
MANY = 2**53
_NOT_DRAFT = _l("This policy is no draft any more. Stop it, and make a new one.")


@rule(DiscountPolicy, "NOT_DRAFT", on=("update", "delete"))
def only_drafts(batch: Batch) -> None:
    """Refuse changes of a policy that was submitted, except of its remarks, its status and what it has given away."""
    only_open(batch, {"status", "remark", "used_amount"}, _NOT_DRAFT)


@rule(DiscountTier, "NOT_DRAFT", on=("insert", "update", "delete"))
def only_steps_of_drafts(batch: Batch) -> None:
    """Refuse changes of the steps of a policy that was submitted."""
    only_lines_of_open(batch, "discount_policy", _NOT_DRAFT)


@rule(DiscountPolicy, "BAD_PERIOD", when=("valid_from", "valid_to", "min_qty", "max_qty"))
def bounds(batch: Batch) -> None:
    """Refuse a policy that ends before it begins, in days or in bottles."""
    for row in batch:
        if row["valid_from"] and row["valid_to"] and row["valid_to"] < row["valid_from"]:
            row.error("valid_to", _l("The last day is before the first day."))
        if row["min_qty"] and row["max_qty"] and row["max_qty"] < row["min_qty"]:
            row.error("max_qty", _l("The largest quantity is below the smallest."), "BAD_QUANTITY")


@rule(DiscountPolicy, "SCOPE", when=(*SCOPES, "status"))
def one_scope(batch: Batch) -> None:
    """Refuse a policy for two scopes at once; one that is submitted has one."""
    for row in batch:
        given = [name for name in SCOPES if row[name]]
        if len(given) > 1:
            row.error(given[1], _l("Please choose one only: a product, a series, or all products."))
        elif not given and row.verb == "submit":
            row.error(SCOPES[0], _l("Please choose a product, a series, or all products."))


@rule(DiscountPolicy, "FIGURE", when=("kind", *set(FIGURES.values()), "status"))
def one_figure(batch: Batch) -> None:
    """Refuse figures that are not of the kind; a policy that is submitted has the one that is."""
    entity = registry.of(DiscountPolicy)
    for row in batch:
        wanted = FIGURES.get(row["kind"])
        for name in dict.fromkeys(FIGURES.values()):
            label = entity.fields[name].label
            if name != wanted and row[name] is not None:
                message = _l(
                    "“%(label)s” has no meaning for this kind of discount. Please empty it.", label=label
                )
                row.error(name, message)
            elif name == wanted and row[name] is None and row.verb == "submit":
                row.error(name, _l("Please fill in “%(label)s” first.", label=label))


@rule(DiscountPolicy, "TIERS", when=("kind", "status"))
@rule(DiscountTier, "TIERS", on=("insert", "update", "delete"))
def steps(batch: Batch) -> None:
    """Refuse steps that do not get cheaper with quantity, and a submit without the steps of the kind, or with others'."""
    with documents(batch, DiscountTier) as found:
        for document in found:
            head, lines = document.head, [line for line in document.lines if line["rate"] and line["min_qty"]]
            lines.sort(key=lambda line: int(line["min_qty"]))
            for less, more in pairwise(lines):
                if more["min_qty"] != less["min_qty"] and Decimal(more["rate"]) >= Decimal(less["rate"]):
                    message = _l("The more bottles, the lower the rate must be. Please check the steps.")
                    (less if more.draft.added else more).error("rate", message)
            if head.verb == "submit" and head["kind"] == "tier" and not lines:
                head.error("kind", _l("Please add the steps first: from how many bottles on, which rate."))
            elif head.verb == "submit" and head["kind"] != "tier" and lines:
                head.error("kind", _l("This kind of discount has no steps. Please delete them."))


@rule(DiscountPolicy, "BELOW_FLOOR", when=("status",), reads=LISTS)
@rule(DiscountTier, "BELOW_FLOOR", on=("insert", "update"), reads=LISTS)
def floors(batch: Batch) -> None:
    """Refuse, when it is submitted and again when it is approved, a policy that alone undercuts a floor price."""
    with documents(batch, DiscountTier) as found:
        asked = [one for one in found if one.head.verb in ("submit", "approved") and _complete(one.head)]
        if not asked:
            return
        days = [date.fromisoformat(one.head[name]) for one in asked for name in ("valid_from", "valid_to")]
        items = items_in_force(batch.connection, None, days)
        products = batch.fetch("product", [item.product_id for item in items], ["name", "series"])
        upper = upper_regions(batch.connection)
        buyers = batch.fetch("customer", [one.head["customer_id"] for one in asked], ["customer_group"])
        for one in asked:
            meant = [item for item in items if _meant(one.head, item, products, upper)]
            group = (
                buyers.get(one.head["customer_id"], {}).get("customer_group") or one.head["customer_group"]
            )
            low = [item for item in meant if _undercuts(_figure(one), item, group, one.head["max_qty"])]
            names = dict.fromkeys(str(products[item.product_id]["name"]) for item in low)
            if not meant:
                message = _l(
                    "No product this policy is for has a price in these days. Please set prices first."
                )
                one.head.error("valid_from", message, "NO_PRICE")
            elif low:
                message = _l(
                    "Too cheap, below the floor price: %(names)s. Please give less.",
                    names="、".join(list(names)[:NAMED]) + ("…" if len(names) > NAMED else ""),
                )
                one.head.error(FIGURES.get(one.head["kind"], "kind"), message)


@rule(DiscountPolicy, "CAP", on=("update",), when=("used_amount",))
def cap(batch: Batch) -> None:
    """Stop a policy that has given away what it may."""
    for row in batch:
        full = row["cap_amount"] is not None and Decimal(row["used_amount"]) >= Decimal(row["cap_amount"])
        if full and row["status"] in ("scheduled", "effective"):
            row.set("status", "suspended")


def _complete(head: Row) -> bool:
    """Whether the dates and the figure are there; what is missing is an error of its own."""
    name = FIGURES.get(head["kind"])
    return bool(head["valid_from"] and head["valid_to"] and (name is None or head[name] is not None))


def _figure(document: Document) -> Figure:
    head = document.head
    amounts = {n: None if head[n] is None else Decimal(head[n]) for n in dict.fromkeys(FIGURES.values())}
    steps = [(int(line["min_qty"]), Decimal(line["rate"])) for line in document.lines if line["rate"]]
    return Figure(kind=head["kind"], tiers=tuple(sorted(steps, reverse=True)), **amounts)


def _meant(head: Row, item: Item, products: dict[int, dict[str, Any]], upper: dict[int, int | None]) -> bool:
    """Whether a policy can lower the price of an item: its days, its product, its region or one above or below."""
    first, last = date.fromisoformat(head["valid_from"]), date.fromisoformat(head["valid_to"])
    region = head["region_id"]
    return (
        item.valid_from <= last
        and (item.valid_to is None or first <= item.valid_to)
        and head["scope_product_id"] in (None, item.product_id)
        and head["scope_series"] in (None, products[item.product_id]["series"])
        and (
            region is None
            or item.region_id is None
            or region in upwards(item.region_id, upper)
            or item.region_id in upwards(region, upper)
        )
    )


def _undercuts(figure: Figure, item: Item, group: str | None, max_qty: int | None) -> bool:
    groups = [group] if group else [option.code for option in CustomerGroup]
    qty = max_qty or MANY
    prices = (price_after(item.price_for(one), [figure], qty) for one in groups)
    return any(rounded(price) < item.floor_price for price in prices)
