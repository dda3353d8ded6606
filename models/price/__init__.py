"""价格管理: price lists with their items, and the rules that keep a margin."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import Workbook, registry

registry.workbook(Workbook("price", _l("Price management"), icon="tag", order=30))
