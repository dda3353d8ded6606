"""Products of the demo company with their prices, in 元 per bottle: 14 that are sold, 10 older vintages."""

from __future__ import annotations

from typing import NamedTuple

_TABLE = """
YX-JC15-500|云溪窖藏15|heritage|nong|52|500|6|ceramic|92|268/318/468/236|on_sale|2021-03-01
YX-JC30-500|云溪窖藏30|heritage|nong|52|500|6|ceramic|168|538/638/898/468|on_sale|2021-03-01
YX-JDH-500|云溪经典红|classic|nong|42|500|6|glass|31|78/96/138/66|on_sale|2021-03-01
YX-JDL-500|云溪经典蓝|classic|nong|52|500|6|glass|42|118/138/198/98|on_sale|2021-03-01
SX-LJ-500|松溪老酱|heritage|jiang|53|500|6|ceramic|115|338/398/588/298|on_sale|2021-03-01
SX-DC-500|松溪典藏酱|heritage|jiang|53|500|4|ceramic|210|698/828/1188/608|on_sale|2021-03-01
QH-20-475|清河二十|classic|qing|53|475|6|glass|38|98/118/168/84|on_sale|2021-03-01
FM-Y-500|凤鸣宴|banquet|feng|45|500|6|glass|45|128/152/218/106|on_sale|2021-03-01
YX-XZ-100|云溪小酌|light|jian|42|100|24|glass|5.2|13/16/22/11|on_sale|2021-03-01
YX-GP-480|云溪光瓶|light|nong|50|480|12|glass|9.6|22/27/38/18.5|on_sale|2021-03-01
YX-FL-1000|福禄双礼盒|gift|nong|52|1000|4|giftbox|207|598/708/1028/528|on_sale|2024-08-20
SX-TZ-2500|坛装原浆2.5L|heritage|jiang|53|2500|1|jar|320|980/1180/1680/860|on_sale|2023-05-18
YX-PJ-50|品鉴小样50ml|light|nong|52|50|48|glass|2.6|6.5/8/11/5.5|on_sale|2022-01-10
YX-HY-500|定制婚宴酒|custom|nong|52|500|6|glass|52|148/178/258/125|on_sale|2025-03-01
YX-JC15-500-19|云溪窖藏15(2019版)|heritage|nong|52|500|6|ceramic|85||suspended|2019-04-01
YX-JC30-500-19|云溪窖藏30(2019版)|heritage|nong|52|500|6|ceramic|156||suspended|2019-04-01
SX-LJ-500-19|松溪老酱(2019版)|heritage|jiang|53|500|6|ceramic|104||suspended|2019-09-01
QH-15-475|清河十五|classic|qing|53|475|6|glass|33||suspended|2018-03-15
YX-JDH-450|云溪经典红450ml|classic|nong|42|450|6|glass|28||suspended|2018-06-01
YX-JC10-500|云溪窖藏10|heritage|nong|52|500|6|ceramic|64||retired|2015-03-01
YX-JDL-500-16|云溪经典蓝(2016版)|classic|nong|50|500|6|glass|35||retired|2016-03-01
FM-Y-500-15|凤鸣宴(2015版)|banquet|feng|45|500|6|glass|38||retired|2015-09-01
YX-GP-500-14|云溪光瓶500ml|light|nong|50|500|12|glass|8.2||retired|2014-05-01
SX-XJ-500|松溪小酱|classic|jiang|53|500|6|glass|46||retired|2017-10-01
"""


class Bottle(NamedTuple):
    """A product; `prices` are ex-factory, wholesale, retail and floor, or empty if it is on no price list."""

    sku: str
    name: str
    series: str
    aroma: str
    abv: str
    net_ml: str
    case_spec: str
    pack: str
    cost: str
    prices: tuple[str, ...]
    status: str
    launched: str


def _bottle(line: str) -> Bottle:
    cells = [cell.strip() for cell in line.split("|")]
    prices = tuple(cells[9].split("/")) if cells[9] else ()
    return Bottle._make([*cells[:9], prices, *cells[10:]])


BOTTLES = tuple(_bottle(line) for line in _TABLE.strip().splitlines())

STANDARDS = {
    "nong": "GB/T 10781.1",
    "jiang": "GB/T 26760",
    "qing": "GB/T 10781.2",
    "feng": "GB/T 14867",
    "jian": "GB/T 23547",
}
GRAINS = {"jiang": "水、高粱、小麦", "qing": "水、高粱、大麦、豌豆"}
POINTS = {
    "heritage": "陶坛窖藏，入口绵甜，宴请送礼都体面",
    "classic": "口感纯正，回味干净，日常聚饮首选",
    "banquet": "婚宴寿宴常备，开瓶香，不上头",
    "gift": "礼盒包装，节日走亲访友",
    "light": "纯粮光瓶，价格实在",
    "custom": "酒标可定制，婚庆与企业专属",
}
