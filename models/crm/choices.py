"""What a customer's file is filled in with."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import choices

CustomerType = choices(
    ("consumer", _l("Consumer")),
    ("dealer", _l("Dealer"), "blue"),
    ("agent", _l("Agent"), "blue"),
    ("distributor", _l("Second-tier dealer"), "cyan"),
    ("terminal", _l("Liquor shop")),
    ("supermarket", _l("Supermarket")),
    ("catering", _l("Restaurant")),
    ("direct", _l("Own shop"), "green"),
    ("ecom", _l("Online platform"), "violet"),
    ("group", _l("Group buyer"), "brown"),
    ("integrator", _l("System integrator")),
)

ChannelType = choices(
    ("direct", _l("Direct sale")),
    ("dealer", _l("Through dealers")),
    ("ecom", _l("Online")),
    ("group", _l("Group purchase")),
    ("terminal", _l("Outlet")),
    ("consumer", _l("Retail")),
)

CustomerGroup = choices(
    ("factory", _l("Ex-factory price group")),
    ("wholesale", _l("Wholesale price group")),
    ("retail", _l("Retail price group")),
)

Gender = choices(("male", _l("Male")), ("female", _l("Female")))

CompanySize = choices(
    ("micro", _l("Micro")),
    ("small", _l("Small")),
    ("medium", _l("Medium-sized")),
    ("large", _l("Large")),
)

LeadSource = choices(
    ("call", _l("Telephone sales")),
    ("visit", _l("Visit")),
    ("expo", _l("Trade fair")),
    ("event", _l("Promotion event")),
    ("referral", _l("Referral")),
    ("online", _l("From the web")),
    ("walkin", _l("Walk-in")),
    ("import", _l("From a list")),
)

IntentLevel = choices(
    ("strong", _l("Strong"), "green"),
    ("some", _l("Some interest"), "blue"),
    ("unclear", _l("Unclear")),
)

SpendingPower = choices(("high", _l("High")), ("mid", _l("Middle")), ("low", _l("Low")))

AbcClass = choices(("A", _l("A"), "green"), ("B", _l("B"), "blue"), ("C", _l("C")))

PurchaseOccasion = choices(
    ("banquet", _l("For banquets")),
    ("business", _l("For business")),
    ("gift", _l("As a gift")),
    ("self", _l("For oneself")),
    ("resale", _l("For resale")),
)

EconomicNature = choices(
    ("state", _l("State-owned")),
    ("private", _l("Private company")),
    ("foreign", _l("Foreign-owned")),
    ("individual", _l("Sole trader")),
    ("person", _l("Private person")),
)

FinanceStatus = choices(
    ("good", _l("Good"), "green"),
    ("normal", _l("Average")),
    ("tight", _l("Tight"), "amber"),
    ("bad", _l("Bad"), "red"),
)

PaymentTerm = choices(
    ("prepay", _l("Payment before shipping")),
    ("cod", _l("Cash on delivery")),
    ("deposit", _l("Deposit and balance")),
    ("net15", _l("15 days net")),
    ("net30", _l("30 days net")),
    ("net60", _l("60 days net")),
    ("monthly", _l("Monthly")),
)

CreditGrade = choices(
    ("A", _l("A"), "green"), ("B", _l("B"), "blue"), ("C", _l("C"), "amber"), ("D", _l("D"), "red")
)

ValueClass = choices(
    ("high", _l("High value"), "green"),
    ("potential", _l("Potential"), "blue"),
    ("normal", _l("Average")),
    ("at_risk", _l("At risk"), "amber"),
    ("lost", _l("Gone")),
)

PoolStatus = choices(("owned", _l("Owned")), ("pool", _l("Free for all"), "amber"))

CustomerStatus = choices(
    ("lead", _l("Lead")),
    ("following", _l("Being followed up"), "cyan"),
    ("intent", _l("Means to buy"), "blue"),
    ("dealt", _l("Has bought"), "green"),
    ("dormant", _l("Dormant"), "amber"),
    ("lost", _l("Lost")),
    ("blacklist", _l("Blacklisted"), "red"),
)

ContactRole = choices(
    ("decision", _l("Decides"), "violet"),
    ("influencer", _l("Has a say"), "blue"),
    ("buyer", _l("Buys")),
    ("finance", _l("Pays")),
    ("warehouse", _l("Receives goods")),
    ("other", _l("Other")),
)
