"""Commands that move data: new, import, export, template."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import click
from flask_babel import gettext as _

from app.cli.common import Refused, acting, application, find_entity, json_option, tell, user_option
from app.importing.options import HIDDEN, MATCHES, MODES, TOTALS

file_argument = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("workbook", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--sheet", help="The sheet to read; the first if left out.")
@click.option("--entity", required=True, help="The entity's name, e.g. store_order.")
@click.option("--key", help="The headers (or field names) that identify a row, separated by commas.")
@click.option("--label", help="The entity's label; the sheet's name if left out.")
@click.option("--force", is_flag=True, help="Write over an earlier declaration.")
@json_option
def new(workbook: Path, sheet: str | None, entity: str, key: str | None, label: str | None, force: bool,
        as_json: bool) -> None:  # fmt: skip
    """Write a declaration from a sheet of a workbook."""
    from app.excel.contract import FileRefused
    from app.excel.declare import DeclarationRefused, declare

    try:
        made = declare(
            workbook, sheet, entity, [k.strip() for k in key.split(",")] if key else None, label, force
        )
    except (FileRefused, DeclarationRefused) as refused:
        raise Refused(str(refused.message), as_json=as_json) from None
    body = {
        "entity": entity,
        "file": str(made.file),
        "rows": made.rows,
        "key": made.key,
        "fields": made.fields,
    }
    tell(as_json, body, f"已写 / written: {made.file} ({len(made.fields)} 字段, {made.rows} 行已检查)",
         f"主键 / key: {', '.join(made.key)}", "接着 / next: taizhang migrate")  # fmt: skip


@click.command("import")
@click.argument("entity")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--options",
    "options_file",
    type=click.Path(path_type=Path, exists=True),
    help="How to read the file, as JSON (docs/importing.md).",
)
@click.option("--sheet", help="The sheet to read; the first if left out.")
@click.option(
    "--map", "map_file", type=click.Path(path_type=Path, exists=True), help="JSON {header: field or null}."
)
@click.option("--key", help="The fields (or headers) to match records by, separated by commas.")
@click.option(
    "--match", type=click.Choice(MATCHES), help="Match records by key, by our hidden ids, or by fields."
)
@click.option("--mode", type=click.Choice(MODES), help="Add and change (both), only add, or only change.")
@click.option("--guess", is_flag=True, help="Also take columns whose field can only be guessed.")
@click.option("--create", help="Link fields whose missing records are made, separated by commas.")
@click.option("--hidden", type=click.Choice(HIDDEN), help="Hidden or filtered rows: refused if left out.")
@click.option("--totals", type=click.Choice(TOTALS), help="Rows of sums: left out, or imported like others.")
@click.option("--confirm", multiple=True, metavar="CODE", help="Answer a question of the rules with yes.")
@click.option("--dry-run", is_flag=True, help="Check only, write nothing.")
@click.option("--partial", is_flag=True, help="Import the rows that are right, leave the others.")
@click.option("--reason", default="", help="Why; kept in the change log.")
@user_option
@json_option
def import_(entity: str, file: Path, options_file: Path | None, sheet: str | None, map_file: Path | None,
            key: str | None, match: str | None, mode: str | None, guess: bool, create: str | None,
            hidden: str | None, totals: str | None, confirm: tuple[str, ...], dry_run: bool, partial: bool,
            reason: str, user: str | None, as_json: bool) -> None:  # fmt: skip
    """Import a file: new rows are added, known ones updated, all or nothing unless --partial."""
    from app.db import db
    from app.excel.contract import FileRefused
    from app.importing.guess import with_guesses
    from app.importing.options import OptionsRefused, options_from
    from app.importing.run import import_file, limits
    from app.importing.tally import spec_of

    app = application()
    with acting(app, user, "import") as grants:
        asked = _json_file(options_file, "--options")
        given = {"sheet": sheet, "match": match, "mode": mode, "hidden": hidden, "totals": totals,
                 "key": _words(key), "create": _words(create), "confirmed": list(confirm)}  # fmt: skip
        asked |= {name: value for name, value in given.items() if value}
        if map_file:
            asked["columns"] = {**asked.get("columns", {}), **_json_file(map_file, "--map")}
        try:
            options, found, guessed = options_from(asked), find_entity(entity), dict[str, str]()
            if not grants.can("import", found.name):
                raise Refused(str(_("Your role may not import here.")), as_json=as_json)
            if guess:
                options, guessed = with_guesses(db.session(), found, file, grants, options, limits())
            report = import_file(
                found, file, grants, options, dry_run=dry_run, partial=partial, reason=reason
            )
            report.guessed = {h: str(spec_of(found, n)[1].label) for h, n in guessed.items()}
        except (FileRefused, OptionsRefused) as refused:
            raise Refused(str(refused.message), as_json=as_json) from None
        body = report.as_json()
        lines = report.lines()
    if not report.ok:
        raise Refused(*lines, body=body, as_json=as_json)
    tell(as_json, body, *lines)


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()] if text else []


def _json_file(path: Path | None, option: str) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise click.UsageError(f"{option} is not JSON of an object")
    return found


@click.command()
@click.argument("entity")
@click.argument("file", type=file_argument)
@click.option("--filter", "filter_", help="A filter in JSON (docs/architecture.md).")
@click.option(
    "--format", "format_", type=click.Choice(("xlsx", "csv", "pdf")), help="Left out: by the file's name."
)
@click.option(
    "--fields", default="", help="The fields in order, separated by commas; left out, all usual ones."
)
@click.option(
    "--groups", default="", help="Fields to group by, separated by commas; each group has its sums."
)
@click.option("--everything", is_flag=True, help="All fields the user may see, those of the system as well.")
@user_option
@json_option
def export(entity: str, file: Path, filter_: str | None, format_: str | None, fields: str, groups: str,
           everything: bool, user: str | None, as_json: bool) -> None:  # fmt: skip
    """Export what the user may see to a file: .xlsx, .csv or .pdf."""
    from app.db import db
    from app.exporting.asked import FORMATS, Asked
    from app.exporting.export import export_file
    from app.exporting.limits import measured, noted, watermark_text
    from app.exporting.rows import checked
    from app.query.filters import FilterError

    try:
        tree: Any = json.loads(filter_) if filter_ else None
    except ValueError:
        raise click.UsageError("--filter is not JSON") from None
    suffix = file.suffix.lower().removeprefix(".")
    asked = Asked(
        filter=tree,
        fields=tuple(_listed(fields)) or None,
        groups=tuple(_listed(groups)),
        format=format_ or (suffix if suffix in FORMATS else "xlsx"),
        everything=everything,
    )
    app = application()
    with acting(app, user, "export") as grants:
        found = find_entity(entity)
        if not grants.can("export", found.name):
            raise Refused("没有导出权限 / no right to export", as_json=as_json)
        session = db.session()
        try:
            checked(found, grants, asked)
            wanted, limit = measured(session, found, grants, asked)
            if not limit.allows(wanted):
                raise Refused(f"最多可导出 {limit.cap} 行 / at most {limit.cap} rows", as_json=as_json)
            mark = watermark_text(session, grants) if limit.watermark else ""
            rows = export_file(found, file, grants, asked, watermark=mark, by=grants.name)
        except FilterError as problem:
            raise Refused(str(problem.message), as_json=as_json) from None
        except OSError as problem:
            raise Refused(f"写不了 {file}：{problem.strerror} / cannot be written: {problem.strerror}",
                          as_json=as_json) from None  # fmt: skip
        noted(found, asked, rows)
    tell(as_json, {"file": str(file), "rows": rows}, f"已导出 {rows} 行 / exported: {file}")


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@click.command()
@click.argument("entity")
@click.argument("file", type=file_argument)
@user_option
@json_option
def template(entity: str, file: Path, user: str | None, as_json: bool) -> None:
    """Write an empty workbook to fill in and import."""
    from app.db import db
    from app.exporting.export import template as write
    from app.query.filters import FilterError

    app = application()
    with acting(app, user, "export") as grants:
        whole = io.BytesIO()
        try:
            write(db.session(), find_entity(entity), grants, whole)
        except FilterError as problem:
            raise Refused(str(problem.message), as_json=as_json) from None
    file.write_bytes(whole.getvalue())
    tell(as_json, {"file": str(file)}, f"模板已写 / template written: {file}")


COMMANDS = (new, import_, export, template)
