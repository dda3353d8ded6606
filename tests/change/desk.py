"""People of the cast at their browsers: what the gate answers over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.access.world import token_of
from tests.cast import Cast, signed_in


@dataclass
class Desk:
    """The application with the cast in it, and one signed-in browser for each person who asks."""

    app: Flask
    cast: Cast
    _signed_in: dict[str, tuple[FlaskClient, str]] = field(default_factory=dict)

    def ask(self, person: str, path: str, body: Any, method: str = "POST", **more: Any) -> Any:
        """Send JSON (or the text of it) as a person, with their CSRF token."""
        if person not in self._signed_in:
            client = signed_in(self.app.test_client(), person)
            self._signed_in[person] = client, token_of(client.get("/").text)
        client, token = self._signed_in[person]
        sent = {"data": body, "content_type": "application/json"} if isinstance(body, str) else {"json": body}
        headers = {"X-CSRFToken": token, **more.pop("headers", {})}
        return client.open(path, method=method, headers=headers, **sent, **more)

    def send(self, person: str, *changes: dict[str, Any], **more: Any) -> Any:
        """Send a change set as a person."""
        return self.ask(person, "/api/v1/change_set", {"changes": list(changes), **more})
