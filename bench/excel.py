"""``python -m bench excel``: import and export against peers and floors, each on the same file in the same run."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from bench import contest
from bench.contest import OURS, PEERS, Outcome

PEER = "bench.peers."


@dataclass(frozen=True)
class Place:
    """A home of ours with its database, made anew for every contest."""

    home: Path
    url: str
    owner: str

    @property
    def words(self) -> tuple[str, str, str]:
        """What `bench.ours` is told of it."""
        return str(self.home), self.url, self.owner


@contextmanager
def places(engine: str, folder: Path) -> Iterator[Place]:
    """A fresh, empty place on an engine; a PostgreSQL of our own is gone afterwards."""
    from bench.rush import database
    from tests.support.database import Store

    with database(engine) as machinery:
        store = Store(machinery, "bench_excel", folder / engine)
        store.empty()
        yield Place(store.home, store.url, store.owner_url)


def quietly(python: Path, module: str, *words: object) -> None:
    """Prepare something that is not measured."""
    done = subprocess.run(
        [python, "-m", module, *map(str, words)], cwd=contest.ROOT, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{module}: {done.stderr[-3000:]}")


def imports(folder: Path, rows: int, peer_rows: int, engines: tuple[str, ...]) -> list[str]:
    """Ours on each engine, two floors, django-import-export in both modes (on fewer rows: told for one row)."""
    file, small = folder / "orders.xlsx", folder / "orders-small.xlsx"
    quietly(PEERS, f"{PEER}files", file, rows)
    quietly(PEERS, f"{PEER}files", small, peer_rows)
    found: dict[str, Outcome] = {}
    for name, python, module in (
        ("floor: calamine, executemany", PEERS, f"{PEER}floor"),
        ("our exact reader, executemany", OURS, "bench.own_tools"),
    ):
        database = folder / f"{module}.db"
        quietly(PEERS, f"{PEER}floor", "prepare", database, rows)
        found[name] = contest.run(name, python, module, "import", database, file)
    for engine in engines:
        with places(engine, folder) as place:
            quietly(OURS, "bench.ours", "prepare", *place.words, rows)
            found[engine] = contest.run(f"ours, {engine}", OURS, "bench.ours", "import", *place.words, file)
    for mode, name in (("row", "row by row"), ("bulk", "use_bulk=True")):
        database = folder / f"{mode}.db"
        quietly(PEERS, f"{PEER}django_orders", "prepare", database, peer_rows)
        found[mode] = contest.run(
            f"django-import-export, {name}", PEERS, f"{PEER}django_orders", "import", database, mode, small
        )
    ours = found[engines[0]]
    return [
        *contest.table("import, 20 columns, half of the rows known", list(found.values()), ours.name),
        contest.aim(ours, found["row"], at_least=20),
        contest.aim(ours, found["floor: calamine, executemany"], at_most=1.6),
        contest.memory_aim(ours, 400),
    ]


def exports(folder: Path, rows: int, peer_rows: int, large: int) -> list[str]:
    """Ours, the floor, django-import-export and Flask-Admin; ours with more rows as well, for memory."""
    lines = []
    with ExitStack() as stack:
        place = stack.enter_context(places("sqlite", folder / "export"))
        many = stack.enter_context(places("sqlite", folder / "large"))
        for where, count in ((place, rows * 2), (many, large * 2)):
            # A file of so many rows finds half of them there.
            quietly(OURS, "bench.ours", "prepare", *where.words, count)
        quietly(PEERS, f"{PEER}floor", "prepare", folder / "out.db", rows * 2)
        quietly(PEERS, f"{PEER}django_orders", "prepare", folder / "django.db", peer_rows * 2)
        for form in ("xlsx", "csv"):
            out = folder / f"out.{form}"
            ours = contest.run(f"ours, {form}", OURS, "bench.ours", "export", *place.words, form, out)
            larger = contest.run(f"ours, {form}, large", OURS, "bench.ours", "export", *many.words, form, out)
            peers = [
                contest.run(
                    f"{name}, {form}", PEERS, PEER + module, "export", folder / "django.db", form, out
                )
                for name, module in (
                    ("django-import-export", "django_orders"),
                    ("Flask-Admin", "admin_orders"),
                )
            ]
            floor = [
                contest.run(
                    "floor: cursor, csv.writer", PEERS, f"{PEER}floor", "export", folder / "out.db", out
                )
            ]
            lines += [
                "",
                *contest.table(f"export as {form}, 20 columns", [*floor, ours, larger, *peers], ours.name),
                *(contest.aim(ours, peer, at_least=20) for peer in peers),
                *(contest.memory_aim(one, 400) for one in (ours, larger)),
            ]
    return lines[1:]


@click.command()
@click.option("--rows", default=100_000, help="Rows of the file; half of them are known.")
@click.option(
    "--peer-rows", default=5_000, help="Rows for the peers, who take a thousand times longer a row."
)
@click.option("--large", default=500_000, help="Rows of the export that shows whether memory grows.")
@click.option("--engine", "engines", multiple=True, type=click.Choice(["sqlite", "postgresql"]))
@click.option("--only", multiple=True, type=click.Choice(["import", "export", "tools", "preview"]))
def main(rows: int, peer_rows: int, large: int, engines: tuple[str, ...], only: tuple[str, ...]) -> None:
    """Print the tables. Wall is that of the work; processor and memory are those of the whole process tree."""
    from bench import preview, tools

    peer_rows = min(rows, peer_rows)
    tables = {
        "import": lambda at: imports(at, rows, peer_rows, engines or ("sqlite", "postgresql")),
        "export": lambda at: exports(at, rows, min(rows, peer_rows * 4), max(rows, large)),
        "tools": lambda at: tools.run(at, rows),
        "preview": lambda at: preview.run(at, min(rows, 10_000)),
    }
    for name, table in tables.items():
        if not only or name in only:
            with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as folder:
                print("\n" + "\n".join(table(Path(folder))), flush=True)
