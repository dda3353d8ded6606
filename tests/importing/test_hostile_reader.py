"""The process that reads a file crashes, starves or loops: the job ends with a sentence, the worker goes on.

The real child is started by the real path; a `sitecustomize` of the test's makes it misbehave while it reads the
rows, as a bug in a parser would.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.change.model import ChangeSetRow
from app.db import db
from app.excel import pipe
from tests.excel.build import sheet, text, xlsx
from tests.importing.way import Way
from tests.support.apps import Applications
from tests.support.database import SqliteFiles

ROOT = Path(__file__).resolve().parents[2]
ROWS = 3
MISBEHAVE = """
import os, resource, signal, sys
sys.path.insert(0, {root!r})
import app.excel.shape as shape
def misbehave(*given, **named):
    {how}
    yield
shape.shape_rows = misbehave
"""
CRASH = "os.kill(os.getpid(), signal.SIGSEGV)"
STARVE = "held = bytearray(1 << 45)"
# The limit is lowered first, so that the test need not wait for the real one.
LOOP = "resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\n    while True: pass"
HALF = "sys.stdout.buffer.write(bytes([0, 0, 1, 0]) + b'half'); sys.stdout.flush(); os._exit(0)"


@pytest.fixture(scope="module")
def way(applications: Applications) -> Way:
    """沈静 at the import page."""
    return Way.open(applications.fresh(SqliteFiles()).flask, "admin")


def sets(way: Way) -> int:
    """How many change sets there are, staged ones included; of a file that could not be read only a refused one tells."""
    with way.app.app_context(), db.engine.connect() as connection:
        return int(
            connection.execute(select(func.count()).where(ChangeSetRow.state != "refused")).scalar_one()
        )


@pytest.mark.parametrize("how", [CRASH, STARVE, LOOP, HALF], ids=["crash", "starve", "loop", "half"])
def test_a_reader_that_fails_in_the_middle_ends_the_job_with_a_sentence(
    way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    cells = [("code", "value"), *((f"k{n}", str(n)) for n in range(ROWS))]
    rows = "".join(
        f'<row r="{n}">{text(f"A{n}", code)}{text(f"B{n}", value)}</row>'
        for n, (code, value) in enumerate(cells, 1)
    )
    kept = way.upload("biz_param", xlsx(tmp_path / "a.xlsx", sheet(rows))).json
    (tmp_path / "sitecustomize.py").write_text(MISBEHAVE.format(root=os.fspath(ROOT), how=how))
    before = sets(way)
    with monkeypatch.context() as patch:
        patch.setitem(pipe._ENVIRONMENT, "PYTHONPATH", os.fspath(tmp_path))
        job = way.try_preview("biz_param", kept)
    assert job["state"] == "failed", job
    assert job["message"].endswith("。")
    assert "服务器" not in job["message"], "the file is to blame, and the sentence says what to do with it"
    assert sets(way) == before
    again = way.try_preview("biz_param", kept)
    assert again["state"] == "done"
    assert again["result"]["rows"] == ROWS
