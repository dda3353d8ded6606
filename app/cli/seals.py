"""Commands of the log's proof: seal, verify, proof."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask_babel import force_locale
from sqlalchemy import create_engine

import config
from app.cli.common import Refused, application, json_option, say, tell

file_option = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command()
@click.option("--new-key", is_flag=True, help="Bring in another key, by a seal of the present one.")
@json_option
def seal(new_key: bool, as_json: bool) -> None:
    """Seal what is new in the log; the worker does so every minute."""
    from app.audit.seal_keys import public_file
    from app.audit.sealer import SealsBusy
    from app.jobs.seals import sealer
    from app.jobs.worker import JobFailed

    settings = config.load()
    app = application()
    try:
        with app.app_context(), force_locale(settings.locale), sealer(settings) as ready:
            made = ready.seal()
            key = ready.new_key() if new_key else None
    except JobFailed as failed:
        raise Refused(str(failed.message), as_json=as_json) from None
    except SealsBusy:
        raise Refused(
            "别人正在封印，请再试一次 / somebody else is sealing, try again", as_json=as_json
        ) from None
    entries = sum(one["count"] for one in made)
    lines = [f"已封 {entries} 条日志，{len(made)} 个封印 / sealed: {entries} entries, {len(made)} seals"]
    if key:
        public = public_file(settings.seal_key_file)
        lines.append(f"新密钥 {key}，公钥在 / new key, its public half is in: {public}")
    tell(as_json, {"seals": [one["n"] for one in made], "entries": entries, "new_key": key}, *lines)


@click.command()
@click.option(
    "--database", help="A copy of the database, an export, or the address of a server; else our own."
)
@click.option("--key", type=file_option, help="The public key to verify with; else the one beside our own.")
@click.option("--anchor", type=file_option, help="An anchor file that was kept elsewhere; else our own.")
@click.option("--proof", type=file_option, help="Verify the proof of one entry instead.")
@click.option(
    "--export", type=click.Path(path_type=Path, dir_okay=False), help="Write seals and logs to a file."
)
@json_option
def verify(database: str | None, key: Path | None, anchor: Path | None, proof: Path | None, export: Path | None,
           as_json: bool) -> None:  # fmt: skip
    """Verify that the log is as it was sealed, and name what is not."""
    from app.audit import sealed
    from app.audit.proof.ed25519 import read_key
    from app.audit.proof.findings import Report
    from app.audit.proof.verify import check_proof
    from app.audit.proof.verify import verify as check
    from app.audit.seal_keys import public_file

    settings = config.load()
    if database is None and key is None:
        key = public_file(settings.seal_key_file)
    if database is None and anchor is None and settings.anchor_file.exists():
        anchor = settings.anchor_file
    try:
        public = read_key(key) if key and key.exists() else None
        if proof is not None:
            if public is None:
                raise click.UsageError("--proof needs --key")
            found = Report(problems=check_proof(json.loads(proof.read_text("utf-8")), public, anchor))
        else:
            with _source(database) as source:
                if export is not None:
                    with export.open("w", encoding="utf-8", errors="surrogateescape") as out:
                        count = sealed.export(source, out)
                    tell(
                        as_json,
                        {"file": str(export), "entries": count},
                        f"已写 / written: {export} ({count})",
                    )
                    return
                found = check(source, public, anchor)
    except (OSError, ValueError) as error:
        raise Refused(str(error), as_json=as_json) from None
    body: dict[str, Any] = {**asdict(found), "ok": found.ok}
    for problem, line in zip(body["problems"], found.problems, strict=True):
        problem["message"] = line.text("zh")
    if not found.ok:
        raise Refused(*found.lines(), body=body, as_json=as_json)
    tell(as_json, body, *found.lines())


@contextmanager
def _source(database: str | None) -> Iterator[Any]:
    """Where to verify: our own database, another server's, a file."""
    from app.audit import sealed
    from app.audit.proof.sources import opened
    from app.db import db

    if database is not None and "://" not in database:
        yield opened(Path(database))
        return
    if database is not None:
        from app.access import model  # noqa: F401  declares the log of sign-ins

        engine = create_engine(database)
        try:
            with sealed.snapshot(engine) as connection:
                yield sealed.source(connection)
        finally:
            engine.dispose()
        return
    app = application()
    with app.app_context(), sealed.snapshot(db.engine) as connection:
        yield sealed.source(connection)


@click.command()
@click.argument("entry", type=int)
@click.option("--access", is_flag=True, help="An entry of the access log (sign-ins, exports).")
def proof(entry: int, access: bool) -> None:
    """The proof that one entry of the log is under a seal, as JSON for whoever wants to verify it."""
    from app.audit.proof.merkle import LOGS
    from app.audit.sealing import proof as prove
    from app.db import db

    app = application()
    with app.app_context():
        found = prove(db.session(), entry, LOGS[access])
    if found is None:
        raise Refused("这一条还没有封印，或者没有这一条 / this entry is not sealed yet, or there is none")
    say(json.dumps(found.as_json(), ensure_ascii=False, indent=1))


COMMANDS = (seal, verify, proof)
