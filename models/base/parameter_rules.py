"""Business parameters: a value is of the kind its rule can read."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _l

from app.change.rules import Batch, rule
from app.org import Parameter
from app.org.parameters import declared


@rule(Parameter, "BAD_PARAMETER", when=("code", "value"))
def readable(batch: Batch) -> None:
    """Refuse a value that is not a number where the rule needs one: it would count for nothing."""
    for row in batch:
        spec = declared.get(row["code"] or "")
        if spec is None or row["value"] is None:
            continue
        try:
            value = type(spec.default)(row["value"])
            right = not isinstance(value, Decimal) or value.is_finite()
        except (ValueError, ArithmeticError):
            right = False
        if not right:
            row.error("value", _l("Please enter a number, such as %(default)s.", default=str(spec.default)))
