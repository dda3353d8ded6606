"""kill -9 at any moment of sealing: nothing is lost, nothing is sealed twice, and the next seal goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.seals import killed
from tests.seals.desk import Desk
from tests.seals.test_sealing import fits

KILLS = 50
ROOT = Path(killed.__file__).resolve().parents[2]


def test_killed_at_fifty_random_moments(desk: Desk) -> None:
    before = len(desk.rows())
    where = (desk.settings.home, desk.settings.url, desk.settings.owner_url)
    done = subprocess.run(
        [sys.executable, "-m", "tests.seals.killed", *map(str, where), str(KILLS)],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert desk.verify().ok
    desk.seal()
    fits(desk)
    assert len(desk.rows()) > before
    numbers = []
    for line in desk.anchor.read_text("utf-8").splitlines():
        try:
            numbers.append(json.loads(line)["n"])
        except ValueError:
            continue
    assert numbers == [seal["n"] for seal in desk.seals()]
