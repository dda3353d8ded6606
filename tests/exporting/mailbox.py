"""A mail server on loopback that keeps what it is sent: just enough SMTP for smtplib."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


@dataclass
class Mailbox:
    """The mails that arrived, with the addresses each was meant for; `refuse` are addresses it does not take.

    With `tls` it offers encryption. `commands` are the words it was told, and whether they came encrypted.
    """

    port: int = 0
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refuse: set[str] = field(default_factory=set)
    busy: bool = False
    tls: ssl.SSLContext | None = None
    commands: list[tuple[bool, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


class _Talk(socketserver.StreamRequestHandler):
    """One conversation."""

    def handle(self) -> None:
        box: Mailbox = self.server.box  # type: ignore[attr-defined]
        to: list[str] = []
        self._say("220 ready")
        while line := self.rfile.readline():
            verb = line.split()[0].upper() if line.split() else b""
            box.commands.append((isinstance(self.connection, ssl.SSLSocket), verb.decode()))
            if verb == b"EHLO":
                offers = (
                    ["AUTH PLAIN"]
                    if isinstance(self.connection, ssl.SSLSocket) or not box.tls
                    else ["STARTTLS"]
                )
                self._say("250-here", *(f"250 {offer}" for offer in offers))
                continue
            if verb == b"STARTTLS" and box.tls:
                self._say("220 go on")
                if not self._encrypted(box.tls):
                    return
                continue
            if verb == b"AUTH":
                self._say("235 welcome")
                continue
            if verb == b"RCPT":
                address = line.partition(b"<")[2].partition(b">")[0].decode()
                if address in box.refuse:
                    self._say("550 nobody here")
                    continue
                to.append(address)
            elif verb == b"DATA":
                if box.busy:
                    self._say("451 come again later")
                    continue
                self._say("354 go on")
                box.mails.append((to, _mail(b"".join(iter(self.rfile.readline, b".\r\n")))))
                to = []
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            self._say("250 fine")

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def _encrypted(self, tls: ssl.SSLContext) -> bool:
        """Go on encrypted, unless the other side does not trust us."""
        try:
            self.connection = tls.wrap_socket(self.connection, server_side=True)
        except ssl.SSLError:
            return False
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        return True


def _mail(raw: bytes) -> EmailMessage:
    found: Any = message_from_bytes(raw.replace(b"\r\n..", b"\r\n."), policy=policy.default)
    return found  # type: ignore[no-any-return]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A server that runs inside the block."""
    with _Server(("127.0.0.1", 0), _Talk) as server:
        box = Mailbox(server.server_address[1])
        server.box = box  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
