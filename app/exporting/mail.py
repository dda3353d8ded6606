"""Sending a file by mail, and to whom: data must not leave the house by mistake."""

from __future__ import annotations

import mimetypes
import re
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, func, select

TIMEOUT = 30.0
LARGEST = 20 * 1024 * 1024
"""Bytes of the largest file that goes by mail; most servers refuse more."""
_ADDRESS = re.compile(r"[^\s@,;<>\"\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


def addresses(text: str | None) -> list[str]:
    """The addresses a text lists, each once."""
    parts = (part.strip() for part in re.split(r"[\s,;，；、]+", text or ""))
    return list(dict.fromkeys(part for part in parts if part))


def problem(connection: Connection, wanted: Sequence[str]) -> Any:
    """Why these addresses cannot be mailed to, as a sentence; None when all can."""
    settings = current_app.config["TAIZHANG"]
    if wanted and not settings.mail_url:
        return _l(
            "No mail server is set up. Ask an administrator to set TAIZHANG_MAIL_URL, or choose a folder."
        )
    for address in wanted:
        if not _ADDRESS.fullmatch(address):
            return _l("“%(address)s” is no mail address.", address=address[:80])
    strange = [one for one in wanted if one.rpartition("@")[2].lower() not in settings.mail_domains]
    users = User.__table__
    known = select(func.lower(users.c.email)).where(users.c.active.is_(True))
    known = known.where(func.lower(users.c.email).in_([one.lower() for one in strange]))
    people = set(connection.execute(known).scalars()) if strange else set()
    for address in strange:
        if address.lower() not in people:
            return _l(
                "“%(address)s” belongs to nobody who can sign in. Choose a colleague's address, or ask an "
                "administrator to allow its domain in TAIZHANG_MAIL_DOMAINS.", address=address,
            )  # fmt: skip
    return None


def send(to: Sequence[str], subject: str, text: str, path: Path, name: str, key: str) -> list[str]:
    """Send a file; answers the addresses the server refused. `key` makes the same mail known again.

    Raises OSError and SMTPException when the server took nothing.
    """
    settings = current_app.config["TAIZHANG"]
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = settings.mail_from, ", ".join(to), " ".join(subject.split())
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{key}@{settings.mail_from.rpartition('@')[2].strip('> ')}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    main, _slash, sub = (mimetypes.guess_type(name)[0] or "application/octet-stream").partition("/")
    mail.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=name)
    with _server(settings.mail_url) as server:
        return sorted(server.send_message(mail, to_addrs=list(to)))


def reason(problem: smtplib.SMTPException) -> str:
    """Why the server did not take a mail, as far as it said."""
    if isinstance(problem, smtplib.SMTPResponseException):
        said = problem.smtp_error
        text = f"{problem.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    elif isinstance(problem, smtplib.SMTPRecipientsRefused):
        text = ", ".join(problem.recipients)
    else:
        text = str(problem) or type(problem).__name__
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200]


def _server(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, context = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT)
    try:
        server.ehlo()
        if parts.scheme != "smtps" and server.has_extn("starttls"):
            server.starttls(context=context)
        elif parts.scheme != "smtps" and parts.username:  # else whoever listens has the password
            raise smtplib.SMTPNotSupportedError(
                _("it offers no encryption, so the password was not sent: use smtps:// or another port")
            )
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server
