"""``taizhang new``: from a sheet of a workbook to a declaration in ``models/``, to be edited like any other."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l

from app.entity import registry
from app.excel.headers import header_form
from app.excel.infer import Column, check_key, infer
from app.excel.read import read_sheet

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*$")
_TITLE = re.compile("名称|姓名|标题|名$|name|title", re.IGNORECASE)
_KEY = re.compile("编号|编码|单号|代码|(^|[^a-z])(id|no|code)$", re.IGNORECASE)
WORKBOOK = 'registry.workbook(Workbook("ledgers", _l("Ledgers"), icon="table", order=200))'


class DeclarationRefused(ValueError):
    """No declaration can be written; the message says why and what to do."""

    def __init__(self, message: Any) -> None:
        self.message = message
        super().__init__(str(message))


@dataclass(frozen=True)
class Declaration:
    """What was written, and what it was made from."""

    file: Path
    rows: int
    key: list[str]
    fields: list[str]


def declare(
    workbook: Path, sheet: str | None, entity: str, key: Sequence[str] | None, label: str | None, force: bool,
    root: Path | None = None,
) -> Declaration:  # fmt: skip
    """Read a sheet whole and write ``models/<entity>.py`` with its labels. `key` are headers or field names.

    Raises FileRefused for the file, DeclarationRefused for a name or key that will not do.
    """
    root = root or Path(__file__).resolve().parents[2]
    target = root / "models" / f"{entity}.py"
    if not NAME.match(entity) or keyword.iskeyword(entity) or len(entity) > 40:
        raise DeclarationRefused(
            _l("“%(name)s” is no name for an entity. Use small letters, like store_order.", name=entity)
        )
    if target.exists() and not force:
        raise DeclarationRefused(
            _l("%(file)s exists already. Use --force to write over it.", file=target.name)
        )
    if entity in registry and not target.exists():
        raise DeclarationRefused(_l("There is an entity “%(name)s” already.", name=entity))
    table = read_sheet(workbook, sheet)
    if table.duplicate_headers:
        table.close()
        raise DeclarationRefused(
            _l("Headers occur twice: %(names)s. Rename them first.", names="、".join(table.duplicate_headers))
        )
    columns = infer(table)
    rows = table.notes.rows
    chosen = _key_columns(columns, key)
    again = read_sheet(workbook, sheet)
    doubled = check_key(again, [c.header for c in chosen])
    if doubled:
        examples = "；".join(
            f"{'/'.join(k) or '—'}: {'、'.join(map(str, numbers[:5]))}"
            for k, numbers in list(doubled.items())[:5]
        )
        raise DeclarationRefused(
            _l("“%(key)s” does not identify a row: %(count)s values occur more than once or are empty, e.g. %(examples)s. "
               "Choose another key with --key.", key="、".join(c.header for c in chosen), count=len(doubled),
               examples=examples)
        )  # fmt: skip
    source = source_of(entity, label or again.sheet, workbook.name, columns, [c.name for c in chosen])
    target.write_text(source, encoding="utf-8")
    _write_labels(root / "translations" / "parts" / f"{entity}.po", [label or again.sheet, *_labels(columns)])
    return Declaration(target, rows, [c.name for c in chosen], [c.name for c in columns])


def _key_columns(columns: list[Column], key: Sequence[str] | None) -> list[Column]:
    if not key:
        likely = [c for c in columns if _KEY.search(c.header) and c.required] or [
            c for c in columns if c.required
        ]
        if not likely:
            raise DeclarationRefused(_l("No column is filled in every row. Name the key with --key."))
        return [max(likely, key=lambda c: c.distinct)]
    wanted = {header_form(k) for k in key}
    found = [c for c in columns if header_form(c.header) in wanted or c.name in key]
    if len(found) != len(key):
        names = "、".join(c.header for c in columns)
        raise DeclarationRefused(_l("The key names no column of this sheet. It has: %(names)s", names=names))
    return found


def source_of(entity: str, label: str, file: str, columns: list[Column], key: list[str]) -> str:
    """The text of the declaration."""
    title = next((c.name for c in columns if c.kind == "text" and _TITLE.search(c.header)), key[0])
    helpers = sorted({_helper(c) for c in columns} | {"registry", "About", "Entity", "Workbook"}
                     | ({"choices"} if any(c.choices for c in columns) else set()))  # fmt: skip
    class_name = "".join(part.title() for part in entity.split("_"))
    lines = [
        f'"""{label}: declared from a sheet of {file}. Edit it like any other declaration."""',
        "",
        "from __future__ import annotations",
        "",
        "from flask_babel import lazy_gettext as _l",
        "",
        "from app.entity import (",
        *(f"    {name}," for name in helpers),
        ")",
        "",
        WORKBOOK,
        "",
        "",
        f"class {class_name}(Entity):",
        f'    """{label}."""',
        "",
        f"    __tablename__ = {_quoted(entity)}",
        f"    about = About(_l({_quoted(label)}), key={_tuple(key)}, title={_quoted(title)},"
        ' workbook="ledgers", pattern="department")',
        "",
        *(f"    {c.name} = {_call(c, key, title)}" for c in columns),
    ]
    return "\n".join(lines) + "\n"


def _helper(column: Column) -> str:
    return {"date": "day", "datetime": "instant", "time": "clock_time"}.get(column.kind, column.kind)


def _call(column: Column, key: list[str], title: str) -> str:
    arguments = [f"_l({_quoted(column.header)})"]
    if column.kind == "text":
        arguments.append(str(column.length or 120))
    if column.kind == "decimal":
        arguments += ["15", str(column.scale or 0), "total=True"]
    if column.kind == "integer" and column.name not in key:
        arguments.append("total=True")
    if column.kind == "choice":
        arguments.append(_options(column))
    if column.required and column.name not in key:
        arguments.append("required=True")
    if column.kind == "text" and _TITLE.search(column.header) and column.name != title:
        arguments.append("search=True")
    call = f"{_helper(column)}({', '.join(arguments)})"
    return f"{call}  # fmt: skip" if "\n" in call else call


def _options(column: Column) -> str:
    """The choices, several to a line."""
    texts = [f"({_quoted(code)}, _l({_quoted(label)}))" for code, label in column.choices]
    lines, line = [], ""
    for text in texts:
        if line and len(line) + len(text) > 90:
            lines.append(line)
            line = ""
        line += f"{text}, "
    lines.append(line)
    return "choices(\n" + "".join(f"        {each.rstrip()}\n" for each in lines) + "    )"


def _labels(columns: list[Column]) -> list[str]:
    return [text for c in columns for text in (c.header, *(label for _code, label in c.choices))]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _tuple(names: list[str]) -> str:
    return f"({', '.join(_quoted(n) for n in names)},)"


def _write_labels(path: Path, labels: list[str]) -> None:
    """The labels are Chinese already; the catalogue says so, so that the check of translations is content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = [f"msgid {_quoted(t)}\nmsgstr {_quoted(t)}\n" for t in dict.fromkeys(labels)]
    path.write_text("\n".join(entries), encoding="utf-8")
