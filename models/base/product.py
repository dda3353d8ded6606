"""Product (E03): what is sold, from plan to withdrawal."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.entity import (
    About,
    Entity,
    FieldError,
    Lifecycle,
    Transition,
    attachment,
    choice,
    day,
    decimal,
    integer,
    long_text,
    money,
    text,
    yes_no,
)
from models.base.product_choices import Aroma, PackType, PriceBand, ProductStatus, QualityGrade, Series
from models.checks import at_least, between, ean13, one_code


def _costed(values: dict[str, Any]) -> None:
    if values.get("cost_price") is None:
        raise FieldError("NO_COST", _l("Finance must enter the unit cost first."))


class Product(Entity):
    """A product as it is made, packed and sold; only those on sale can be ordered."""

    __tablename__ = "product"
    about = About(
        _l("Products"), key=("sku",), title="name", workbook="base", pattern="public", order=50,
        note=_l("What we sell, from plan to withdrawal; only products on sale can be ordered."),
        lifecycle=Lifecycle("status", (
            Transition("launch", _l("Put on sale"), ("planned", "suspended"), "on_sale", guard=_costed),
            Transition("suspend", _l("Take off sale"), ("on_sale",), "suspended"),
            Transition("retire", _l("Withdraw from sale"), ("planned", "on_sale", "suspended"), "retired"),
        )),
    )  # fmt: skip

    sku = text(_l("SKU"), 30, search=True)
    name = text(_l("Product name"), 80, required=True, search=True, width=200)
    status = choice(_l("Product status"), ProductStatus, computed=True, default="planned")
    series = choice(_l("Series"), Series, required=True)
    aroma = choice(_l("Aroma"), Aroma, required=True)
    abv = decimal(_l("Strength"), 4, 1, required=True, check=between(18, 73, "BAD_ABV"), unit="%vol")
    net_ml = integer(_l("Net content"), required=True, check=at_least(1), unit="ml")
    case_spec = integer(_l("Bottles per case"), required=True, check=at_least(1))
    pack_type = choice(_l("Package"), PackType, required=True)
    price_band = choice(_l("Price band"), PriceBand, computed=True)
    cost_price = money(_l("Unit cost (per bottle, before tax)"), check=at_least(0))
    barcode = text(_l("Bar code"), 13, tidy=one_code, check=ean13, search=True)
    grade = choice(_l("Quality grade"), QualityGrade)
    raw_material = text(_l("Raw material"), 100)
    standard_no = text(_l("Standard followed"), 40)
    sc_license = text(_l("Production licence"), 30)
    bottle_weight_g = integer(_l("Gross weight"), check=at_least(0), unit="g")
    shelf_note = text(_l("Storing advice"), 200)
    core_selling_point = long_text(_l("Core selling point"))
    is_bundle = yes_no(_l("Bundle"), default=False)
    is_gift = yes_no(_l("May be given away"), default=False)
    launch_date = day(_l("Launched on"))
    min_order_qty = integer(_l("Least order (bottles)"), check=at_least(0))
    safety_stock = integer(_l("Safety stock (bottles)"), check=at_least(0))
    image = attachment(_l("Pictures"))
    remark = long_text(_l("Remarks"))
