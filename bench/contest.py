"""A contender in a process of its own: what it took, with everything it started."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OURS = ROOT / ".venv" / "bin" / "python"
PEERS = ROOT / ".venv-bench" / "bin" / "python"
SAMPLES = 0.05
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Outcome:
    """Seconds of the work itself as the contender measured it; processor and memory of the whole process tree."""

    name: str
    rows: int
    seconds: float
    processor: float
    peak: int
    more: dict[str, Any]

    @property
    def a_row(self) -> float:
        """Seconds for one row."""
        return self.seconds / max(1, self.rows)

    @property
    def work(self) -> float:
        """Seconds of processor for one row, the start of the process included: what a busy machine does not alter."""
        return self.processor / max(1, self.rows)


def run(name: str, python: Path, module: str, *words: object) -> Outcome:
    """Run a contender; the last line it prints is JSON with `rows` and `seconds`."""
    command = [str(python), "-m", module, *map(str, words)]
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak, over = [0], Event()
    watch = Thread(target=_watch, args=(process.pid, peak, over), daemon=True)
    watch.start()
    out, err = process.communicate()
    over.set()
    watch.join()
    if process.returncode:
        raise RuntimeError(f"{name}: {err[-3000:]}")
    told = json.loads(out.strip().splitlines()[-1])
    seconds = told.pop("seconds", time.perf_counter() - begin)
    # The contender's own high-water marks see what passed between two samples.
    highest = max(peak[0], told.pop("peak_kb", 0) * 1024)
    return Outcome(name, told.pop("rows"), seconds, told.pop("processor"), highest, told)


def _watch(pid: int, peak: list[int], over: Event) -> None:
    while not over.wait(SAMPLES):
        peak[0] = max(peak[0], sum(map(_resident, _tree(pid))))


def _tree(pid: int) -> list[int]:
    """A process and all it has started; one that is gone meanwhile has no children."""
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                found += _tree(int(child))
    except OSError:
        pass
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def table(title: str, outcomes: Sequence[Outcome], against: str) -> list[str]:
    """Lines of a table: each contender, its time and processor time for a row as ratios to `against`."""
    base = next(o for o in outcomes if o.name == against)
    columns = ("rows", "wall s", "cpu s", "peak MB", "us/row", "ratio", "cpu ratio")
    return [
        f"{title:<44}" + "".join(f"{name:>10}" for name in columns),
        *(
            f"{o.name:<44}{o.rows:>10,}{o.seconds:>10.2f}{o.processor:>10.2f}{o.peak / 2**20:>10.0f}"
            f"{o.a_row * 1e6:>10.0f}{o.a_row / base.a_row:>9.2f}×{o.work / base.work:>9.2f}×"
            for o in outcomes
        ),
    ]


def aim(ours: Outcome, other: Outcome, *, at_most: float = 0, at_least: float = 0) -> str:
    """A line that says whether an aim is met: our time for a row by theirs at most, or theirs by ours at least."""
    ratio = ours.a_row / other.a_row if at_most else other.a_row / ours.a_row
    met = ratio <= at_most if at_most else ratio >= at_least
    words = f"≤ {at_most:g}×" if at_most else f"≥ {at_least:g}×"
    pair = f"{ours.name} / {other.name}" if at_most else f"{other.name} / {ours.name}"
    return f"  {pair}: {ratio:.1f}× (aim {words}: {'met' if met else 'MISSED'})"


def memory_aim(ours: Outcome, most: int) -> str:
    """The same for the memory of the whole process tree, in MB."""
    peak = ours.peak / 2**20
    return f"  {ours.name}, {ours.rows:,} rows: {peak:.0f} MB (aim ≤ {most} MB: {'met' if peak <= most else 'MISSED'})"
