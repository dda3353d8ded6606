"""订单与物流: sales orders with their lines and what had to be asked again, and the rules they keep."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import Workbook, registry

registry.workbook(Workbook("order", _l("Orders and logistics"), icon="truck", order=50))
