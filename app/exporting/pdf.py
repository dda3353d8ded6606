"""An export as pages to print."""

from __future__ import annotations

from typing import BinaryIO

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.exporting.asked import Asked
from app.exporting.shape import ExportRefused, Shape


def write_pdf(
    session: Session,
    shape: Shape,
    grants: Grants,
    asked: Asked,
    out: BinaryIO,
    *,
    watermark: str = "",
    by: str = "",
) -> int:
    """Write the rows as a PDF; answers how many."""
    raise ExportRefused(_l("PDF cannot be made yet. Please export to Excel."))
