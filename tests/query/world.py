"""Sixty customers with every kind of value, empty cells and equal values, and what Python says of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Flask

from app.access.context import acting_as
from app.entity import EntityType, Field, registry
from app.entity.field import PERSON
from app.entity.keys import normal_form, text_key
from seeds.writing import inserts, write
from tests.cast import Cast, assemble, customer
from tests.support.gate import rows_of

COUNT = 60
NAMES = ["张三", "李四", "王五", "阿里", "李四 商行", "ABC酒行", "abc 酒行", "ＡＢＣ酒业", "重庆老窖", "100%纯粮",
         "a_b", "a\\b", "O'Neil", "欧阳", "单于", "Zürich", "🍶酒", "王五"]  # fmt: skip
TEXTS = ["东城", "西城", "100%", "a_b", "a\\b", "Line", "line", "0", "-1", "酒"]


@dataclass
class World:
    """The application, the cast, and the records of an entity as wire values by id."""

    app: Flask
    cast: Cast
    regions: list[int]

    def rows(self, name: str = "customer") -> dict[int, dict[str, Any]]:
        """What is in the table."""
        return rows_of(name)


def build(app: Flask) -> World:
    """Fill a fresh database; the same values every time."""
    cast, dice = assemble(app), random.Random(11)
    with app.app_context(), acting_as(None, source="test"):
        places = [{"code": f"R{n}", "name": name, "level": "area"} for n, name in enumerate(NAMES[:6])]
        regions = write("query:regions", inserts("region", places))
        rows = [_row(dice, number, regions, cast) for number in range(100, 100 + COUNT)]
        write("query:customers", inserts("customer", rows), history=True)
    return World(app, cast, regions)


def _row(dice: random.Random, number: int, regions: list[int], cast: Cast) -> dict[str, Any]:
    entity = registry.get("customer")
    row = customer(dice.choice(regions), number, owner_id=cast.users["sr.wang"],
                   department_id=cast.departments["XS-HD"])  # fmt: skip
    # A few equal names and a few that only look different; the number keeps most of them apart.
    place = number - 100
    row["name"] = NAMES[place] if place < len(NAMES) else dice.choice(NAMES) + dice.choice(["", str(number)])
    for name, spec in entity.fields.items():
        if name in row or spec.system or spec.check or name == "customer_code":
            continue
        if spec.required or dice.random() < 0.6:
            row[name] = _value(dice, spec, cast)
    return row


def _value(dice: random.Random, spec: Field, cast: Cast) -> Any:
    if spec.kind == "choice":
        return dice.choice(spec.choices).code
    if spec.kind == "multi_choice":
        chosen = {c.code for c in spec.choices if dice.random() < 0.3}
        return [c.code for c in spec.choices if c.code in chosen] or None
    if spec.kind == "date":
        return f"2026-{dice.randint(1, 12):02}-{dice.choice([1, 15, 28]):02}"
    if spec.kind == "yes_no":
        return dice.random() < 0.5
    if spec.kind == "integer":
        return dice.choice([0, 1, 7, 7, 31, -3])
    if spec.kind in ("money", "decimal", "percent"):
        return spec.parse(dice.choice(["0", "0.01", "-5.5", "12345678.91", "7", "7"]))
    return dice.choice(TEXTS) if spec.kind in ("text", "long_text") else None


def sort_value(entity: EntityType, spec: Field, wire: Any, titles: dict[str, dict[int, str]]) -> Any:
    """What a value is ordered by, None for the end."""
    if wire is None:
        return None
    if spec.name in entity.key_columns:
        return text_key(wire)
    if spec.kind == "choice":
        return [c.code for c in spec.choices].index(wire)
    if spec.is_link:
        title = titles[spec.target][wire]
        return title if spec.target == PERSON else text_key(title)
    return Decimal(wire) if spec.digits else wire


def matches(entity: EntityType, tree: dict[str, Any], row: dict[str, Any]) -> bool:
    """What a filter means, said in Python."""
    if "and" in tree:
        return all(matches(entity, part, row) for part in tree["and"])
    if "or" in tree:
        return any(matches(entity, part, row) for part in tree["or"])
    if "not" in tree:
        return not matches(entity, tree["not"], row)
    spec, operator, value = entity.fields[tree["field"]], tree["op"], tree.get("value")
    have = row[spec.name]
    if operator in ("empty", "not_empty"):
        return (have is None) == (operator == "empty")
    if operator in ("eq", "ne", "in"):
        wanted = value if operator == "in" else [value]
        same = any(_same(entity, spec, have, one) for one in wanted)
        return not same if operator == "ne" else same
    if have is None:
        return False
    if operator in ("contains", "starts"):
        shown = text_key(have) if spec.name in entity.key_columns else have.lower()
        typed = normal_form(value)
        return shown.startswith(typed) if operator == "starts" else typed in shown
    have = Decimal(have) if spec.digits else have
    if operator == "between":
        low, high = (Decimal(v) if spec.digits and v is not None else v for v in value)
        return (low is None or have >= low) and (high is None or have <= high)
    value = Decimal(value) if spec.digits else value
    return bool({"lt": have < value, "le": have <= value, "gt": have > value, "ge": have >= value}[operator])


def _same(entity: EntityType, spec: Field, have: Any, value: Any) -> bool:
    if value is None or have is None:
        return value is None and have is None
    if spec.kind == "multi_choice":
        return value in have
    if spec.name in entity.key_columns:
        return text_key(have) == text_key(value)
    return bool(have == spec.parse(value))
