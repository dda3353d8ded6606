"""Sales regions of the demo company: 4 areas, 11 provinces, 13 cities. Population in 10,000."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A region: code, name, level, code of the upper region, population in 10,000 (areas: the sum below)."""

    code: str
    name: str
    level: str
    upper: str | None
    population: int = 0


AREAS = (
    Place("HD", "华东大区", "area", None),
    Place("HZ", "华中大区", "area", None),
    Place("HN", "华南大区", "area", None),
    Place("XN", "西南大区", "area", None),
)
PROVINCES = (
    Place("JS", "江苏", "province", "HD", 8526),
    Place("ZJ", "浙江", "province", "HD", 6627),
    Place("AH", "安徽", "province", "HD", 6121),
    Place("SD", "山东", "province", "HD", 10123),
    Place("HA", "河南", "province", "HZ", 9815),
    Place("HB", "湖北", "province", "HZ", 5838),
    Place("HU", "湖南", "province", "HZ", 6568),
    Place("GD", "广东", "province", "HN", 12706),
    Place("FJ", "福建", "province", "HN", 4183),
    Place("SC", "四川", "province", "XN", 8368),
    Place("GZ", "贵州", "province", "XN", 3865),
)
CITIES = (
    Place("JS-NJ", "南京", "city", "JS", 955),
    Place("JS-SZ", "苏州", "city", "JS", 1296),
    Place("ZJ-HZ", "杭州", "city", "ZJ", 1252),
    Place("AH-HF", "合肥", "city", "AH", 1000),
    Place("SD-JN", "济南", "city", "SD", 944),
    Place("HA-ZZ", "郑州", "city", "HA", 1301),
    Place("HB-WH", "武汉", "city", "HB", 1377),
    Place("HU-CS", "长沙", "city", "HU", 1051),
    Place("GD-GZ", "广州", "city", "GD", 1883),
    Place("GD-SZ", "深圳", "city", "GD", 1779),
    Place("FJ-FZ", "福州", "city", "FJ", 846),
    Place("SC-CD", "成都", "city", "SC", 2140),
    Place("GZ-GY", "贵阳", "city", "GZ", 640),
)
TABOO = {"FJ-FZ", "SD-JN", "HU-CS"}
"""Cities where, for the demo, nobody collects money in the morning."""
MANAGERS = {"HD": "sm.east", "HN": "sm.south", "HZ": "sd.chen", "XN": "sd.chen"}


def population(place: Place) -> int:
    """The population of a region in 10,000."""
    return place.population or sum(p.population for p in PROVINCES if p.upper == place.code)
