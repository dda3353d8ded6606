"""What people write above a column for what a field is called: one list for all entities, in both languages.

A field answers to every word of a line in which its label stands. Words that mean different things on different
sheets have no place here.
"""

from __future__ import annotations

from functools import cache

from app.excel.headers import header_form

_ALIKE = """
手机号|手机|手机号码|联系手机|联系电话|电话|联系方式|移动电话|mobile|mobile phone|phone|tel|cell
联系人|联系人姓名|姓名|对接人|contact|contact person|contact name
客户|客户名称|客户全称|单位名称|单位|公司|公司名称|customer|customer name|company|client|account name
客户编码|客户编号|客户代码|客户号|customer code|customer no|customer number|customer id
编码|编号|代码|code|no|number
名称|全称|name|full name
简称|客户简称|short name
地址|详细地址|联系地址|通讯地址|收货地址|address|street
电子邮箱|邮箱|邮件|电子邮件|邮箱地址|e-mail|email|mail
备注|备注信息|说明|附注|摘要|remark|remarks|note|notes|comment|memo
数量|件数|订货数量|qty|quantity|count
单价|价格|含税单价|unit price|price
金额|总金额|合计金额|价税合计|amount|total amount|sum
日期|业务日期|单据日期|date
订单号|订单编号|单号|单据编号|订单编码|order no|order number|order id
下单日期|订单日期|订货日期|order date|ordered on
产品|产品名称|品名|商品|商品名称|product|product name|item
产品编码|产品编号|物料编码|料号|货号|sku|product code|item code|item no
规格|规格型号|型号|specification|spec|model
区域|地区|大区|所属区域|所属大区|所在区域|销售区域|region|area
省份|省|province
城市|市|所在城市|city
区县|县区|district|county
部门|所属部门|department
负责人|业务员|销售员|跟进人|归属人|owner|sales rep|salesperson
状态|当前状态|status|state
类型|类别|分类|type|category
性别|gender|sex
生日|出生日期|出生年月日|birthday|date of birth
身份证号|身份证|身份证号码|证件号码|id number|id card
统一社会信用代码|信用代码|税号|纳税人识别号|credit code|tax number|tax id
折扣|折扣率|discount
税率|税点|tax rate
税额|税金|tax
发货日期|出库日期|shipped|ship date|shipped on
来源|客户来源|线索来源|渠道来源|获客渠道|source|lead source
职务|职位|岗位|position|job title|title
微信|微信号|wechat
"""


@cache
def _table() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _ALIKE.split("\n"):
        words = frozenset(header_form(word) for word in line.split("|") if word.strip())
        for word in words:
            found[word] = found.get(word, frozenset()) | words
    return found


def synonyms(text: str) -> frozenset[str]:
    """The words, in `header_form`, that mean what a label means; without the label itself."""
    form = header_form(text)
    return _table().get(form, frozenset()) - {form}
