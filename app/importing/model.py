"""The table of remembered mappings: how somebody's files are read."""

from __future__ import annotations

from flask_appbuilder import Model
from sqlalchemy import Boolean, String, UniqueConstraint
from sqlalchemy.orm import mapped_column

from app.db import TABLE_ARGS, BigId, Instant, JsonText


class ImportProfile(Model):
    """Options for the files of one entity. Without a name it is what the person used last; `shared` ones are
    read by everybody who may import there. `headers` are those of the file it was made with."""

    __tablename__ = "import_profile"
    __table_args__ = (UniqueConstraint("user_id", "entity", "name", name="uq_import_profile"), TABLE_ARGS)

    id = mapped_column(BigId, primary_key=True)
    user_id = mapped_column(BigId, nullable=False)
    entity = mapped_column(String(60), nullable=False, index=True)
    name = mapped_column(String(80), nullable=False, default="")
    shared = mapped_column(Boolean, nullable=False, default=False)
    options = mapped_column(JsonText(), nullable=False)
    headers = mapped_column(JsonText(), nullable=False)
    used_at = mapped_column(Instant(), nullable=False)
