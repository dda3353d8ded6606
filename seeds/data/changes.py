"""Changes of customers that need somebody's agreement in the demo company, and who stands in for whom."""

from __future__ import annotations

from typing import Any, NamedTuple

from seeds.data.flows import FM, step
from seeds.data.way import Step, Way

FLOW = ("F-C1", "客户付款条件变更", "customer", [
    step("sm", "销售经理审核", "Sales manager", "sales_manager", "sales_director", nearest=True), FM,
])  # fmt: skip
POLICY = {
    "code": "F-C1", "name": "改客户付款条件要批", "for_entity": "customer", "operations": ["update"],
    "fields": "payment_term, credit_grade", "flow_code": "F-C1", "is_active": True,
}  # fmt: skip


class Ask(NamedTuple):
    """New values for so many companies among the customers of some people, why, and how it went on.

    Only customers are meant whose payment term is `term` now, or any other than the new one if it is empty.
    `meanwhile` is what another person writes into the same records before it is decided: who, when, and what.
    """

    asker: str
    owners: tuple[str, ...]
    records: int
    term: str
    values: dict[str, Any]
    reason: str
    way: Way
    meanwhile: tuple[str, float, dict[str, Any]] | None = None


ASKS = (
    Ask("sr.zhou", ("sr.zhou",), 1, "net30", {"payment_term": "monthly"}, "连续 12 个月无逾期，申请月结",
        (Step(80, "submit"), Step(76, "approve"), Step(70, "approve", "核过往来，同意"))),
    Ask("sr.wang", ("sr.wang",), 1, "prepay", {"payment_term": "net15", "payday_day": 20},
        "酒店换了会计，以后 15 天内付，付款日改为 20 日",
        (Step(30, "submit"), Step(23, "approve"), Step(19, "approve")), ("sm.east", 26, {"payday_day": 10})),
    Ask("sr.wang", ("sr.wang",), 1, "net30", {"payment_term": "net60"}, "旺季备货，申请延长账期", (Step(8, "submit"),)),
    Ask("sd.chen", ("sr.luo", "sr.deng"), 23, "", {"payment_term": "monthly"},
        "华中、西南客户统一改为月结，每月 25 日对账", (Step(6, "submit"),)),
)  # fmt: skip
"""In order of their submits. The second comes back: what it wanted to change was changed meanwhile."""

# Who is away: when it was entered (working hours ago), for whom, by whom, from which day to which, why.
AWAY = (
    (330, "fm.zhou", "fn.qian", -36, -28, "外出培训"),
    (5, "sd.chen", "sm.east", 14, 21, "年假"),
)
