"""The ledgers of the demo company, made from `seeds.data` and written through the gate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.change import Change
from models.checks import ean_check_digit, id_check_sign
from seeds.data.people import LEAVING, PEOPLE, Person
from seeds.data.products import BOTTLES, GRAINS, POINTS, STANDARDS, Bottle
from seeds.data.regions import AREAS, CITIES, MANAGERS, PROVINCES, TABOO, population
from seeds.data.regions import Place as RegionRow
from seeds.writing import inserts, write

Ids = dict[str, int]
_HOME = {one.username: one.unit for one in PEOPLE}
_DISCOUNTS = {"sales_rep": "0.9500", "sales_manager": "0.9200", "sales_director": "0.8800"}


@dataclass(frozen=True)
class Place:
    """Ids of the demo company's people by login name, and of its departments by code."""

    users: Ids
    departments: Ids

    def kept_by(self, username: str) -> dict[str, int]:
        """Owner and department of a record that this person keeps."""
        return {"owner_id": self.users[username], "department_id": self.departments[_HOME[username]]}


def regions(place: Place) -> Ids:
    """Sales regions, areas before provinces before cities; their ids by code."""
    rows = (*AREAS, *PROVINCES, *CITIES)
    changes = inserts("region", (_region(row, place) for row in rows))
    for change, row in zip(changes, rows, strict=True):
        change.ref = row.code
        change.values["parent_region_id"] = {"ref": row.upper} if row.upper else None
    ids = write("demo:regions", changes, "销售区域")
    return {row.code: record for row, record in zip(rows, ids, strict=True)}


def _region(row: RegionRow, place: Place) -> dict[str, Any]:
    people = population(row)
    taboo = row.code in TABOO
    return {
        "code": row.code,
        "name": row.name,
        "level": row.level,
        "manager_id": place.users.get(MANAGERS.get(row.code, "")),
        "collect_taboo": "morning" if taboo else "none",
        "taboo_note": "上午不谈收款，下午再去" if taboo else None,
        "population": f"{people}.00",
        "market_size": f"{people * 10_000 * 350}.00",
        "target_terminals": people * 6 // 5,
        **place.kept_by("sd.chen"),
    }


def employees(place: Place) -> None:
    """A file for everybody who signs in."""
    rows = [_employee(number, one, place) for number, one in enumerate(PEOPLE, 1)]
    write("demo:employees", inserts("employee", rows), "员工", history=True)


def _employee(number: int, one: Person, place: Place) -> dict[str, Any]:
    born = date(1972 + number % 26, 1 + number * 5 % 12, 1 + number * 7 % 28)
    # No place has the code 999999, so the number is nobody's.
    body = f"999999{born:%Y%m%d}{number:03d}"
    return {
        "emp_no": f"YX{number:03d}",
        "name": one.last + one.first,
        "user_id": place.users[one.username],
        "mobile": f"154{20260000 + number}",
        "email": f"{one.username}@yunxi.example",
        "hire_date": date(2016 + number % 9, 1 + number % 12, 1).isoformat(),
        "emp_status": "leaving" if one.username == LEAVING else "active",
        "onboard_passed": True,
        "job_level": f"P{3 + one.salary // 5000}",
        "base_salary": f"{one.salary}.00",
        "discount_authority": _DISCOUNTS.get(one.role),
        "id_no": body + id_check_sign(body),
        "birthday": born.isoformat(),
        **place.kept_by(one.username),
    }


def products(place: Place) -> Ids:
    """Products; their ids by SKU."""
    rows = [_product(number, bottle, place) for number, bottle in enumerate(BOTTLES, 1)]
    ids = write("demo:products", inserts("product", rows), "产品档案", history=True)
    return {bottle.sku: record for bottle, record in zip(BOTTLES, ids, strict=True)}


def _product(number: int, bottle: Bottle, place: Place) -> dict[str, Any]:
    code = f"6999999{number:05d}"
    size = int(bottle.net_ml)
    return {
        "sku": bottle.sku,
        "name": bottle.name,
        "status": bottle.status,
        "series": bottle.series,
        "aroma": bottle.aroma,
        "abv": bottle.abv,
        "net_ml": size,
        "case_spec": int(bottle.case_spec),
        "pack_type": bottle.pack,
        "cost_price": bottle.cost,
        "barcode": code + ean_check_digit(code),
        "grade": "premium" if bottle.series in ("heritage", "gift") else "first",
        "raw_material": GRAINS.get(bottle.aroma, "水、高粱、大米、糯米、小麦、玉米"),
        "standard_no": STANDARDS[bottle.aroma],
        "sc_license": "SC11599999900001",
        "bottle_weight_g": size * 2,
        "shelf_note": "阴凉干燥、通风避光处贮存",
        "core_selling_point": POINTS[bottle.series],
        "is_bundle": bottle.series == "gift",
        "is_gift": size <= 100,
        "launch_date": bottle.launched,
        "min_order_qty": int(bottle.case_spec),
        "safety_stock": 0 if bottle.status == "retired" else int(bottle.case_spec) * 100,
        **place.kept_by("mm.zhao"),
    }


def price_list(place: Place, ids: Ids, year: int) -> list[Change]:
    """The price list for the whole country since a year began: a draft with an item for each product sold."""
    head = {
        "code": f"JG{year}",
        "version_no": 1,
        "name": f"{year} 年价格体系",
        "valid_from": f"{year}-01-01",
        "pricing_basis": f"成本核算、竞品价格与 {year - 1} 年动销情况",
        **place.kept_by("mm.zhao"),
    }
    items = inserts("price_list_item", (_item(bottle, ids) for bottle in BOTTLES if bottle.prices))
    return [Change("price_list", "insert", head, ref="list"), *items]


def _item(bottle: Bottle, ids: Ids) -> dict[str, Any]:
    ex_factory, wholesale, retail, floor = bottle.prices
    rival = Decimal(retail) * Decimal("0.97")
    return {
        "parent_id": {"ref": "list"},
        "product_id": ids[bottle.sku],
        "ex_factory": ex_factory,
        "wholesale": wholesale,
        "retail": retail,
        "floor_price": floor,
        "competitor_price": f"{rival:.2f}",
        "market_demand": {"heritage": "high", "light": "low"}.get(bottle.series, "mid"),
        "target_margin": "0.5000" if bottle.series == "heritage" else "0.4000",
    }


def customers(place: Place, region_ids: Ids, known: Iterable[dict[str, Any]]) -> list[int]:
    """Customers with their contacts, among them a few that look entered twice; the ids of the customers in order."""
    changes: list[Change] = []
    for number, described in enumerate(known):
        found = dict(described)
        contacts, owner, region = found.pop("contacts"), found.pop("owner"), found.pop("region")
        values = {**found, "region_id": region_ids[region], **place.kept_by(owner)}
        changes.append(Change("customer", "insert", values, ref=f"c{number}"))
        for contact in contacts:
            changes.append(
                Change("customer_contact", "insert", {"parent_id": {"ref": f"c{number}"}, **contact})
            )
    ids = write("demo:customers", changes, "客户档案与通讯录", history=True)
    return [record for change, record in zip(changes, ids, strict=True) if change.entity == "customer"]


def follow_up(ids: list[int], known: Iterable[dict[str, Any]]) -> None:
    """Bring up to date when customers last ordered and when they expect to buy."""
    names = ("expected_buy_date", "last_order_on")
    changes = [
        Change("customer", "update", {n: found[n] for n in names if n in found}, id=record)
        for record, found in zip(ids, known, strict=True)
    ]
    write(FOLLOWED_UP, [change for change in changes if change.values], "跟进情况", history=True)


FOLLOWED_UP = "demo:followed-up"
