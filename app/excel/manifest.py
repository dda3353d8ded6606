"""The signed sheet by which a workbook of ours is known again: what it shows, of which records, from when.

Written by exports and error workbooks, read by imports (docs/importing.md). It proves where a file comes from; it
grants nothing: whatever is in the file passes the gate like typing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

SHEET = "_taizhang"
MARK = "taizhang"
ID, VERSION = "@id", "@version"
"""The hidden columns: the record's id, and its version when the file was written."""
DOCUMENT, IMPORT = "@document", "@import"
"""Their like in an error workbook of header and lines: the header record a row went to, and the import that wrote it."""
HIDDEN = (ID, VERSION, DOCUMENT, IMPORT)

EXAMPLES = ("Example: not imported", "示例：不导入")
"""What the first cell of a template's example row says, in either language: no import takes such a row."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a workbook of ours holds. `columns` are the field (or `ID`, `VERSION`, or None) of each column in order.

    `kind` is export or errors; `at` an instant as text; `set` the staged import an error workbook belongs to.
    """

    kind: str
    entity: str
    sheet: str
    header_row: int
    columns: list[str | None]
    at: str
    by: str
    set: int | None = None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="workbook")


def sign(manifest: Manifest) -> str:
    """The token for the manifest's sheet: row 1 is `MARK` and this."""
    return str(_signer().dumps({"v": 1, **asdict(manifest)}))


def read(token: str) -> Manifest | None:
    """What a token says; None when it is not ours, or altered."""
    try:
        body: dict[str, Any] = _signer().loads(token)
    except BadData:
        return None
    if not isinstance(body, dict) or body.pop("v", None) != 1:
        return None
    return Manifest(**body)
