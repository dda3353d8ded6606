"""Our end of the reader's child process: start it, take its messages, and end it whatever happens."""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import sys
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import IO, Any

import orjson

from app.excel.contract import FileRefused, Limits
from app.excel.wire import MAX_FRAME, frame_length

_log = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[2]
# Nothing of our environment reaches the parser: settings hold keys.
_ENVIRONMENT = {"LANG": "C.UTF-8", "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}


def ask(
    path: Path, limits: Limits, module: str = "app.excel.child", **request: Any
) -> Generator[dict[str, Any]]:
    """Run a child on `path`, yield its messages. Raises FileRefused also when it crashes, starves or hangs.

    The child is gone when the iterator ends, fails or is closed. Time the caller takes between messages does
    not count against the child.
    """
    body = orjson.dumps({"path": os.fspath(path), "limits": asdict(limits), **request})
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=_ROOT,
        env=_ENVIRONMENT,
        close_fds=True,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    try:
        try:
            process.stdin.write(body)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it died at once; reading finds out how
        while True:
            prefix = _read(process.stdout, 4, limits.stall_seconds)
            if not prefix:
                break
            length = frame_length(prefix)
            if length > MAX_FRAME:
                raise FileRefused("TOO_COMPLEX")
            message = orjson.loads(_read(process.stdout, length, limits.stall_seconds))
            if "refused" in message:
                raise FileRefused(message["refused"], **message["values"])
            yield message
        code = process.wait(limits.stall_seconds)
        if code:
            # What it said fits the pipe's buffer; a child that says more stalls and is ended.
            _log.error("reader ended with %s: %s", code, process.stderr.read(4000).decode("utf-8", "replace"))
            slow = code in (-signal.SIGXCPU, -signal.SIGKILL)
            raise FileRefused("TOO_SLOW" if slow else "READER_STOPPED")
    finally:
        if process.poll() is None:
            process.kill()
        process.stdout.close()
        process.stderr.close()
        process.wait()


def _read(pipe: IO[bytes], length: int, stall_seconds: int) -> bytes:
    """Exactly `length` bytes; b"" at the stream's end. Raises FileRefused when it stalls or is cut off."""
    parts: list[bytes] = []
    missing = length
    deadline = monotonic() + stall_seconds
    while missing:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - monotonic()))
        if not ready:
            raise FileRefused("TOO_SLOW")
        part = os.read(pipe.fileno(), min(missing, 1 << 20))
        if not part:
            if missing == length:
                return b""
            raise FileRefused("READER_STOPPED")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
