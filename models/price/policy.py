"""DiscountPolicy (E26): who gets which product cheaper, from when to when, and how it adds up with others."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import (
    About,
    Entity,
    Lifecycle,
    choice,
    choices,
    day,
    decimal,
    integer,
    link,
    long_text,
    money,
    text,
    yes_no,
)
from models.base.product_choices import Series
from models.checks import at_least, between
from models.crm.choices import ChannelType, CustomerGroup
from models.price.life import DatedStatus, asked_for, held_by_dates

PolicyKind = choices(
    ("rate", _l("Percentage of the price"), "blue"),
    ("amount_off", _l("Off each bottle"), "cyan"),
    ("fixed_price", _l("One fixed price"), "violet"),
    ("tier", _l("The more, the cheaper"), "green"),
    ("cash_discount", _l("For payment in cash"), "brown"),
)


class DiscountPolicy(Entity):
    """A discount that holds for every order meeting its conditions; an empty condition asks for nothing."""

    __tablename__ = "discount_policy"
    about = About(
        _l("Discount policies"), key=("code",), title="name", workbook="price", order=30,
        note=_l("Discounts for everybody who meets the conditions; one policy a line."),
        lifecycle=Lifecycle("status", (*asked_for(), *held_by_dates())),
    )  # fmt: skip

    code = text(_l("Discount code"), 30, search=True)
    name = text(_l("Discount name"), 120, required=True, search=True, width=200)
    status = choice(_l("Discount status"), DatedStatus, computed=True, default="draft")
    kind = choice(_l("Kind of discount"), PolicyKind, required=True, default="rate")
    scope_product_id = link(_l("For product"), "product", width=160)
    scope_series = choice(_l("For series"), Series)
    scope_all = yes_no(_l("For all products"), default=False)
    customer_group = choice(_l("Price group"), CustomerGroup)
    channel_type = choice(_l("Channel"), ChannelType)
    region_id = link(_l("In region"), "region", help=_l("Regions below it are included."))
    customer_id = link(_l("For customer"), "customer")
    min_qty = integer(_l("From bottles"), check=at_least(1))
    max_qty = integer(_l("Up to bottles"), check=at_least(1))
    min_amount = money(_l("From order amount"), check=at_least(0))
    rate = decimal(_l("Rate"), 5, 4, check=between("0.0001", 1), help=_l("0.95 is 5 % off."))
    amount_off = money(_l("Off each bottle (yuan)"), check=at_least("0.01"))
    fixed_price = money(_l("Fixed price"), check=at_least("0.01"))
    valid_from = day(_l("Valid from"), required=True)
    valid_to = day(_l("Valid to"), required=True)
    priority = integer(_l("Priority"), required=True, default=50, check=between(1, 99),
                       help=_l("The largest number comes first."))  # fmt: skip
    stackable = yes_no(_l("Adds up with others"), default=False)
    used_amount = money(_l("Given away so far"), computed=True, default="0.00", total=True)
    cap_amount = money(_l("Give away at most"), check=at_least("0.01"), total=True)
    remark = long_text(_l("Remarks"))


class DiscountTier(Entity):
    """One step of a policy that gets cheaper with quantity: from so many bottles on, this rate."""

    __tablename__ = "discount_tier"
    about = About(
        _l("Discount steps"), key=("min_qty",), title="min_qty", workbook="price", parent="discount_policy",
        order=40, note=_l("From how many bottles on a policy gives which rate."),
    )  # fmt: skip

    min_qty = integer(_l("From bottles"), required=True, check=at_least(1))
    rate = decimal(_l("Rate"), 5, 4, required=True, check=between("0.0001", 1), help=_l("0.95 is 5 % off."))
