"""The core of the sheet, tested by Node's own runner; Node comes with the packages of the build."""

from __future__ import annotations

import subprocess

from app.web import build


def test_the_core_of_the_sheet() -> None:
    env = build.node_environment()
    build.install(env)
    done = subprocess.run(
        ["node", "tests/frontend/run.mjs"],
        cwd=build.ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = [line for line in done.stdout.splitlines() if line.startswith(("# pass ", "ℹ pass "))]
    assert passed, done.stdout
    assert int(passed[0].split()[-1]) > 30, "tests were left out"


def test_the_bundle_is_built_once_and_stays_small() -> None:
    import gzip

    build.build()
    assert build.build() is False, "nothing changed, so nothing may be built"
    size = len(gzip.compress((build.OUTPUT / "sheet.js").read_bytes()))
    assert size < 120_000, f"sheet.js is {size} bytes gzipped"


def test_every_icon_named_in_the_sheet_exists() -> None:
    build.build()
    sprite = (build.OUTPUT / "icons.svg").read_text("utf-8")
    for path in [*(build.SOURCE / "grid").glob("*.ts"), *(build.SOURCE / "ui").glob("*.ts")]:
        for name in build.ICON_USE.findall(path.read_text("utf-8")):
            assert f'id="{name}"' in sprite, f"{path.name} names {name}"
