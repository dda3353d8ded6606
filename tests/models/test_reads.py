"""What a rule has looked up is looked at again before its answer is written."""

from __future__ import annotations

from app.access.context import current_grants
from app.change import Change, ChangeSet, apply, plan
from app.change.rules import rules_of
from app.entity import registry
from tests.models.conftest import Write, codes, insert, new_id, update
from tests.models.pricing_data import product
from tests.support.gate import rows_of


def test_a_parameter_moved_between_plan_and_write_is_read_again(write: Write) -> None:
    bottle = product(write)
    values = {"code": "T", "name": "试", "valid_from": "2027-01-01", "pricing_basis": "成本"}
    item = {"parent_id": new_id(write(insert("price_list", **values))), "product_id": bottle, "ex_factory": "150.00",
            "wholesale": "160.00", "retail": "200.00", "floor_price": "133.00", "target_margin": "0.3"}  # fmt: skip
    asked = ChangeSet([Change("price_list_item", "insert", item)], "test")
    planned = plan(asked, current_grants())
    assert planned.errors == []
    margin = next(i for i, row in rows_of("biz_param").items() if row["code"] == "price.min_margin")
    new_id(write(update("biz_param", margin, value="0.40")))
    assert codes(apply(planned, current_grants())) == [(0, "floor_price", "MIN_MARGIN")]


def test_rules_say_they_read_entities_that_exist() -> None:
    named = {name for entity in registry for rule in rules_of(entity) for name in rule.reads}
    assert named
    assert named <= {entity.name for entity in registry}
