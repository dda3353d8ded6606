"""Counting votes: pure functions over what was decided."""

from __future__ import annotations

PASS, FAIL = "pass", "fail"


def outcome(mode: str, yes: int, no: int, n: int, need: int) -> str | None:
    """Whether a step is agreed (``pass``), refused (``fail``) or still open (None).

    `any`: the first answer of either kind decides. `all`, `seq`: one no refuses, all n must agree. `vote`: agreed
    with `need` yes, refused as soon as that can no longer be reached.
    """
    if mode == "any":
        return PASS if yes else FAIL if no else None
    if mode == "vote":
        return PASS if yes >= need else FAIL if n - no < need else None
    return FAIL if no else PASS if yes == n and n > 0 else None
