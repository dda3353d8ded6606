"""From the command line: how things were, what has changed since, and bringing it back."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.conftest import Product


def sheet(folder: Path, *rows: str) -> str:
    """A file of business parameters."""
    path = folder / "parameters.csv"
    path.write_text("\n".join(["code,value", *rows]), "utf-8")
    return str(path)


@pytest.fixture(scope="module")
def moment(product: Product, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A moment between two imports: before it A is 1, after it A is 2."""
    folder = tmp_path_factory.mktemp("files")
    assert product.run("init").returncode == 0
    product.json("import", "biz_param", sheet(folder, "A,1", "B,1"))
    time.sleep(0.1)
    at = datetime.now(UTC).isoformat()
    time.sleep(0.1)
    product.json("import", "biz_param", sheet(folder, "A,2", "C,1"))
    return at


def test_a_sheet_and_a_record_at_a_moment(product: Product, moment: str) -> None:
    rows = product.json("as-of", "biz_param", "--at", moment)["rows"]
    told = {r["values"]["code"]: r["values"]["value"] for r in rows}
    assert (told["A"], told["B"], "C" in told) == ("1", "1", False)
    said = product.run("as-of", "biz_param", "A", "--at", moment, "--diff").stdout
    assert "取值: 1 → 2  系统" in said, said
    changed = product.json("as-of", "biz_param", "--at", moment, "--diff")["rows"]
    assert [r["values"]["code"] for r in changed] == ["A"]


def test_a_record_is_restored_and_stays_as_it_is_then(product: Product, moment: str) -> None:
    assert product.json("restore", "biz_param", "A", "--at", moment)["state"] == "applied"
    assert product.json("restore", "biz_param", "A", "--at", moment)["state"] == "unchanged"
    assert product.json("as-of", "biz_param", "--at", moment, "--diff")["rows"] == []


@pytest.mark.parametrize("at", ["yesterday", "2999-01-01", ""])
def test_moments_that_are_none_are_refused(product: Product, moment: str, at: str) -> None:
    done = product.run("as-of", "biz_param", "--at", at)
    assert (done.returncode, done.stdout) == (1, "")
    assert "时刻" in done.stderr
    assert product.run("restore", "biz_param", "C", "--at", moment).returncode == 1
