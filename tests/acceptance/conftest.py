"""A copy of the product that a test may add declarations to, and its command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("app", "models", "views", "seeds", "translations")


@dataclass
class Product:
    """A folder with the product in it, and a home of its own."""

    folder: Path
    home: Path

    def run(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run ``taizhang`` with these words."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("TAIZHANG_")}
        env |= {"TAIZHANG_HOME": str(self.home), "PYTHONPATH": str(self.folder), **environ}
        return subprocess.run(
            [sys.executable, "-m", "app", *words],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def json(self, *words: str, code: int = 0, **environ: str) -> Any:
        """The answer of a command with ``--json``, which must end with `code`."""
        done = self.run(*words, "--json", **environ)
        assert done.returncode == code, done.stdout[-2000:] + done.stderr[-4000:]
        return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Product:
    """A fresh copy of the product, without a database."""
    folder = tmp_path_factory.mktemp("product")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "frontend"))
    shutil.copy(ROOT / "config.py", folder)
    (folder / "tests").mkdir()
    return Product(folder, folder / "home")
