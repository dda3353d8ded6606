"""Discount policies and price adjustments of the demo company, with days counted from today."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple


class PolicyRow(NamedTuple):
    """A policy in wire values (a `product` among them is a SKU) with its steps (from bottles, rate), and its stage.

    `stage` is draft, pending or effective; `keeper` the login name of whoever asked for it.
    """

    values: dict[str, Any]
    steps: tuple[tuple[int, str], ...]
    stage: str
    keeper: str


class AdjustmentRow(NamedTuple):
    """An adjustment with its lines (SKU, price, new price), and how far it has come.

    `stage` is draft, returned, pending (marketing has agreed, sales and finance have not), scheduled or effective.
    """

    values: dict[str, Any]
    lines: tuple[tuple[str, str, str], ...]
    stage: str
    keeper: str


def policies(today: date) -> tuple[PolicyRow, ...]:
    """The policies of the year, the latest still waiting."""
    year = {"valid_from": f"{today.year}-01-01", "valid_to": f"{today.year}-12-31", "scope_all": True}
    fair = {
        "valid_from": (today - timedelta(days=9)).isoformat(),
        "valid_to": (today + timedelta(days=12)).isoformat(),
        "scope_all": True,
    }
    rows = (
        ("ZC-XK98", "现款现货 98 折", {**year, "kind": "cash_discount", "rate": "0.98", "stackable": True,
                                   "priority": 30}, (), "effective", "sd.chen"),
        ("ZC-LX", "满 60 瓶 97 折，满 120 瓶 95 折", {**year, "kind": "tier", "stackable": True, "priority": 40},
         ((60, "0.97"), (120, "0.95")), "effective", "sd.chen"),
        ("ZC-TG95", "团购 95 折", {**year, "kind": "rate", "rate": "0.95", "channel_type": "group", "min_qty": 24,
                                "priority": 60}, (), "effective", "sd.chen"),
        ("ZC-NK96", "经销商年框 96 折", {**year, "kind": "rate", "rate": "0.96", "channel_type": "dealer",
                                    "min_amount": "50000", "stackable": True, "priority": 50},
         (), "effective", "sd.chen"),
        ("ZC-DS", "电商大促每瓶立减 3 元", {**fair, "kind": "amount_off", "amount_off": "3", "channel_type": "ecom",
                                     "scope_all": False, "scope_series": "classic", "cap_amount": "60000",
                                     "priority": 70}, (), "effective", "mm.zhao"),
        ("ZC-JZ428", "窖藏 15 年货一口价", {**fair, "kind": "fixed_price", "fixed_price": "428", "scope_all": False,
                                    "customer_group": "retail", "product": "YX-JC15-500", "priority": 80},
         (), "pending", "mk.song"),
        ("ZC-YX93", "宴席专享 93 折", {**fair, "kind": "rate", "rate": "0.93", "scope_all": False,
                                   "scope_series": "banquet", "min_qty": 36}, (), "draft", "mk.song"),
    )  # fmt: skip
    return tuple(PolicyRow({"code": r[0], "name": r[1], **r[2]}, *r[3:]) for r in rows)


def adjustments(today: date) -> tuple[AdjustmentRow, ...]:
    """Adjustments in every stage of their way, the oldest first."""

    def row(
        title: str, reason: str, basis: str, days: int, stage: str, *lines: tuple[str, str, str], **more: Any
    ) -> AdjustmentRow:
        first = (today + timedelta(days=days)).isoformat()
        values = {"title": title, "reason": reason, "basis": basis, "effective_date": first,
                  "notify_depts": ["logistics", "finance", "service"], **more}  # fmt: skip
        return AdjustmentRow(values, lines, stage, "mk.song")

    return (
        row("云溪光瓶提价", "cost", "玻瓶与纸箱采购价年内上涨 6%，光瓶毛利已近底线。", -40, "effective",
            ("YX-GP-480", "ex_factory", "23"), ("YX-GP-480", "wholesale", "28"), ("YX-GP-480", "retail", "39")),
        row("清河二十小幅下调", "competitor", "同价位竞品 9 月起促销，终端动销放缓。", 15, "scheduled",
            ("QH-20-475", "wholesale", "116"), ("QH-20-475", "retail", "162")),
        row("松溪老酱提价", "demand", "酱香需求旺盛，旺季断货两次。", 20, "pending",
            ("SX-LJ-500", "ex_factory", "358"), ("SX-LJ-500", "wholesale", "418"), ("SX-LJ-500", "floor", "312")),
        row("凤鸣宴宴席价调整", "strategy", "配合宴席推广，批发价让利给终端。", 25, "returned",
            ("FM-Y-500", "wholesale", "148")),
        row("典藏酱元旦提价", "strategy", "年份升级换包装。", 35, "draft",
            ("SX-DC-500", "ex_factory", "728"), ("SX-DC-500", "wholesale", "858")),
    )  # fmt: skip
