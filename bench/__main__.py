"""``python -m bench [rows] [imported rows]`` prints the tables; ``python -m bench hands`` those of many hands."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path


def tables() -> None:
    """Measure everything in a temporary home."""
    from bench import imports, logged, windows, world

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    imported = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as folder:
        app = world.make(Path(folder), count)
        print(f"\n{count:,} rows, SQLite; ratios are what counts")
        print("\n".join(windows.run(app, count)))
        print("\n" + "\n".join(imports.run(app, Path(folder), imported)))
        print("\n" + "\n".join(logged.run(100_000)))


if sys.argv[1:2] == ["hands"]:
    # Not above: the ledgers of the other tables would be in its database too.
    from bench.rush import main

    main(sys.argv[2:], prog_name="bench hands")
else:
    tables()
