"""Departments and people of the demo company: one person for each role at least."""

from __future__ import annotations

from typing import NamedTuple


class Unit(NamedTuple):
    """A department: its code, name, type, the code of the upper one, and who heads it."""

    code: str
    name: str
    kind: str
    upper: str | None
    head: str | None
    duties: str


class Person(NamedTuple):
    """Somebody who signs in: names, role, department, position, whom they report to, monthly base salary."""

    username: str
    last: str
    first: str
    role: str
    unit: str
    position: str
    boss: str | None
    salary: int


UNITS = (
    Unit("YX", "总经办", "management", None, "ceo", "经营决策，重大事项审批"),
    Unit("XS", "销售中心", "sales", "YX", "sd.chen", "销售目标、渠道与客户"),
    Unit("XS-HD", "华东销售部", "sales", "XS", "sm.east", "江苏、浙江、安徽、山东"),
    Unit("XS-HN", "华南销售部", "sales", "XS", "sm.south", "广东、福建"),
    Unit("XS-HZ", "华中销售部", "sales", "XS", None, "河南、湖北、湖南"),
    Unit("XS-XN", "西南销售部", "sales", "XS", None, "四川、贵州"),
    Unit("XS-DS", "电商部", "sales", "XS", None, "旗舰店与内容电商"),
    Unit("XS-TG", "团购部", "sales", "XS", None, "企业与单位团购"),
    Unit("SC", "市场部", "marketing", "YX", "mm.zhao", "产品、价格、推广"),
    Unit("WL", "物流部", "logistics", "YX", "lg.sun", "仓储、发货、运输"),
    Unit("CW", "财务部", "finance", "YX", "fm.zhou", "应收、费用、成本"),
    Unit("FW", "法务部", "legal", "YX", "le.wu", "合同审核、催收支持"),
    Unit("SH", "售后服务部", "service", "YX", "svm.feng", "投诉、回访、满意度"),
    Unit("ZL", "质量部", "quality", "YX", "qc.han", "检验、质量跟踪"),
    Unit("SCB", "生产部", "production", "YX", "pd.he", "酿造、灌装、批次"),
    Unit("RS", "人事部", "hr", "YX", "hr.xu", "招聘、培训、考核"),
    Unit("XX", "信息部", "it", "YX", "admin", "系统与权限"),
    Unit("SJ", "审计部", "audit", "YX", "auditor", "审计与监督"),
)

PEOPLE = (
    Person("admin", "沈", "静", "configurator", "XX", "系统管理员", "ceo", 12000),
    Person("auditor", "顾", "明", "auditor", "SJ", "审计经理", "ceo", 14000),
    Person("ceo", "秦", "朗", "executive", "YX", "总经理", None, 40000),
    Person("sd.chen", "陈", "立", "sales_director", "XS", "销售总监", "ceo", 25000),
    Person("sm.east", "王", "浩", "sales_manager", "XS-HD", "华东销售经理", "sd.chen", 16000),
    Person("sr.wang", "王", "芳", "sales_rep", "XS-HD", "销售代表", "sm.east", 7000),
    Person("sr.li", "李", "航", "sales_rep", "XS-HD", "销售代表", "sm.east", 7000),
    Person("sm.south", "林", "峰", "sales_manager", "XS-HN", "华南销售经理", "sd.chen", 16000),
    Person("sr.zhou", "周", "婷", "sales_rep", "XS-HN", "销售代表", "sm.south", 6800),
    Person("sr.luo", "罗", "敏", "sales_rep", "XS-HZ", "销售代表", "sd.chen", 6800),
    Person("sr.deng", "邓", "伟", "sales_rep", "XS-XN", "销售代表", "sd.chen", 6800),
    Person("sr.lin", "林", "晓", "sales_rep", "XS-DS", "电商运营", "sd.chen", 7500),
    Person("sr.tang", "唐", "悦", "sales_rep", "XS-TG", "团购专员", "sd.chen", 7200),
    Person("mm.zhao", "赵", "琳", "marketing_manager", "SC", "市场经理", "ceo", 18000),
    Person("mk.song", "宋", "佳", "marketing_specialist", "SC", "市场专员", "mm.zhao", 8000),
    Person("lg.sun", "孙", "强", "logistics", "WL", "物流经理", "ceo", 13000),
    Person("fn.qian", "钱", "丽", "finance_clerk", "CW", "财务专员", "fm.zhou", 8500),
    Person("fm.zhou", "周", "建国", "finance_manager", "CW", "财务经理", "ceo", 18000),
    Person("le.wu", "吴", "静", "legal", "FW", "法务专员", "ceo", 12000),
    Person("sv.zheng", "郑", "洁", "service_agent", "SH", "售后客服", "svm.feng", 6000),
    Person("svm.feng", "冯", "涛", "service_manager", "SH", "售后经理", "ceo", 13000),
    Person("qc.han", "韩", "冰", "quality_control", "ZL", "质量工程师", "ceo", 11000),
    Person("pd.he", "何", "志远", "production", "SCB", "生产主管", "ceo", 12000),
    Person("hr.xu", "许", "文", "hr_officer", "RS", "人事经理", "ceo", 13000),
)

LEAVING = "sr.li"
"""Has given notice: their customers will be handed over."""
