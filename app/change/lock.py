"""The write lock: a fair queue inside the process, so that waiting writers never starve readers of threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

MAX_WAIT = 30.0


class Busy(RuntimeError):
    """Too many people are saving at this moment; try again in `retry_after` seconds."""

    def __init__(self, retry_after: int = 1) -> None:
        self.retry_after = retry_after
        super().__init__("busy")


class FairLock:
    """First come, first served. More than `waiters` in the queue, or a wait over `patience` seconds: Busy."""

    def __init__(self, waiters: int = 4, patience: float = MAX_WAIT) -> None:
        self.waiters = waiters
        self.patience = patience
        self._guard = threading.Lock()
        self._queue: deque[threading.Event] = deque()
        self._held = False
        self._retry_after = 1

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold the lock inside the block. Where that was Busy itself, those after it are told the same."""
        self._acquire()
        try:
            yield
            self._retry_after = 1
        except Busy as busy:
            self._retry_after = busy.retry_after
            raise
        finally:
            self._release()

    def _acquire(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            if len(self._queue) >= self.waiters:
                raise Busy(self._retry_after)
            turn = threading.Event()
            self._queue.append(turn)
        if turn.wait(self.patience):
            return
        with self._guard:
            if turn.is_set():  # our turn came in the very moment the patience ended
                return
            self._queue.remove(turn)
        raise Busy(self._retry_after)

    def _release(self) -> None:
        with self._guard:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._held = False


write_lock = FairLock()
