"""An import through the browser's steps, and how long each of them took."""

from __future__ import annotations

import time
from typing import Any

from bench.client import Client

LONGEST = 900.0
"""Seconds after which an import is given up."""


class Steps:
    """One file on its way: `seconds` of each step, in order."""

    def __init__(self, client: Client, entity: str, name: str, content: bytes, poll: float) -> None:
        self.client, self.entity, self.name, self.content, self.poll = client, entity, name, content, poll
        self.seconds: dict[str, float] = {}

    def upload(self) -> dict[str, Any]:
        """Send the file; answers what the server proposes."""
        begin = time.perf_counter()
        answer = self.client.upload("import/upload", {"entity": self.entity}, self.name, self.content)
        assert answer.status == 200, answer.body[:500]
        self.seconds["upload"] = time.perf_counter() - begin
        kept: dict[str, Any] = answer.json
        return kept

    def preview(self, kept: dict[str, Any]) -> dict[str, Any]:
        """Check it with the options proposed; answers the summary. Notes when the first rows could be seen."""
        asked = {"entity": self.entity, "ticket": kept["ticket"], "options": kept["options"], "reason": ""}
        return self._job("preview", "import/preview", asked)

    def commit(self, summary: dict[str, Any]) -> dict[str, Any]:
        """Write it whole."""
        return self._job("commit", f"import/{summary['set']}/commit", {"partial": False, "confirmed": True})

    def _job(self, step: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        begin = time.perf_counter()
        while (answer := self.client.post(path, body)).status == 503:
            time.sleep(answer.retry_after or 1)
        assert answer.status == 202, answer.body[:500]
        number = answer.json["job"]
        while time.perf_counter() - begin < LONGEST:
            time.sleep(self.poll)
            job = self.client.get(f"import/job/{number}").json
            staged = job.get("set") or (job["result"] or {}).get("set")
            if step == "preview" and staged and "first rows" not in self.seconds:
                self._look(staged, begin)
            if job["state"] == "done":
                self.seconds[step] = time.perf_counter() - begin
                result: dict[str, Any] = job["result"]
                return result
            assert job["state"] in ("waiting", "running"), job
        raise TimeoutError(path)

    def _look(self, staged: int, begin: float) -> None:
        if self.client.get(f"import/{staged}/rows").json["rows"]:
            self.seconds["first rows"] = time.perf_counter() - begin
