"""The real application on a database of its own, one for each engine and test process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.database import Engine, Store, once, worker

if TYPE_CHECKING:
    from flask import Flask

# Long enough for the product; the same in all test processes, so that a copied home goes on working.
SECRET_KEY = "for tests only " * 3


@dataclass(frozen=True)
class Running:
    """An application and the store it works on."""

    flask: Flask
    store: Store


class Applications:
    """Makes applications and puts fresh databases under them."""

    def __init__(self, shared: Path) -> None:
        self._shared = shared
        self._running: dict[str, Running] = {}

    def fresh(self, engine: Engine, demo: bool = False) -> Running:
        """The application for this engine, on a fresh copy of the template."""
        from app import clock

        running = self._application(engine)
        self._release(running)
        self.copy_to(running.store, demo)
        clock.configure("Asia/Shanghai")
        return running

    def close(self) -> None:
        """Give connections and databases back."""
        for running in self._running.values():
            self._release(running)
            running.store.remove()

    def copy_to(self, store: Store, demo: bool = False) -> None:
        """Make `store`, which nobody may be using, initialised; with the demo company if asked."""
        store.copy_from(self._template(store.engine, demo))

    def _application(self, engine: Engine) -> Running:
        if engine.kind in self._running:
            return self._running[engine.kind]
        from app import create_app

        store = Store(engine, f"app_{worker()}", self._shared / f"{engine.kind}_{worker()}")
        store.empty()
        running = Running(create_app(settings_for(store)), store)
        self._running[engine.kind] = running
        return running

    def _template(self, engine: Engine, demo: bool) -> Store:
        name = "demo" if demo else "plain"
        template = Store(engine, f"template_{name}", self._shared / f"{engine.kind}_{name}")
        with once(self._shared, f"{engine.kind}_{name}") as first:
            if first:
                from app.setup import init_database

                running = self._application(engine)
                self._release(running)
                running.store.empty()
                init_database(running.flask, demo=demo)
                self._release(running)
                template.copy_from(running.store)
        return template

    def _release(self, running: Running) -> None:
        from app.db import db

        with running.flask.app_context():
            db.session.remove()
            db.engine.dispose()


def settings_for(store: Store, **more: object) -> object:
    """The settings of an application on `store`: jobs run inline, sign-in is not limited."""
    from config import Settings

    return Settings(
        home=store.home,
        database_url=store.url,
        owner_database_url=store.owner_url,
        secret_key=SECRET_KEY,
        jobs="inline",
        login_limit="10000 per minute",
        **more,  # type: ignore[arg-type]
    )
