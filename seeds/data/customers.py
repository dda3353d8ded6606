"""Customers of the demo company, made from words and a fixed seed: the same 120 every time.

Dates are counted from the day they are made for, so that the classes A, B and C stay what they are. Telephone
numbers, credit codes and names are in ranges that belong to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from models.checks import uscc_check_sign
from seeds.data import customer_words as words
from seeds.data.regions import CITIES, PROVINCES

# Type, how many, channel, price group, whether they sell on.
KINDS = (
    ("dealer", 24, "dealer", "factory"),
    ("distributor", 12, "dealer", "wholesale"),
    ("terminal", 30, "terminal", "wholesale"),
    ("catering", 12, "terminal", "wholesale"),
    ("supermarket", 5, "terminal", "wholesale"),
    ("group", 10, "group", "retail"),
    ("ecom", 3, "ecom", "factory"),
    ("direct", 3, "direct", "retail"),
    ("consumer", 21, "consumer", "retail"),
)
OWNERS = {"HD": ("sr.wang", "sr.li", "sr.wang", "sr.li", "sm.east"), "HN": ("sr.zhou", "sr.zhou", "sm.south"),
          "HZ": ("sr.luo",), "XN": ("sr.deng",)}  # fmt: skip
AREA_OF = {province.code: province.upper or "" for province in PROVINCES}
# Who bought, and who is on the way: 120 in all, in the order of the customers after a shuffle.
STATES = (
    *["dealt"] * 58, *["intent"] * 18, *["following"] * 20, *["lead"] * 15,
    *["dormant"] * 5, *["lost"] * 3, "blacklist",
)  # fmt: skip
CLASSES = (*["A"] * 22, *["B"] * 44, *["C"] * 54)
BOUGHT = ("dealt", "dormant", "lost")


def customers(today: date) -> Iterator[dict[str, Any]]:
    """Customers in wire values; ``owner`` is a user name, ``region`` a code, ``contacts`` a list of such."""
    dice = Random(2026)
    kinds = [kind for kind in KINDS for _ in range(kind[1])]
    states, classes = list(STATES), list(CLASSES)
    dice.shuffle(states)
    dice.shuffle(classes)
    names = _Names(dice)
    for number, (kind, state, grade) in enumerate(zip(kinds, states, classes, strict=True)):
        city = CITIES[number % len(CITIES)]
        person = names.person()
        name = person if kind[0] == "consumer" else names.company(kind[0], city.name)
        found: dict[str, Any] = {
            "name": name,
            "customer_type": kind[0],
            "channel_type": kind[2],
            "customer_group": kind[3],
            "region": city.code,
            "owner": _owner(dice, kind[0], city.upper or ""),
            "contact_name": person,
            "mobile": _mobile(dice, number),
            "address": f"{city.name}市{dice.choice(words.ROADS)}{dice.randint(1, 399)}号",
            "lead_source": dice.choice(("call", "visit", "expo", "event", "referral", "online", "walkin")),
            "status": state,
            **_intent(dice, grade, today),
            **_worth(dice, kind[0], state, today),
        }
        found |= _consumer(dice, today) if kind[0] == "consumer" else _company(dice, kind[0])
        found["contacts"] = [] if kind[0] == "consumer" else list(_contacts(dice, names, found))
        yield found


class _Names:
    """Names that do not repeat, the nearly equal pairs of `words.NEARLY_EQUAL` excepted."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._taken: set[str] = set()
        self._given = [*words.COMPANIES, *(name for pair in words.NEARLY_EQUAL for name in pair)]

    def person(self) -> str:
        return self._new(lambda: self._dice.choice(words.SURNAMES) + self._dice.choice(words.GIVEN_NAMES))

    def company(self, kind: str, city: str) -> str:
        ready = (
            next((n for n in self._given if n.startswith(city)), None)
            if kind in ("dealer", "distributor")
            else None
        )
        if ready is not None:
            self._given.remove(ready)
            self._taken.add(ready)
            return ready
        ending = words.ENDINGS[kind]
        return self._new(lambda: city + self._dice.choice(words.BRANDS) + self._dice.choice(ending))

    def _new(self, make: Any) -> str:
        while (name := make()) in self._taken:
            pass
        self._taken.add(name)
        return str(name)


def _owner(dice: Random, kind: str, province: str) -> str:
    special = {"ecom": "sr.lin", "group": "sr.tang"}
    return special.get(kind) or dice.choice(OWNERS[AREA_OF[province]])


def _mobile(dice: Random, number: int) -> str:
    # 154 is given to no telephone.
    return f"154{dice.randint(1000, 9999)}{number:04d}"


def _intent(dice: Random, grade: str, today: date) -> dict[str, Any]:
    def within(low: int, high: int) -> str:
        return (today + timedelta(days=dice.randint(low, high))).isoformat()

    if grade == "A":
        return {"intent_level": "strong", "expected_buy_date": within(3, 28)}
    if grade == "B":
        strong = dice.random() < 0.4
        return {"intent_level": "strong" if strong else "some",
                "expected_buy_date": within(35, 120) if strong else within(10, 90)}  # fmt: skip
    return {"intent_level": "unclear"}


def _worth(dice: Random, kind: str, state: str, today: date) -> dict[str, Any]:
    """Terms, and what was bought so far."""
    small = kind in ("consumer", "catering", "direct")
    grade = "D" if state == "blacklist" else dice.choice("AABBBCC")
    limit = 0 if small or grade == "D" else dice.choice((50_000, 100_000, 200_000, 300_000))
    found: dict[str, Any] = {
        "credit_grade": grade,
        "payment_term": dice.choice(("net15", "net30", "net30", "net60", "monthly")) if limit else "prepay",
        "credit_limit": f"{limit}.00",
    }
    if state not in BOUGHT:
        return found
    first = today - timedelta(days=dice.randint(200, 900))
    silent = {"dealt": (3, 55), "dormant": (70, 110), "lost": (130, 190)}[state]
    orders = dice.randint(1, 4) if small else dice.randint(2, 26)
    total = orders * dice.randint(300, 900) if small else orders * dice.randint(9_000, 60_000)
    used = int(limit * dice.choice((0, 0.2, 0.45, 0.6, 0.85)))
    found |= {
        "first_order_on": first.isoformat(),
        "last_order_on": (today - timedelta(days=dice.randint(*silent))).isoformat(),
        "order_count": orders,
        "total_amount": f"{total}.00",
        "credit_used": f"{used}.00",
        "overdue_amount": f"{used // 3 if dice.random() < 0.12 else 0}.00",
        "value_class": {"dormant": "at_risk", "lost": "lost"}.get(state) or _value(total, small),
        "is_key": not small and total > 600_000,
    }
    return found


def _value(total: int, small: bool) -> str:
    scale = 100 if small else 1
    if total * scale >= 500_000:
        return "high"
    return "potential" if total * scale >= 150_000 else "normal"


def _company(dice: Random, kind: str) -> dict[str, Any]:
    body = "91999999" + "".join(dice.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(9))
    payday = dice.choice((10, 15, 25))
    return {
        "uscc": body + uscc_check_sign(body),
        "economic_nature": dice.choice(("private", "private", "private", "individual", "state")),
        "company_size": dice.choice(("micro", "small", "small", "medium", "large")),
        "industry": words.INDUSTRIES[kind],
        "business_scope": "白酒、红酒、啤酒及预包装食品销售",
        "payday_day": payday,
        "payday_note": f"每月{payday}日付款",
        "other_payments": dice.choice(("每月20日付房租", "月底付供应商货款", None)),
        "finance_status": dice.choice(("good", "good", "normal", "normal", "tight")),
        "preferred_aroma": dice.choice(("nong", "nong", "jiang", "qing")),
        "preferred_series": dice.choice(("heritage", "classic", "banquet", "light")),
        "purchase_occasion": ["business", "gift"] if kind == "group" else ["resale"],
        "spending_power": dice.choice(("high", "mid", "mid", "low")),
    }  # fmt: skip


def _consumer(dice: Random, today: date) -> dict[str, Any]:
    return {
        "gender": dice.choice(("male", "male", "female")),
        "birthday": (today - timedelta(days=dice.randint(25 * 365, 65 * 365))).isoformat(),
        "id_age_ok": True,
        "economic_nature": "person",
        "preferred_aroma": dice.choice(("nong", "jiang", "qing")),
        "purchase_occasion": dice.choice((["self"], ["gift", "self"], ["banquet"])),
        "spending_power": dice.choice(("high", "mid", "low")),
    }


def _contacts(dice: Random, names: _Names, customer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The customer's contact person first, then up to two more."""
    head = {"name": customer["contact_name"], "mobile": customer["mobile"]}
    yield {**head, "title": "负责人", "role": "decision", "is_primary": True}
    others = (("采购", "buyer"), ("会计", "finance"), ("仓管", "warehouse"))
    for title, role in dice.sample(others, dice.randint(0, 2)):
        mobile = f"154{dice.randint(1000, 9999)}{dice.randint(1000, 9999)}"
        yield {"name": names.person(), "title": title, "role": role, "mobile": mobile, "is_primary": False}
