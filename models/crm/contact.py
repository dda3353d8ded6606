"""Customer contacts (客户通讯录): the people one talks to at a customer's, as lines of the customer."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import About, Entity, choice, day, text, yes_no
from models.checks import cn_mobile, one_mobile, past_day
from models.crm.choices import ContactRole


class CustomerContact(Entity):
    """A person at a customer's, with the part they play in a purchase."""

    __tablename__ = "customer_contact"
    about = About(_l("Contacts"), key=("name",), title="name", workbook="crm", parent="customer", order=20,
                  note=_l("The people we deal with at a customer."))  # fmt: skip

    name = text(_l("Contact's name"), 40, required=True, search=True, pii=True)
    title = text(_l("Job title"), 40)
    role = choice(_l("Part played"), ContactRole)
    mobile = text(_l("Mobile"), 20, required=True, tidy=one_mobile, check=cn_mobile, pii=True, mask="3-4")
    wechat = text(_l("WeChat"), 40, pii=True)
    birthday = day(_l("Birthday"), check=past_day, pii=True)
    hobby = text(_l("Hobbies"), 120)
    is_primary = yes_no(_l("First choice"), default=False)
