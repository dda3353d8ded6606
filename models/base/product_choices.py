"""What a product, or a customer's taste, is chosen from."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import choices

Series = choices(
    ("heritage", _l("Heritage"), "brown"),
    ("classic", _l("Classic"), "red"),
    ("banquet", _l("Banquet"), "pink"),
    ("gift", _l("Gift box"), "violet"),
    ("light", _l("Plain bottle"), "cyan"),
    ("custom", _l("Made to order")),
)

Aroma = choices(
    ("nong", _l("Strong aroma")),
    ("jiang", _l("Sauce aroma")),
    ("qing", _l("Light aroma")),
    ("mi", _l("Rice aroma")),
    ("feng", _l("Feng aroma")),
    ("zhima", _l("Sesame aroma")),
    ("laobaigan", _l("Laobaigan aroma")),
    ("te", _l("Te aroma")),
    ("chi", _l("Chi aroma")),
    ("dong", _l("Herbal aroma")),
    ("fuyu", _l("Fuyu aroma")),
    ("jian", _l("Mixed aroma")),
)

PackType = choices(
    ("glass", _l("Glass bottle")),
    ("ceramic", _l("Ceramic bottle")),
    ("jar", _l("Jar")),
    ("giftbox", _l("Gift set")),
)

QualityGrade = choices(
    ("premium", _l("Premium grade"), "green"),
    ("first", _l("First grade"), "blue"),
    ("second", _l("Second grade")),
)

PriceBand = choices(
    ("b1", _l("Plain (below 50)")),
    ("b2", _l("Popular (50 to 100)"), "cyan"),
    ("b3", _l("Middle (100 to 300)"), "blue"),
    ("b4", _l("Upper (300 to 800)"), "violet"),
    ("b5", _l("High (800 and more)"), "brown"),
)

ProductStatus = choices(
    ("planned", _l("In planning")),
    ("on_sale", _l("On sale"), "green"),
    ("suspended", _l("Off sale"), "amber"),
    ("retired", _l("Withdrawn from sale")),
)
