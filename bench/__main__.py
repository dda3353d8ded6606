"""``python -m bench [rows]`` prints the tables of the sheet and the log, ``excel`` those of import and export, and
``hands`` those of many hands at once."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path


def tables() -> None:
    """Measure everything in a temporary home."""
    from bench import logged, windows, world

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as folder:
        app = world.make(Path(folder), count)
        print(f"\n{count:,} rows, SQLite; ratios are what counts")
        print("\n".join(windows.run(app, count)))
        print("\n" + "\n".join(logged.run(100_000)))


match sys.argv[1:2]:
    # Not above: the ledgers of the other tables would be in its database too.
    case ["hands"]:
        from bench.rush import main

        main(sys.argv[2:], prog_name="bench hands")
    case ["excel"]:
        from bench.excel import main

        main(sys.argv[2:], prog_name="bench excel")
    case _:
        tables()
