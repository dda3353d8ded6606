"""Products: a bottle of an unusual size is asked about."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.change.rules import Batch, rule
from models.base.product import Product

USUAL_ML = (50, 100, 125, 250, 375, 450, 475, 500, 520, 750, 1000, 1500, 2500, 5000)


@rule(Product, "ODD_VOLUME", when=("net_ml",))
def usual_volume(batch: Batch) -> None:
    """Ask before a net content is kept that no bottle usually has."""
    for row in batch:
        if row["net_ml"] is not None and row["net_ml"] not in USUAL_ML:
            message = _l("%(ml)s ml is an unusual bottle. Is it right?", ml=row["net_ml"])
            row.confirm("net_ml", "ODD_VOLUME", message)
