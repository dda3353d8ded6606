"""A PostgreSQL cluster that lives exactly as long as the test run.

`Cluster.start` starts a guard process (this file, run by path). The guard creates the cluster in a new
folder, runs the server as its child and waits on its standard input. When the test run ends, however it ends
(Ctrl-C and kill included), that pipe closes, the guard stops the server and removes the folder. Nothing
listens on the network: the server has a Unix socket inside the folder only.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
SUPERUSER = "postgres"
MEMORY_BYTES = 4 * 1024**3
# Durability is what a throw-away cluster has no use for.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    # In the data folder, so that nothing outlives it.
    "dynamic_shared_memory_type": "mmap",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "listen_addresses": "''",
}


def server_binaries() -> Path | None:
    """The folder that holds `initdb` and `postgres`, None when PostgreSQL's server is not installed.

    Debian keeps them off PATH; the newest version wins.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    on_path = shutil.which("postgres")
    for folder in [*debian, *([Path(on_path).resolve().parent] if on_path else [])]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def fast_folder(prefix: str) -> Path:
    """A new temporary folder; in memory where there is plenty, which copies databases ten times faster."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_BYTES
    return Path(tempfile.mkdtemp(prefix=prefix, dir=memory if roomy else None))


class Cluster:
    """One throw-away cluster, shared by all test processes of a run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._guard: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(cls) -> Cluster:
        """Begin creating a cluster in the background; `wait` says when it answers."""
        cluster = cls(fast_folder("taizhang-pg-"))
        command = [sys.executable, str(Path(__file__).resolve()), str(cluster.folder), str(server_binaries())]
        # A session of its own: Ctrl-C in the terminal is for the test run, which then closes the pipe.
        cluster._guard = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        return cluster

    def wait(self) -> None:
        """Wait until the server answers. Raises RuntimeError with the server's own words if it failed."""
        end = time.monotonic() + START_SECONDS
        while not (self.folder / "ready").exists():
            if (self.folder / "failed").exists() or time.monotonic() > end or not self.folder.exists():
                log = self.folder / "log"
                raise RuntimeError("PostgreSQL did not start:\n" + (log.read_text() if log.exists() else ""))
            time.sleep(0.02)

    def url(self, database: str, user: str = SUPERUSER) -> str:
        """The SQLAlchemy address of a database of this cluster."""
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}"

    def stop(self) -> None:
        """Stop the server and remove its folder; returns when both are done."""
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
            self._guard.wait(timeout=START_SECONDS)


def server_user() -> str | None:
    """Whom to run the server as: PostgreSQL refuses root. None means the user we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")


def guard(folder: Path, binaries: Path) -> None:
    """Create and run the cluster until standard input closes, then leave nothing behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    user = server_user()
    if user is not None:
        shutil.chown(folder, user)
    identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    server: subprocess.Popen[bytes] | None = None
    try:
        with (folder / "log").open("ab") as log:
            options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": folder, **identity}
            if create(folder, binaries, options):
                server = subprocess.Popen([binaries / "postgres", "-D", folder / "data"], **options)
        (folder / "ready" if server and accepts(server, folder) else folder / "failed").touch()
        sys.stdin.buffer.read()
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def create(folder: Path, binaries: Path, options: dict[str, Any]) -> bool:
    """Create the cluster with the settings of `FAST`; False when initdb failed (see `log`)."""
    data = folder / "data"
    command = [binaries / "initdb", "-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8"]
    # Sorts like a dictionary, as a real server does: code that leans on byte order shows up here.
    collation = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
    if subprocess.run([*command, *collation, "--no-sync"], check=False, **options).returncode:
        return False
    with (data / "postgresql.conf").open("a") as conf:
        conf.writelines(f"{name} = {value}\n" for name, value in FAST.items())
        conf.write(f"unix_socket_directories = '{folder}'\n")
    return True


def accepts(server: subprocess.Popen[bytes], folder: Path) -> bool:
    """Wait for the server's own word, the last line of its pid file, that it accepts connections."""
    note = folder / "data" / "postmaster.pid"
    while server.poll() is None:
        if note.exists() and note.read_text().rstrip().endswith("ready"):
            return True
        time.sleep(0.02)
    return False


if __name__ == "__main__":
    guard(Path(sys.argv[1]), Path(sys.argv[2]))
