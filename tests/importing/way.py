"""An import as a person does it in the browser, without the browser: upload, preview, rows, mend, commit."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask

from tests.access.world import token_of
from tests.cast import Cast, assemble, signed_in

API = "/api/v1/import"


class Way:
    """Somebody of the cast at the import page; jobs run at once, in the request."""

    def __init__(self, app: Flask, cast: Cast, person: str = "sm.east") -> None:
        self.app, self.cast, self.person = app, cast, person
        self.client = app.test_client()
        self.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
        signed_in(self.client, person)
        self.token = token_of(self.client.get("/").text)

    @classmethod
    def open(cls, app: Flask, person: str = "sm.east") -> Way:
        """With a fresh cast."""
        return cls(app, assemble(app), person)

    def other(self, person: str) -> Way:
        """Somebody else of the same cast."""
        return Way(self.app, self.cast, person)

    def post(self, path: str, body: Any) -> Any:
        """A request as a script of the page would send it."""
        return self.client.post(path, json=body, headers={"X-CSRFToken": self.token})

    def get(self, path: str) -> Any:
        """What an address answers, read to its end."""
        answer = self.client.get(path)
        answer.get_data()
        answer.close()
        return answer

    def upload(self, entity: str, file: Path | bytes, name: str = "台账.xlsx") -> Any:
        """Send a file; the answer as it is."""
        content = file.read_bytes() if isinstance(file, Path) else file
        data = {"entity": entity, "file": (io.BytesIO(content), name)}
        answer = self.client.post(f"{API}/upload", data=data, headers={"X-CSRFToken": self.token})
        # The test client keeps a large body in a temporary file and forgets it.
        answer.request.environ["wsgi.input"].close()
        return answer

    def job(self, answer: Any) -> dict[str, Any]:
        """The job an answer names, run."""
        assert answer.status_code == 202, answer.text
        number = answer.json["job"]
        return {"job": number, **self.get(f"{API}/job/{number}").json}

    def try_preview(self, entity: str, kept: dict[str, Any], **options: Any) -> dict[str, Any]:
        """The job that checked an uploaded file, however it ended; `options` replace proposed ones."""
        asked = {**kept["options"], **options}
        body = {"entity": entity, "ticket": kept["ticket"], "options": asked, "reason": ""}
        return self.job(self.post(f"{API}/preview", body))

    def preview(
        self, entity: str, file: Path | bytes, name: str = "台账.xlsx", **options: Any
    ) -> dict[str, Any]:
        """Upload and check a file; the summary."""
        kept = self.upload(entity, file, name)
        assert kept.status_code == 200, kept.text
        job = self.try_preview(entity, kept.json, **options)
        assert job["state"] == "done", job
        summary: dict[str, Any] = job["result"]
        return summary

    def rows(self, staged: int, only: str = "") -> list[dict[str, Any]]:
        """All rows of a preview."""
        found: list[dict[str, Any]] = []
        after = -1
        while True:
            page = self.get(f"{API}/{staged}/rows?only={only}&after={after}").json
            found += page["rows"]
            if page["next"] is None:
                return found
            after = page["next"]

    def wrong(self, staged: int) -> dict[int, list[tuple[str, str]]]:
        """What is wrong by the row's number in the file: field and code."""
        rows = self.rows(staged, "error")
        return {row["line"]: [(e.get("field", ""), e["code"]) for e in row["errors"]] for row in rows}

    def commit(self, staged: int, *, partial: bool = False) -> dict[str, Any]:
        """Write a checked file; the job's result."""
        job = self.job(self.post(f"{API}/{staged}/commit", {"partial": partial, "confirmed": True}))
        assert job["state"] == "done", job
        result: dict[str, Any] = job["result"]
        return result

    def records(self, entity: str, fields: Sequence[str], **values: Any) -> list[list[Any]]:
        """What the sheet shows of some records: the values of these fields."""
        tree = {"and": [{"field": n, "op": "eq", "value": v} for n, v in values.items()]} if values else None
        body = {"filter": tree, "fields": list(fields), "limit": 1000}
        answer = self.post(f"/api/v1/{entity}/rows", body)
        assert answer.status_code == 200, answer.text
        return [[row["values"][n] for n in fields] for row in answer.json["rows"]]
