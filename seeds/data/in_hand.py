"""The orders the demo company has in hand: drafts, orders at every step of their approval, and what became of some."""

from __future__ import annotations

from typing import NamedTuple

from seeds.data.way import Step, Way, agreed


class InHand(NamedTuple):
    """An order of somebody's: cases of which products, written so many working hours ago.

    `rate` is its share of the policy price, "1" as it comes; `lacks` names the cells left empty.
    """

    owner: str
    wanted: tuple[tuple[str, int], ...]
    ago: float
    way: Way = ()
    rate: str = "1"
    lacks: tuple[str, ...] = ()


IN_HAND: tuple[InHand, ...] = (
    # Agreed to, the oldest first; one only after it had been corrected.
    InHand("sr.wang", (("YX-JDL-500", 8),), 82, agreed(81, 79, 76)),
    InHand("sr.li", (("YX-JDH-500", 10),), 66, (
        Step(65, "submit"),
        Step(62, "return", "收货人电话打不通，请与客户核对。"),
        Step(58, "resubmit", "已换成门店电话"),
        Step(56, "approve"),
        Step(52, "approve", "款已到账"),
    )),
    InHand("sr.zhou", (("FM-Y-500", 12), ("YX-XZ-100", 2)), 50, agreed(49, 46, 43)),
    InHand("sr.wang", (("SX-LJ-500", 10),), 41, (*agreed(40, 38, 34), Step(31, "approve", "老客户，这一单同意")), "0.97"),
    # Turned down, sent back, taken back.
    InHand("sr.deng", (("SX-DC-500", 16),), 31, (
        Step(30, "submit", "客户要求比照去年价格"),
        Step(27, "approve"),
        Step(24, "approve"),
        Step(21, "reject", "典藏酱本季不再让价，请按政策价重新报。"),
    ), "0.93"),
    InHand("sr.wang", (("FM-Y-500", 15),), 17, (
        Step(16, "submit"),
        Step(13, "approve"),
        Step(9, "return", "送货地址是旧仓库，请与客户核对后再提交。"),
    )),
    InHand("sr.lin", (("YX-GP-480", 60),), 12, (Step(11, "submit"), Step(9, "withdraw", "客户要改数量"))),
    # On their way: with the sales manager, with finance, with the director, with the management.
    InHand("sr.li", (("YX-JDH-500", 20), ("YX-GP-480", 12)), 13, agreed(12)),
    InHand("sr.wang", (("YX-JDL-500", 20), ("YX-XZ-100", 4)), 6, agreed(5)),
    InHand("sr.zhou", (("QH-20-475", 18),), 5, agreed(4)),
    InHand("sr.wang", (("YX-JC15-500", 40), ("SX-LJ-500", 15)), 13, agreed(12, 7)),
    InHand("sr.luo", (("QH-20-475", 25),), 11, agreed(10, 8), "0.96"),
    InHand("sr.zhou", (("YX-JC15-500", 60), ("FM-Y-500", 30)), 24, agreed(23, 20, 11)),
    InHand("sr.li", (("SX-LJ-500", 12),), 13, (
        Step(12, "submit", "客户承诺本月再订两次"),
        Step(10, "approve", "续单客户，同意"),
        Step(5, "approve"),
    ), "0.95"),
    InHand("sr.zhou", (("SX-DC-500", 90),), 23, agreed(22, 19, 14, 3)),
    InHand("sr.deng", (("YX-JDH-500", 30), ("YX-GP-480", 20)), 4, agreed(3)),
    InHand("sm.east", (("YX-JC30-500", 10),), 8, agreed(7)),
    InHand("sr.tang", (("YX-FL-1000", 12),), 3, agreed(2)),
    # Not complete when they were submitted, and drafts of today.
    InHand("sr.wang", (("YX-JDL-500", 5),), 20, agreed(19), lacks=("delivery_date",)),
    InHand("sr.zhou", (("YX-JDL-500", 5),), 14, agreed(13), lacks=("receiver", "receiver_mobile")),
    InHand("sr.deng", (("YX-JDL-500", 5),), 9, agreed(8), lacks=("delivery_date", "delivery_address")),
    InHand("sr.wang", (("YX-JDH-500", 6),), 1, lacks=("delivery_date",)),
    InHand("sr.li", (("FM-Y-500", 10),), 2, lacks=("receiver", "receiver_mobile")),
    InHand("sr.wang", (("YX-JC15-500", 6),), 0.5),
)  # fmt: skip
