"""Attachments: one row per uploaded file. The bytes lie in the home folder under their SHA-256, see `app.fab.attachments`.

A field of kind attachment holds ids of these rows. A row belongs to nobody's record until the gate writes a
record that names it; from then on to that field of that record, for good.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import mapped_column

from app.db import TABLE_ARGS, BigId, Instant

MAX_NAME = 120
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


class Attachment(Model):
    """One file. `sha256` in hex, `size` in bytes, `mime` as its name suggests (told to people, never served).

    `entity` and `field` say what it was uploaded for, `record_id` to which record it belongs (none: not yet).
    """

    __tablename__ = "attachment"
    __table_args__: Any = (
        Index("ix_attachment_record", "entity", "record_id"),
        Index("ix_attachment_created", "created_by_id", "record_id"),
        Index("ix_attachment_sha256", "sha256"),
        TABLE_ARGS,
    )

    id = mapped_column(BigId, primary_key=True)
    sha256 = mapped_column(String(64), nullable=False)
    name = mapped_column(String(MAX_NAME), nullable=False)
    size = mapped_column(BigId, nullable=False)
    mime = mapped_column(String(100), nullable=False)
    entity = mapped_column(String(63), nullable=False)
    record_id = mapped_column(BigId)
    field = mapped_column(String(63), nullable=False)
    created_by_id = mapped_column(BigId, ForeignKey("ab_user.id", ondelete="RESTRICT"), nullable=False)
    created_at = mapped_column(Instant(), nullable=False)


def safe_name(given: str | None) -> str:
    """A file name every system can save and nobody can be misled by: no folders, no invisible or turning
    characters, none of Windows' reserved names, at most `MAX_NAME` characters with the ending kept."""
    text = unicodedata.normalize("NFC", (given or "").replace("\\", "/")).rsplit("/", 1)[-1]
    text = "".join(ch for ch in text if unicodedata.category(ch)[0] != "C")
    text = _FORBIDDEN.sub("_", text).strip(" .")
    if _RESERVED.match(text):
        text = f"_{text}"
    stem, dot, ending = text.rpartition(".")
    if len(text) > MAX_NAME:
        ending = f"{dot}{ending}" if stem and len(ending) <= 12 else ""
        text = text[: MAX_NAME - len(ending)].rstrip(" .") + ending
    return text or "file"
