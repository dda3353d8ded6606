"""Personal data is erased from under the seals without breaking one (A9, list 36)."""

from __future__ import annotations

import io
import json

from app.access.context import acting_as
from app.audit import sealed, sealing
from app.audit.proof.ed25519 import read_key
from app.audit.proof.verify import check_proof
from app.change import Change
from app.change.erase import erase
from app.db import db
from app.entity import registry
from tests.cast import assemble
from tests.seals.desk import Desk
from tests.support.gate import send

MOBILE = "13812345678"


def exported(desk: Desk) -> str:
    out = io.StringIO()
    with desk.app.app_context(), sealed.snapshot(db.engine) as connection:
        sealed.export(sealed.source(connection), out)
    return out.getvalue()


def test_an_erasure_leaves_every_seal_and_every_proof_good(desk: Desk) -> None:
    with desk.app.app_context():
        cast = assemble(desk.app)
        wang = cast.customers["sr.wang"]
        with acting_as(None, source="test"):
            assert send(Change("customer", "update", {"mobile": MOBILE}, id=wang)).ok
    desk.seal()
    entry = next(row["id"] for row in reversed(desk.rows()) if (row["tbl"], row["op"]) == ("customer", "U"))
    with desk.app.app_context():
        proof = sealing.proof(db.session(), entry)
        with cast.acting("admin"):
            erase(registry.get("customer"), wang, "他本人要求", ())
    assert desk.verify().ok
    desk.seal()
    report = desk.verify()
    assert (report.problems, report.unsealed) == ([], 0)
    assert proof is not None
    assert check_proof(json.loads(json.dumps(proof.as_json())), read_key(desk.key), desk.anchor) == []
    assert MOBILE not in exported(desk)
