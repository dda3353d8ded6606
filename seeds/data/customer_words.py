"""The words that names and addresses of demo customers are made of."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COMPANIES = _words("""
南京瑞丰酒业商行 杭州江澜商贸 广州粤醇名酒行 成都锦里糖酒 济南泉城酒业
济南大明湖商贸 合肥皖香酒业 合肥庐州糖酒 合肥天鹅湖酒业 南京江宁糖酒
""")
NEARLY_EQUAL = (
    ("苏州金鸡湖名酒贸易有限公司", "苏州金鸡湖名酒商贸有限公司"),
    ("武汉楚天云酒业销售有限公司", "武汉楚天云酒类销售有限公司"),
    ("长沙橘洲老窖商贸有限公司", "长沙橘洲老窑商贸有限公司"),
)
"""Pairs that look like one customer entered twice."""

BRANDS = _words("""
恒源 鼎盛 天润 福满堂 金樽 醉仙 和泰 聚友 瑞祥 万家 兴隆 德顺 百川 盛世 宏达
锦绣 同庆 长乐 清风 明月 东升 西岭 南山 北辰 祥云 紫金 玉泉 古城 新城 老街
""")
ENDINGS = {
    "dealer": ("酒业有限公司", "糖酒副食有限公司", "商贸有限公司"),
    "distributor": ("酒水批发部", "副食批发部", "酒水配送中心"),
    "terminal": ("名烟名酒", "烟酒店", "烟酒商行"),
    "catering": ("大酒店", "私房菜馆", "酒楼"),
    "supermarket": ("生鲜超市", "购物广场", "连锁超市"),
    "group": ("建设集团", "科技股份", "医药集团", "物流集团"),
    "ecom": ("电商旗舰店", "内容电商", "官方商城"),
    "direct": ("直营店", "品鉴馆", "形象店"),
}
INDUSTRIES = {
    "dealer": "酒类批发",
    "distributor": "酒类批发",
    "terminal": "烟酒零售",
    "catering": "餐饮",
    "supermarket": "零售",
    "group": "企业团购",
    "ecom": "电子商务",
    "direct": "酒类零售",
}
ROADS = _words("""
云溪路 松溪路 清河大道 凤鸣街 窖藏路 高粱巷 酒坊路 曲香街 泉水路 桂花路 文昌街 迎宾大道
""")
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余"
GIVEN_NAMES = _words("""
伟 敏 静 强 磊 洋 艳 勇 军 杰 娟 涛 明 超 秀兰 霞 平 刚 桂英 建华 国强 志强 海燕 丽娜
晓东 文博 雨桐 子涵 浩然 雪梅 春生 立新 永福 家骏
""")
