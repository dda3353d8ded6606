"""Identifiers from headers and labels: English where the word is a usual one, else pinyin."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Container

from pypinyin import lazy_pinyin

_MAX = 40
# What every record already has, what SQLAlchemy and our declarations mean themselves.
RESERVED = frozenset((
    "id", "version", "owner_id", "department_id", "created_at", "created_by_id", "updated_at",
    "updated_by_id", "archived_at", "locked_by_case", "extra", "metadata", "registry", "parent_id",
    "position", "owner", "department", "created_by", "updated_by", "parent", "about", "query",
    "label", "lines", "table",
))  # fmt: skip
_WORDS = {
    "编号": "no", "编码": "code", "代码": "code", "单号": "no", "号码": "no", "序号": "serial",
    "行": "row", "订单": "order", "客户": "customer", "产品": "product", "商品": "product",
    "物料": "material", "供应商": "supplier", "合同": "contract", "发票": "invoice", "员工": "employee",
    "部门": "dept", "区域": "region", "地区": "region", "省": "province", "城市": "city",
    "国家": "country", "地址": "address", "日期": "date", "时间": "time", "年份": "year", "月份": "month",
    "名称": "name", "姓名": "name", "类型": "type", "类别": "category", "状态": "status", "等级": "grade",
    "备注": "remark", "说明": "note", "数量": "quantity", "单价": "price", "价格": "price",
    "金额": "amount", "销售额": "sales", "成本": "cost", "利润": "profit", "折扣": "discount",
    "税率": "tax_rate", "单位": "unit", "规格": "spec", "库存": "stock", "电话": "phone", "手机": "mobile",
    "邮箱": "email", "邮编": "postcode", "联系人": "contact", "性别": "gender", "生日": "birthday",
    "创建": "created", "发货": "ship", "销售": "sales", "采购": "purchase", "合计": "total",
    "经理": "manager", "负责人": "manager", "品牌": "brand", "系列": "series", "渠道": "channel",
    "仓库": "warehouse",
}  # fmt: skip
_LONGEST = max(map(len, _WORDS))
_PIECES = re.compile(r"[A-Za-z]+|[0-9]+|[\u3400-\u9fff]+")


def identifier(text: str, taken: Container[str] = (), fallback: str = "field") -> str:
    """A snake_case name for a header or a choice, unlike those taken, not reserved: 订单日期 → order_date.

    A trailing ID reads `no`: names in `_id` are links. Names in `_key` are kept for search keys.
    """
    parts: list[str] = []
    for piece in _PIECES.findall(unicodedata.normalize("NFKC", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text))):
        parts.extend([piece.lower()] if piece.isascii() else _chinese(piece))
    if parts and parts[-1] == "id":
        parts[-1] = "no"
    name = "_".join(parts)[:_MAX].strip("_") or fallback
    if name[0].isdigit():
        name = f"{fallback}_{name}"[:_MAX]
    if name.endswith(("_id", "_key")):
        name += "_value"
    base, number = name, 1
    while name in taken or name in RESERVED or keyword.iskeyword(name):
        number += 1
        name = f"{base}_{number}"
    return name


def _chinese(text: str) -> list[str]:
    """Known words in English, the stretches between them as pinyin."""
    parts: list[str] = []
    rest, at = "", 0
    while at < len(text):
        word = next((text[at : at + n] for n in range(_LONGEST, 0, -1) if text[at : at + n] in _WORDS), "")
        if word:
            if rest:
                parts.append("".join(lazy_pinyin(rest)))
            parts.append(_WORDS[word])
            rest = ""
        else:
            rest += text[at]
        at += len(word) or 1
    if rest:
        parts.append("".join(lazy_pinyin(rest)))
    return [re.sub(r"[^a-z0-9]", "", part) if "_" not in part else part for part in parts]
