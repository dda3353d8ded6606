"""Timing: interleaved repetitions, medians, ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

Work = Callable[[], object]


def pair(ours: Work, theirs: Work, times: int = 9) -> tuple[float, float]:
    """Median seconds of two pieces of work, run in turn after one warm-up each."""
    ours(), theirs()
    mine, other = [], []
    for _ in range(times):
        mine.append(once(ours))
        other.append(once(theirs))
    return statistics.median(mine), statistics.median(other)


def once(work: Work) -> float:
    """Seconds one run takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def line(name: str, ours: float, theirs: float, aim: float | None = None) -> str:
    """A row of a table: both in milliseconds, their ratio, and the aim (ratio at most)."""
    ratio = ours / theirs if theirs else float("inf")
    mark = "" if aim is None else ("  ok" if ratio <= aim else "  OVER") + f" (≤ {aim:g}×)"
    return f"{name:<46}{ours * 1000:>10.2f}{theirs * 1000:>10.2f}{ratio:>8.2f}×{mark}"
