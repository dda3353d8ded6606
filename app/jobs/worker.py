"""The worker: a child process of ``serve`` (so that a busy job never slows a page) that runs jobs as their owners."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from datetime import datetime
from typing import Any

from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import OperationalError

from app import clock
from app.access.context import acting_as
from app.access.errors import AccessError, NoGrants
from app.change import Busy, progress
from app.jobs import board, queue, schedule

log = logging.getLogger(__name__)
PAUSE = 0.3
BEAT, HEARTBEAT = 0.25, 20.0
NOBODY = _l(
    "The account that asked for this was switched off before it began. Nothing was done. "
    "Somebody who may still sign in has to ask for it."
)


class JobFailed(Exception):
    """A job ended with something its owner should read; the message is a sentence."""

    def __init__(self, message: object) -> None:
        self.message = message
        super().__init__(str(message))


class Cancelled(Exception):
    """Somebody asked the job to stop; raised where it says how far it is, and whatever it began is taken back."""


def run_next(app: Flask, now: datetime | None = None) -> bool:
    """Run one job, if there is one."""
    with app.app_context():
        job = queue.claim(now)
        if job is None:
            return False
        beat = _Heartbeat(app, job)
        try:
            with (
                acting_as(job["user_id"], source=job["kind"]),
                force_locale(job["locale"]),  # inside: acting_as opens a context of its own
                progress.reported(beat.step),
            ):
                _end(job, queue.finish(job, **_outcome(job)))
        except NoGrants:  # whose job it is; what a job itself may not do is an outcome
            with force_locale(job["locale"]):
                _end(job, queue.finish(job, "failed", error=str(NOBODY)))
        except Exception as error:
            log.exception("job %s failed", job["id"])
            # A database that is busy or away comes back; nobody is there to ask again for what comes round by itself.
            passing = isinstance(error, Busy | OperationalError) or job["due_at"] is not None
            again = passing and job["tries"] < queue.MAX_TRIES
            own = (
                queue.put_back(job, "unexpected")
                if again
                else queue.finish(job, "failed", error="unexpected")
            )
            _end(job, own)
        finally:
            beat.stop()
        return True


def _outcome(job: dict[str, Any]) -> dict[str, Any]:
    """Run a job; how it ends, in the words of its owner's language."""
    try:
        progress.report(0, 0, "")
        result = queue.runner(job["kind"])({**job["args"], "job": job["id"]})
        return {"state": "done", "result": result}
    except (JobFailed, AccessError) as refused:
        return {"state": "failed", "error": str(refused.message)}
    except Cancelled:
        return {"state": "cancelled", "error": str(_("Cancelled. Nothing was written."))}


def _end(job: dict[str, Any], own: bool) -> None:
    if not own:
        log.warning("job %s was taken over by another worker; its result counts", job["id"])


class _Heartbeat:
    """Keeps the lease while the job runs, tells how far it is, and hears that it is to stop."""

    def __init__(self, app: Flask, job: dict[str, Any]) -> None:
        self._app, self._job = app, job
        self._state = (0, 0, "")
        self._cancelled = board.stopped(job["id"])
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    def step(self, done: int, total: int, step: str) -> None:
        """Note how far the job is. Raises Cancelled."""
        self._state = (done, total, step)
        if self._cancelled:
            raise Cancelled

    def _beat(self) -> None:
        told, renewed = (0, 0, ""), time.monotonic()
        while not self._stopped.wait(BEAT):
            try:
                with self._app.app_context():
                    self._cancelled = board.stopped(self._job["id"])
                    if self._state != told:
                        told = self._state
                        board.tell(self._job["id"], *told)
                    if time.monotonic() - renewed > HEARTBEAT:
                        queue.progress(self._job, *told)
                        renewed = time.monotonic()
            except Exception:  # a locked database, a full disk: the next beat tries again
                log.debug("progress of job %s not written", self._job["id"])

    def stop(self) -> None:
        """The job has ended."""
        self._stopped.set()
        self._thread.join(timeout=2)


def work(app: Flask, parent: int) -> None:
    """Run jobs, and those that come round by themselves, until the parent process is gone."""
    asked = None
    while os.getppid() == parent:
        try:
            minute = clock.now().replace(second=0, microsecond=0)
            if minute != asked:
                with app.app_context():
                    schedule.enqueue_due()
                asked = minute
            busy = run_next(app)
        except Exception:  # the worker outlives a database that is away for a moment
            log.exception("worker")
            busy = False
        if not busy:
            time.sleep(PAUSE)


def start() -> subprocess.Popen[bytes]:
    """Start the worker as a child that dies with us."""
    return subprocess.Popen([sys.executable, "-m", "app", "worker", "--parent", str(os.getpid())])
