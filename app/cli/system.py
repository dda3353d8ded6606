"""Commands that run the system: init, migrate, serve, jobs, worker."""

from __future__ import annotations

import signal
import sys
from typing import Any

import click
from flask_babel import force_locale

import config
from app.cli.common import Refused, application, json_option, say, tell


@click.command()
@click.option("--demo", is_flag=True, help="Fill the database with the demo company.")
@json_option
def init(demo: bool, as_json: bool) -> None:
    """Create the database, or bring it up to date."""
    from app.setup import init_database

    settings = config.load()
    settings.home.mkdir(parents=True, exist_ok=True)
    app = application(checked=False)
    init_database(app, demo=demo)
    tell(
        as_json,
        {"database": _shown(settings.url), "demo": demo},
        f"数据库就绪 / database ready: {_shown(settings.url)}",
    )


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done.")
@click.option("--drop", is_flag=True, help="Also drop fields that hold data.")
@click.option("--check", is_flag=True, help="Only check that schema and triggers are in step.")
@json_option
def migrate(dry_run: bool, drop: bool, check: bool, as_json: bool) -> None:
    """Bring schema, triggers and rights in step with the declarations."""
    from app.setup import migrate_schema, sync_rights

    settings = config.load()
    app = application(checked=False)
    with app.app_context(), force_locale(settings.locale):
        report = migrate_schema(settings, dry_run=dry_run or check, drop=drop)
        steps = [str(step) for step in report.steps]
        refused = [str(line) for line in report.refused]
    body = {"steps": steps, "refused": refused, "dry_run": dry_run}
    if refused:
        raise Refused(*refused, body=body, as_json=as_json)
    if check:
        if steps:
            raise Refused(*steps, body=body, as_json=as_json)
    elif not dry_run:
        sync_rights(app)
    tell(as_json, body, *(steps or ["已是最新 / up to date"]))


@click.command()
@click.option("--no-worker", is_flag=True, help="Run no jobs in this server.")
def serve(no_worker: bool) -> None:
    """Start the web server and its worker; Ctrl-C ends both."""
    import waitress

    from app.setup import init_database, is_initialised

    settings = config.load()
    settings.home.mkdir(parents=True, exist_ok=True)
    if not settings.database_url and not is_initialised(settings):
        # A company's own system never starts with people whose password is in a README.
        demo = settings.environment != "production"
        say("正在建立数据库… / creating the database…")
        init_database(application(checked=False), demo=demo)
    app = application()
    _check_triggers(app)
    try:
        server = waitress.create_server(app, host=settings.host, port=settings.port, threads=settings.threads,
                                        channel_timeout=120, ident="")  # fmt: skip
    except OSError as error:
        raise Refused(
            f"端口 {settings.port} 不能用：请停掉占用它的程序，或用 TAIZHANG_PORT 换一个。"
            f" / Port {settings.port} cannot be used ({error.strerror}): stop what uses it, or set TAIZHANG_PORT."
        ) from None
    worker: Any = None
    if not no_worker and settings.jobs == "process":
        from app.jobs import worker as jobs

        worker = jobs.start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _greet(settings, app)
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.close()
        if worker is not None:
            worker.terminate()
            worker.wait(timeout=10)


@click.command(hidden=True)
@click.option("--parent", type=int, required=True)
def worker(parent: int) -> None:
    """Run jobs until the parent process ends (started by serve)."""
    from app.jobs.worker import work

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    work(application(), parent)


@click.command()
@json_option
def jobs(as_json: bool) -> None:
    """The newest jobs and how far they are."""
    from app.jobs import queue

    app = application()
    with app.app_context():
        found = queue.recent()
    lines = [
        f"{j['id']:>6} {j['kind']:<16} {j['state']:<10} {j['done']}/{j['total']} {j['created_at']}"
        for j in found
    ]
    tell(as_json, {"jobs": found}, *(lines or ["没有任务 / no jobs"]))


def _check_triggers(app: Any) -> None:
    from app import audit
    from app.db import db

    with app.app_context():
        problems = audit.check(db.engine)
    if problems:
        raise Refused(
            "变更日志的触发器与程序不一致，请运行 taizhang migrate / run taizhang migrate first:",
            *problems[:5],
        )


def _shown(url: str) -> str:
    from sqlalchemy import make_url

    return make_url(url).render_as_string(hide_password=True)


def _greet(settings: config.Settings, app: Any) -> None:
    import importlib

    say(f"\n台账 Taizhang  http://{settings.host}:{settings.port}\n")
    if settings.environment != "production":
        with app.app_context():
            lines = importlib.import_module(settings.seeds).demo_logins(app)
        for line in lines:
            say(f"  {line}")
        say("")


COMMANDS = (init, migrate, serve, worker, jobs)
