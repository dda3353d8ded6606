"""Whatever in FAB adds, edits or deletes an item itself ends in the gate, and is refused as there."""

from __future__ import annotations

import pytest
from flask import Flask

from app.access.context import acting_as
from app.change import ChangeSet, commit
from app.change.contract import Change
from app.db import db
from app.entity import registry
from app.fab.interface import EntityInterface
from app.fab.refusal import Refused
from tests.support.gate import rows_of


def test_items_of_fab_become_change_sets(app: Flask) -> None:
    entity = registry.get("biz_param")
    with app.app_context(), acting_as(None, source="test"):
        seam = EntityInterface(entity.cls, db.session)
        item = entity.cls(code="fab.one", value="1")
        seam.add(item)
        made = item.id
        assert rows_of("biz_param")[made]["value"] == "1"
        item = seam.get(made)
        item.value = "2"
        seam.edit(item)
        assert (rows_of("biz_param")[made]["value"], rows_of("biz_param")[made]["version"]) == ("2", 2)
        with pytest.raises(Refused):
            seam.add(entity.cls(code="FAB.one", value="3"))
        stale = seam.get(made)
        stale.value = "4"
        with acting_as(None, source="colleague"):  # another request, with a session of its own
            assert commit(ChangeSet([Change("biz_param", "update", {"value": "5"}, id=made)], "test")).ok
        with pytest.raises(Refused):
            seam.edit(stale)
        assert rows_of("biz_param")[made]["value"] == "5"
        seam.delete(seam.get(made))
        assert made not in rows_of("biz_param")
