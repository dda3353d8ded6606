"""The flows F06 to F09 as domain/00 gives them: who agrees to price lists, adjustments, policies and orders."""

from __future__ import annotations

from typing import Any


def step(
    code: str, zh: str, en: str, *roles: str, mode: str = "any", nearest: bool = False
) -> dict[str, Any]:
    """A step decided by the holders of roles; `nearest` asks those closest above the submitter who hold one."""
    approvers: list[dict[str, Any]] = [{"role": role} for role in roles]
    if nearest:
        approvers = [{"role": list(roles), "in": "department"}]
    return {"id": code, "label": {"zh": zh, "en": en}, "mode": mode, "approvers": approvers, "hours": 24}


def only_if(condition: dict[str, Any], *steps: dict[str, Any]) -> dict[str, Any]:
    """Steps that are taken when a condition holds."""
    return {"choose": [{"when": condition, "steps": list(steps)}], "else": []}


def test(field: str, op: str, value: Any) -> dict[str, Any]:
    """A comparison."""
    return {"field": field, "op": op, "value": value}


ADMIN = {"role": "executive"}
MM = step("mm", "市场经理审核", "Marketing manager", "marketing_manager")
SD = step("sd", "销售总监审批", "Sales director", "sales_director")
FM = step("fm", "财务经理审核", "Finance manager", "finance_manager")
EX = step("ex", "总经理批准", "Management", "executive")
BOTH = step(
    "both", "销售与财务", "Sales and finance together", "sales_director", "finance_manager", mode="all"
)
SM = step("sm", "订单审核", "Order check", "sales_manager", "sales_director", nearest=True)
FN = step("fn", "付款与信用审核", "Payment and credit", "finance_clerk")

FLOWS: tuple[tuple[str, str, str, list[dict[str, Any]]], ...] = (
    ("F06", "价格体系", "price_list", [MM, FM, EX]),
    ("F07", "价格调整", "price_adjustment", [
        MM, BOTH,
        only_if({"any": [test("max_change", ">", "0.05"), test("emergency", "=", True)]}, EX),
    ]),
    ("F08", "优惠政策", "discount_policy", [
        SD, FM,
        only_if({"any": [test("rate", "<", "0.85"), test("line.discount_tier.rate", "<", "0.85")]}, EX),
    ]),
    ("F09", "销售订单", "sales_order", [
        SM, FN,
        only_if({"any": [test("total_amount", ">=", {"parameter": "order.key_customer_amount"}),
                         test("special_discount", ">", "0")]}, SD),
        only_if(test("total_amount", ">=", {"parameter": "order.large_amount"}), EX),
    ]),
)  # fmt: skip
"""(code, name, entity, steps)."""
