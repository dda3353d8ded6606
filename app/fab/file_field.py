"""The form field of attachments: what is there, each with a tick to keep it, and a button to add files."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import FileStorage
from wtforms import Field as FormField

from app.access.context import current_grants
from app.db import db
from app.entity import EntityType
from app.fab.attachments import files_of, keep


def _draw(field: FileField, **attributes: Any) -> Markup:
    line = Markup(
        '<li><label class="form-check"><input type="checkbox" class="form-check-input" name="{}" value="{}"'
        ' checked>{}</label> <span class="tz-muted">{}</span> <a href="{}">{}</a></li>'
    )
    shown = Markup()
    for file in files_of(db.session(), field.data or ()):
        shown += line.format(field.name, file["id"], file["name"], file["size"], file["url"], _("Download"))
    if shown:
        shown = Markup('<ul class="tz-files">{}</ul>').format(shown)
    attributes = {**(field.render_kw or {}), **attributes}
    extra = Markup(" ").join(Markup('{}="{}"').format(k, v) for k, v in sorted(attributes.items()))
    return shown + Markup('<input type="file" multiple id="{}" name="{}" {}>').format(
        field.id, field.name, extra
    )


class FileField(FormField):
    """Holds attachment ids. Files that came with the form are saved by `upload`, so that none is lost when the
    form comes back with an error."""

    widget = staticmethod(_draw)

    def __init__(self, *args: Any, entity: EntityType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entity = entity
        self.files: list[FileStorage] = []

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Ticked ids stay; files with a name are new."""
        self.data = [int(v) for v in valuelist if isinstance(v, str) and v.isdecimal() and len(v) < 16]
        self.files = [v for v in valuelist if isinstance(v, FileStorage) and v.filename]

    def upload(self) -> list[int]:
        """Save the new files; all ids now in the field. Raises UploadRefused."""
        grants = current_grants()
        while self.files:
            self.data = [*self.data, keep(self.files.pop(0), self.entity, self.name, grants)["id"]]
        return list(self.data)
