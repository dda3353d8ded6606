"""The product's own server, as a process of its own on a free loopback port."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.support.apps import SECRET_KEY
from tests.support.database import Store

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60.0
STOP_SECONDS = 20.0
PR_SET_PDEATHSIG = 1


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def die_with_parent() -> None:
    """A killed test process takes its server along (Linux; elsewhere only an orderly end does)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class LiveServer:
    """`taizhang serve` on a store of its own. `url` has no slash at its end."""

    def __init__(self, store: Store, **settings: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.store = store
        self.log = store.home.parent / f"{store.home.name}.log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TAIZHANG_")}
        environment |= {
            "TAIZHANG_HOME": str(store.home),
            "TAIZHANG_DATABASE_URL": store.url,
            "TAIZHANG_OWNER_DATABASE_URL": store.owner_url,
            "TAIZHANG_SECRET_KEY": SECRET_KEY,
            "TAIZHANG_PORT": str(port),
            "TAIZHANG_LOGIN_LIMIT": "10000 per minute",
            **settings,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )

    def wait(self) -> LiveServer:
        """Wait until the sign-in page answers. Raises RuntimeError with the server's own words otherwise."""
        end = time.monotonic() + READY_SECONDS
        while self.process.poll() is None and time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/login/", timeout=5):
                    return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the server did not start:\n{self.log.read_text('utf-8')}")

    def stop(self) -> None:
        """End it as Ctrl-C would, by force if that takes too long."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
