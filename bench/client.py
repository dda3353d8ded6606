"""A person at a browser without a screen: a signed-in connection of their own that says how long answers took."""

from __future__ import annotations

import http.client
import json
import re
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT = 120.0


@dataclass(frozen=True)
class Answer:
    """What the server said, and after how many seconds."""

    status: int
    body: bytes
    seconds: float
    retry_after: float

    @property
    def json(self) -> Any:
        """The body of an API's answer."""
        return json.loads(self.body)


class Client:
    """One connection with its cookies."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url).netloc
        self._connection = http.client.HTTPConnection(self._place, timeout=TIMEOUT)
        self._cookies: dict[str, str] = {}
        self._token = ""

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> Answer:
        """A request; a connection the server has closed meanwhile is opened anew."""
        headers = {"Cookie": "; ".join(f"{n}={v}" for n, v in self._cookies.items())}
        if kind:
            headers["Content-Type"] = kind
        if self._token:
            headers["X-CSRFToken"] = self._token
        begin = time.perf_counter()
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
        text = response.read()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        wait = float(response.headers.get("Retry-After") or 0)
        return Answer(response.status, text, time.perf_counter() - begin, wait)

    def post(self, path: str, body: Any) -> Answer:
        """A request as a script of the page would send it."""
        return self.ask("POST", f"/api/v1/{path}", json.dumps(body).encode(), "application/json")

    def get(self, path: str) -> Answer:
        """What the API answers."""
        return self.ask("GET", f"/api/v1/{path}")

    def upload(self, path: str, fields: dict[str, str], name: str, content: bytes) -> Answer:
        """A file, as a form would send it."""
        mark = uuid.uuid4().hex
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode()
            for n, v in fields.items()
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = b"".join([*parts, head.encode(), content, f"\r\n--{mark}--\r\n".encode()])
        return self.ask("POST", f"/api/v1/{path}", body, f"multipart/form-data; boundary={mark}")

    def sign_in(self, name: str, password: str) -> Client:
        """Sign in through the form."""
        page = self.ask("GET", "/login/").body.decode()
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, "no sign-in form"
        form = {"username": name, "password": password, "csrf_token": found[1]}
        self.ask("POST", "/login/", urlencode(form).encode(), "application/x-www-form-urlencoded")
        token = re.search(r'csrf-token" content="([^"]+)"', self.ask("GET", "/").body.decode())
        assert token, f"{name} could not sign in"
        self._token = token[1]
        return self
