"""The house: what may import what, how big a file may be, what must not be in the repository."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Given; then what tools expect at the root.
TOP_LEVEL = {
    *("app", "models", "views", "translations", "seeds", "tests", "config.py", "pyproject.toml", "README.md"),
    *("Makefile", "requirements.txt", "requirements-dev.txt", "requirements-bench.txt", "package.json"),
    *(
        "package-lock.json",
        "tsconfig.json",
        ".gitignore",
        ".gitattributes",
        ".ci",
        "docs",
        "bench",
        "migrations",
    ),
}
MAX_LINES = 400
MEASURED = {".py", ".ts", ".css", ".html", ".md", ".mjs"}
# A path of one machine, or a registry it happens to use, is wrong everywhere else.
FORBIDDEN = [
    re.compile(r"(?<![\w.])/(?:work|home|Users|root|opt)/\w"),
    re.compile(r"https?://[\w.-]*(?:pypi|pythonhosted|npmjs|npmmirror|registry|mirrors?)[\w.-]*"),
    re.compile(r"--(?:extra-)?index-url|--find-links|--trusted-host|\"resolved\":|@ file:"),
]
# The parts of the engine that put it together; they may use every room, and no room may use them.
COMPOSITION = {"app"}
ROOTS = {"app", "models", "views", "config", "tests", "bench", "seeds"}


@cache
def tracked() -> list[Path]:
    """The files that are in the repository, or would be with the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        ROOT / name for name in sorted(set(listed.stdout.split("\0"))) if name and (ROOT / name).is_file()
    ]


def python_files(*folders: str) -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def rooms() -> dict[str, set[str]]:
    """Which rooms each room may import, from the table in docs/architecture.md, what they import included."""
    table = re.findall(
        r"^\| `([\w./]+?)/?` \|.*\| ([^|]+) \|$",
        (ROOT / "docs/architecture.md").read_text("utf-8"),
        re.MULTILINE,
    )
    names = {name.removesuffix(".py").replace("/", "."): allowed for name, allowed in table}
    direct: dict[str, set[str]] = {}
    for position, (room, allowed) in enumerate(names.items()):
        if allowed in {"all", "all above"}:
            direct[room] = set(list(names)[: position if allowed == "all above" else None])
        else:
            words = re.findall(r"[\w.]+", allowed)
            direct[room] = {other for other in names for word in words if other in {word, f"app.{word}"}}
            if "app" in words:
                direct[room] |= {other for other in names if other.startswith("app.")} | COMPOSITION
    for _ in direct:
        for room in direct:
            direct[room] |= {deeper for other in direct[room] for deeper in direct.get(other, set())}
    return direct


def room_of(module: str) -> str:
    """The room a dotted module name belongs to; `app` for what puts the engine together."""
    parts = module.split(".")
    if parts[0] != "app":
        return parts[0]
    return ".".join(parts[:2]) if ".".join(parts[:2]) in rooms() else "app"


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module of ours a file imports, wherever in the file, with the line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: write imports in full, from app.…"
            # `from app import clock` imports the module app.clock.
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((node.lineno, name) for name in inner)


def test_the_table_of_rooms_is_read_as_written() -> None:
    assert rooms()["app.entity"] >= {"app.db", "app.clock"}
    assert "app.change" in rooms()["app.importing"]
    assert "app.importing" not in rooms()["app.change"]
    assert rooms()["app.clock"] == set()


def test_every_folder_of_the_engine_is_a_room_of_the_architecture() -> None:
    folders = {
        path.relative_to(ROOT).parts[1]
        for path in python_files("app")
        if len(path.parts) > len(ROOT.parts) + 2
    }
    assert {f"app.{folder}" for folder in folders} <= set(rooms())


def test_arrows_point_down_only() -> None:
    wrong = []
    for path in python_files("app", "models", "views", "config.py"):
        here = room_of(name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        for line, module in imports(path):
            there = room_of(module)
            if module.split(".")[0] not in ROOTS or there in {here, "config"} or here == "app":
                continue
            if there not in rooms().get(here, set()):
                wrong.append(f"{name_of(path)}:{line}: {here} must not import {module}")
    assert wrong == []


def test_the_engine_never_imports_the_business() -> None:
    wrong = [
        f"{name_of(path)}:{line}: {module}"
        for path in python_files("app", "config.py")
        for line, module in imports(path)
        if module.split(".")[0] in {"models", "views", "seeds", "tests"}
    ]
    assert wrong == []


def test_models_know_neither_http_nor_sql_text() -> None:
    banned = {"flask", "flask_appbuilder", "werkzeug", "wtforms"}
    wrong = [
        f"{name_of(path)}:{line}: {module}"
        for path in python_files("models")
        for line, module in imports(path)
        if module.split(".")[0] in banned or module in {"sqlalchemy.text", "sqlalchemy.sql.text"}
    ]
    assert wrong == []


def test_no_file_is_over_four_hundred_lines() -> None:
    long = {
        name_of(path): len(path.read_text("utf-8").splitlines())
        for path in tracked()
        if path.suffix in MEASURED
    }
    assert {name: lines for name, lines in long.items() if lines > MAX_LINES} == {}


def test_the_top_level_is_as_given() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= TOP_LEVEL


@pytest.mark.parametrize("pattern", FORBIDDEN, ids=["machine-path", "registry", "index-option"])
def test_nothing_of_this_machine_is_in_the_repository(pattern: re.Pattern[str]) -> None:
    wrong = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        if path != Path(__file__).resolve():
            found = (pattern.search(line) for line in text.splitlines())
            wrong += [f"{name_of(path)}:{number}: {hit[0]}" for number, hit in enumerate(found, 1) if hit]
    assert wrong == []
