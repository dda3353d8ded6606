"""Region (E02): the tree of sales regions, from area down to county."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import About, Entity, choice, choices, decimal, integer, link, long_text, money, person, text
from models.checks import at_least

RegionLevel = choices(
    ("area", _l("Area"), "violet"),
    ("province", _l("Province"), "blue"),
    ("city", _l("City"), "cyan"),
    ("county", _l("County")),
)
"""From the widest to the narrowest: a child's level comes after its parent's."""

CollectTaboo = choices(
    ("none", _l("No taboo")),
    ("morning", _l("No collecting in the morning"), "amber"),
    ("afternoon", _l("No collecting in the afternoon"), "amber"),
    ("custom", _l("Other custom"), "brown"),
)


class Region(Entity):
    """A sales region: who looks after it, how large its market is, and when not to ask for money there."""

    __tablename__ = "region"
    about = About(
        _l("Sales regions"),
        key=("code",),
        title="name",
        workbook="base",
        pattern="public",
        order=30,
        note=_l("The map of our market: areas, provinces and cities, and who answers for them."),
    )

    code = text(_l("Region code"), 20, search=True)
    name = text(_l("Region name"), 60, required=True, search=True)
    parent_region_id = link(_l("Upper region"), "region")
    level = choice(_l("Region level"), RegionLevel, required=True)
    manager_id = person(_l("Region manager"))
    collect_taboo = choice(_l("Collecting taboo"), CollectTaboo)
    taboo_note = text(_l("Collecting customs"), 200)
    market_size = money(_l("Yearly market size"), check=at_least(0), total=True)
    population = decimal(_l("Population (10,000)"), 10, 2, check=at_least(0), total=True)
    target_terminals = integer(_l("Target outlets"), check=at_least(0), total=True)
    remark = long_text(_l("Remarks"))
