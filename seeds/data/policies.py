"""Discount policies and price adjustments of the demo company, with days counted from today."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from seeds.data.way import Step, Way, agreed


class PolicyRow(NamedTuple):
    """A policy in wire values (a `product` among them is a SKU), its steps (from bottles, rate), who asked for it, how."""

    values: dict[str, Any]
    steps: tuple[tuple[int, str], ...]
    keeper: str
    way: Way


class AdjustmentRow(NamedTuple):
    """An adjustment with its lines (SKU, price, new price) and the way it has come.

    `read` says from when on (working hours ago) its notices were read, and how many people have not.
    """

    values: dict[str, Any]
    lines: tuple[tuple[str, str, str], ...]
    way: Way
    read: tuple[float, int] | None = None


KEEPER = "mk.song"
"""Who asks for adjustments."""
WRITTEN = 3
"""Working hours between writing something and submitting it."""


def policies(today: date, since: date) -> tuple[PolicyRow, ...]:
    """The policies of a company that works with the system since a day, the latest still waiting."""
    year = {"valid_from": f"{since.year}-01-01", "valid_to": f"{today.year}-12-31", "scope_all": True}
    fair = {
        "valid_from": (today - timedelta(days=9)).isoformat(),
        "valid_to": (today + timedelta(days=12)).isoformat(),
        "scope_all": True,
    }
    rows = (
        ("ZC-XK98", "现款现货 98 折", {**year, "kind": "cash_discount", "rate": "0.98", "stackable": True,
                                   "priority": 30}, (), "sd.chen", agreed(392, 390, 384)),
        ("ZC-LX", "满 60 瓶 97 折，满 120 瓶 95 折", {**year, "kind": "tier", "stackable": True, "priority": 40},
         ((60, "0.97"), (120, "0.95")), "sd.chen", agreed(391, 389, 383)),
        ("ZC-TG95", "团购 95 折", {**year, "kind": "rate", "rate": "0.95", "channel_type": "group", "min_qty": 24,
                                "priority": 60}, (), "sd.chen", agreed(391, 389, 382)),
        ("ZC-NK96", "经销商年框 96 折", {**year, "kind": "rate", "rate": "0.96", "channel_type": "dealer",
                                    "min_amount": "50000", "stackable": True, "priority": 50},
         (), "sd.chen", agreed(390, 388, 381)),
        ("ZC-DS", "电商大促每瓶立减 3 元", {**fair, "kind": "amount_off", "amount_off": "3", "channel_type": "ecom",
                                     "scope_all": False, "scope_series": "classic", "cap_amount": "60000",
                                     "priority": 70}, (), "mm.zhao", agreed(112, 107, 101)),
        ("ZC-JZ428", "窖藏 15 年货一口价", {**fair, "kind": "fixed_price", "fixed_price": "428", "scope_all": False,
                                    "customer_group": "retail", "product": "YX-JC15-500", "priority": 80},
         (), "mk.song", agreed(8, 4)),
        ("ZC-YX93", "宴席专享 93 折", {**fair, "kind": "rate", "rate": "0.93", "scope_all": False,
                                   "scope_series": "banquet", "min_qty": 36}, (), "mk.song", ()),
    )  # fmt: skip
    return tuple(PolicyRow({"code": r[0], "name": r[1], **r[2]}, *r[3:]) for r in rows)


def adjustments(today: date) -> tuple[AdjustmentRow, ...]:
    """Adjustments in every stage of their way, the oldest first."""

    def row(
        title: str, reason: str, basis: str, days: int, lines: tuple[tuple[str, str, str], ...], way: Way,
        read: tuple[float, int] | None = None,
    ) -> AdjustmentRow:  # fmt: skip
        values = {
            "title": title, "reason": reason, "basis": basis,
            "effective_date": (today + timedelta(days=days)).isoformat(),
            "notify_depts": ["logistics", "finance", "service"],
        }  # fmt: skip
        return AdjustmentRow(values, lines, way, read)

    return (
        row("云溪光瓶提价", "cost", "玻瓶与纸箱采购价年内上涨 6%，光瓶毛利已近底线。", RAISED,
            (("YX-GP-480", "ex_factory", "23"), ("YX-GP-480", "wholesale", "28"), ("YX-GP-480", "retail", "39")),
            (Step(300, "submit"), Step(297, "approve"), Step(291, "approve", "幅度不大，同意"),
             Step(285, "approve", "成本核过，同意", "fn.qian")), (280, 0)),
        row("清河二十小幅下调", "competitor", "同价位竞品近期促销，终端动销放缓。", 15,
            (("QH-20-475", "wholesale", "116"), ("QH-20-475", "retail", "162")), agreed(62, 58, 51, 45), (40, 4)),
        row("松溪老酱提价", "demand", "酱香需求旺盛，旺季断货两次。", 20,
            (("SX-LJ-500", "ex_factory", "358"), ("SX-LJ-500", "wholesale", "418"), ("SX-LJ-500", "floor", "312")),
            (Step(10, "submit"), Step(6, "approve", "依据充分，请销售和财务会签"))),
        row("凤鸣宴宴席价调整", "strategy", "配合宴席推广，批发价让利给终端。", 25,
            (("FM-Y-500", "wholesale", "148"),),
            (Step(40, "submit"), Step(36, "return", "请补充竞品价格和预计销量，再提交。"))),
        row("双礼盒节后下调", "demand", "节后礼盒走量慢，主要渠道库存偏高。", 28,
            (("YX-FL-1000", "wholesale", "698"), ("YX-FL-1000", "retail", "998")), agreed(5)),
        row("典藏酱提价", "strategy", "年份升级换包装。", 35,
            (("SX-DC-500", "ex_factory", "728"), ("SX-DC-500", "wholesale", "858")), ()),
    )  # fmt: skip


RAISED = -21
"""The day, from today, on which the first adjustment took effect."""


def prices_on(sku: str, listed: tuple[str, ...], day: date, today: date) -> tuple[str, ...]:
    """The prices (ex-factory, wholesale, retail, floor) of a product on a day: as listed first, or as raised since."""
    first = adjustments(today)[0]
    new = {tier: price for name, tier, price in first.lines if name == sku}
    if not new or day < today + timedelta(days=RAISED):
        return listed
    return tuple(new.get(tier, old) for tier, old in zip(TIERS, listed, strict=True))


TIERS = ("ex_factory", "wholesale", "retail", "floor")
