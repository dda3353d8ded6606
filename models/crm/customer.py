"""Customer (E17): everything known of a buyer, on one sheet."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import (
    About,
    Entity,
    Lifecycle,
    Transition,
    choice,
    day,
    integer,
    link,
    long_text,
    money,
    multi_choice,
    number,
    percent,
    text,
    yes_no,
)
from models.base.product_choices import Aroma, Series
from models.base.region import CollectTaboo
from models.checks import between, cn_mobile, email, one_code, one_mobile, past_day, uscc
from models.crm import choices as of

_ALIVE = ("lead", "following", "intent", "dealt", "dormant")


class Customer(Entity):
    """A buyer, company or consumer: how to reach them, how soon they may buy, how they pay, what they buy."""

    __tablename__ = "customer"
    about = About(
        _l("Customers"), key=("customer_code",), title="name", workbook="crm", pattern="sales", order=10,
        note=_l("Who buys from us or may: one line a customer, with whoever looks after it."),
        lifecycle=Lifecycle("status", (
            Transition("follow", _l("Follow up"), ("lead", "lost"), "following"),
            Transition("lose", _l("Mark as lost"), _ALIVE, "lost"),
            Transition("blacklist", _l("Blacklist"), (*_ALIVE, "lost"), "blacklist", "approve"),
            Transition("pardon", _l("Take off the blacklist"), ("blacklist",), "following", "approve"),
        )),
    )  # fmt: skip

    # Identity
    customer_code = number(_l("Customer code"), "C-{seq:6}")
    name = text(_l("Customer name"), 120, required=True, search=True, width=200)
    status = choice(_l("Customer status"), of.CustomerStatus, computed=True, default="lead")
    customer_type = choice(_l("Customer type"), of.CustomerType, required=True)
    channel_type = choice(_l("Channel"), of.ChannelType, required=True)
    customer_group = choice(_l("Price group"), of.CustomerGroup, required=True)
    region_id = link(_l("Region"), "region", required=True)
    contact_name = text(_l("Contact person"), 40, required=True, pii=True)
    mobile = text(
        _l("Mobile"), 20, required=True, tidy=one_mobile, check=cn_mobile, pii=True, mask="3-4", search=True
    )
    phone = text(_l("Telephone"), 20, pii=True, mask="3-4")
    email = text(_l("E-mail"), 120, check=email, pii=True)
    wechat = text(_l("WeChat"), 40, pii=True)
    uscc = text(_l("Credit code"), 18, tidy=one_code, check=uscc, search=True, width=170)
    gender = choice(_l("Gender"), of.Gender)
    birthday = day(_l("Birthday"), check=past_day, pii=True)
    id_age_ok = yes_no(_l("Of age (18)"))
    address = text(_l("Address"), 200, required=True, width=220)
    delivery_address = text(_l("Delivery address"), 200, width=220)
    industry = text(_l("Industry"), 40)
    company_size = choice(_l("Company size"), of.CompanySize)

    # How soon they may buy
    lead_source = choice(_l("Source of the lead"), of.LeadSource, required=True)
    intent_level = choice(_l("Intent to buy"), of.IntentLevel, required=True, default="unclear")
    expected_buy_date = day(_l("Expected to buy on"))
    abc_class = choice(_l("Intent class"), of.AbcClass, computed=True)
    spending_power = choice(_l("Spending power"), of.SpendingPower)
    business_scope = long_text(_l("Business scope"))
    pain_point = long_text(_l("Pain point"))
    preferred_aroma = choice(_l("Preferred aroma"), Aroma)
    preferred_series = choice(_l("Preferred series"), Series)
    purchase_occasion = multi_choice(_l("Buys for"), of.PurchaseOccasion)
    last_follow_on = day(_l("Last followed up on"), computed=True)
    next_follow_on = day(_l("Next follow-up on"))

    # Archive
    economic_nature = choice(_l("Economic nature"), of.EconomicNature)
    scale_note = text(_l("Size of business"), 100)
    network_scope = long_text(_l("Reach of their network"))
    main_performance = long_text(_l("Main business results"))
    credit_note = long_text(_l("Credit standing"))
    operator_background = long_text(_l("Background of the owner"))
    finance_status = choice(_l("Financial state"), of.FinanceStatus)
    payday_day = integer(_l("Pays on day of month"), check=between(1, 31))
    payday_note = text(_l("Notes on paydays"), 60)
    collect_taboo = choice(_l("Collecting taboo"), CollectTaboo)
    other_payments = text(_l("Other payments due"), 200)
    other_supplier = text(_l("Other suppliers"), 200)

    # Terms and worth
    is_key = yes_no(_l("Key customer"), default=False)
    payment_term = choice(_l("Payment term"), of.PaymentTerm, required=True, default="prepay")
    credit_grade = choice(_l("Credit grade"), of.CreditGrade, required=True, default="C")
    credit_limit = money(_l("Credit limit"), computed=True, total=True)
    credit_used = money(_l("Credit used"), computed=True, total=True)
    overdue_amount = money(_l("Overdue amount"), computed=True, total=True)
    value_class = choice(_l("Value class"), of.ValueClass, computed=True)
    first_order_on = day(_l("First order on"), computed=True)
    last_order_on = day(_l("Last order on"), computed=True)
    order_count = integer(_l("Number of orders"), computed=True, total=True)
    total_amount = money(_l("Bought in all"), computed=True, total=True)
    is_new_market = yes_no(_l("New market"), default=False)
    preferences = long_text(_l("Preferences"))
    remark = long_text(_l("Remarks"))
    rfm_r = integer(_l("Recency score"), computed=True, system=True)
    rfm_f = integer(_l("Frequency score"), computed=True, system=True)
    rfm_m = integer(_l("Amount score"), computed=True, system=True)
    profile_score = percent(_l("File filled in"), computed=True, system=True)
    pool_status = choice(_l("Pool status"), of.PoolStatus, computed=True, default="owned", system=True)
