"""The command that erases a person's data."""

from __future__ import annotations

import click

from app.cli.common import (
    Refused,
    acting,
    application,
    find_entity,
    find_record,
    json_option,
    tell,
    user_option,
)


@click.command()
@click.argument("entity")
@click.argument("key")
@click.option("--field", "fields", multiple=True, help="Only this field; may be given several times.")
@click.option(
    "--reason", required=True, help="Why: who asked, when. Kept for good, so without personal data."
)
@user_option
@json_option
def erase(
    entity: str, key: str, fields: tuple[str, ...], reason: str, user: str | None, as_json: bool
) -> None:
    """Erase the personal data of a record for good: cells, history, imports. KEY may be a deleted record's id."""
    from app.change.erase import EraseRefused, compact
    from app.change.erase import erase as erase_record

    app = application()
    settings = app.config["TAIZHANG"]
    found = find_entity(entity)
    with acting(app, None):
        record_id = find_record(found, key)  # whoever may erase need not be able to read what they erase
    with acting(app, user, "erase") as grants:
        try:
            done = erase_record(found, record_id, reason, fields, grants)
        except EraseRefused as refused:
            raise Refused(str(refused.message), as_json=as_json) from None
        labels = "、".join(str(found.fields[name].label) for name in done.fields)
    with app.app_context():
        compacted = compact(settings)
    copies = len(list((settings.home / "backups").glob("*.db")))
    body = {"fields": done.fields, "change_set": done.change_set, "logged": done.logged, "places": done.places,
            "plain": done.plain, "elsewhere": done.elsewhere, "compacted": compacted, "backups": copies}  # fmt: skip
    places = ", ".join(f"{name} {count}" for name, count in done.places.items())
    lines = [f"已删除 / erased: {labels}", f"历史里的值 / values in the history: {done.logged}; {places}"]
    for name, ids in done.elsewhere.items():
        numbers = ", ".join(map(str, ids))
        lines.append(f"同样的值还在别的记录里 / other records hold the same values: {name} {numbers}")
    if done.plain:
        lines.append(f"有 {done.plain} 条旧日志写于承诺机制之前，改不了 / older entries keep their values")
    if not compacted:
        lines.append("数据库正在使用，请停下服务后再运行一次 / in use: stop the server and run this again")
    if copies:
        lines.append(f"{copies} 份备份里可能还有，请按备份规定处理 / backups may still hold it")
    tell(as_json, body, *lines)


COMMANDS = (erase,)
