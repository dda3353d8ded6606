"""客户管理: customers, the people one talks to there, and how soon they may buy."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import Workbook, registry

registry.workbook(Workbook("crm", _l("Customer management"), icon="users", order=20))
