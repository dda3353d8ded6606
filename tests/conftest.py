"""Fixtures every test may use. The machinery behind them is in ``tests/support``.

`engine_kind` runs a test on SQLite and on PostgreSQL; so does whatever asks for `app`, `client`, `database`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

from tests.support import needs
from tests.support.apps import Applications
from tests.support.database import Engine, PostgresDatabases, SqliteFiles, Store, once, worker
from tests.support.postgres import Cluster, fast_folder, server_binaries

pytest_plugins = ["tests.support.browser"]

SHARED = "TAIZHANG_TEST_SHARED"
CLUSTER = "TAIZHANG_TEST_CLUSTER"

# Time says nothing on a machine that does other work as well; the run of a fresh clone is the same every time.
settings.register_profile(
    "usual",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("full", settings.get_profile("usual"), max_examples=1000)
settings.load_profile("usual")


def pytest_configure(config: pytest.Config) -> None:
    """The first test process makes the shared folder and the cluster; the environment tells the others."""
    if worker() != "main":
        return
    # A developer's own settings must not reach the tests.
    for name in [name for name in os.environ if name.startswith("TAIZHANG_")]:
        del os.environ[name]
    # All test processes must list parametrised tests in one order, also those made from a set.
    os.environ["PYTHONHASHSEED"] = "0"
    os.environ[SHARED] = str(fast_folder("taizhang-test-"))
    if server_binaries() is not None:
        config.stash[CLUSTER_KEY] = Cluster.start()
        os.environ[CLUSTER] = str(config.stash[CLUSTER_KEY].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing running and nothing behind."""
    if worker() == "main":
        if CLUSTER_KEY in config.stash:
            config.stash[CLUSTER_KEY].stop()
        shutil.rmtree(os.environ[SHARED], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with a reason, what this machine cannot run."""
    for item in items:
        reason = needs.lacking(item)
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what did not run."""
    terminalreporter.write_line(needs.skipped_line(terminalreporter.stats.get("skipped", [])))


CLUSTER_KEY = pytest.StashKey[Cluster]()


@pytest.fixture(scope="session")
def shared() -> Path:
    """A folder shared by all test processes of the run."""
    return Path(os.environ[SHARED])


@pytest.fixture(scope="session")
def postgres(shared: Path) -> PostgresDatabases:
    """The run's PostgreSQL cluster with the roles of a real installation."""
    databases = PostgresDatabases(Cluster(Path(os.environ[CLUSTER])))
    with once(shared, "roles") as first:
        if first:
            databases.create_roles()
    return databases


@pytest.fixture(scope="module", autouse=True)
def _time_goes_on() -> Iterator[None]:
    """What a file did to the clock ends with it."""
    yield
    from app import clock

    clock.configure("Asia/Shanghai")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_kind(request: pytest.FixtureRequest) -> str:
    """The database engine: a test that uses this runs once on each."""
    return str(request.param)


@pytest.fixture
def engine(engine_kind: str, request: pytest.FixtureRequest) -> Engine:
    """The machinery of the engine of `engine_kind`."""
    if engine_kind == "sqlite":
        return SqliteFiles()
    databases: PostgresDatabases = request.getfixturevalue("postgres")
    return databases


@pytest.fixture
def empty_store(engine: Engine, tmp_path: Path) -> Iterator[Store]:
    """A home folder and a database with nothing in them (tests of init and migrate)."""
    store = Store(engine, f"empty_{worker()}", tmp_path / "home")
    store.empty()
    yield store
    store.remove()


@pytest.fixture(scope="session")
def applications(shared: Path) -> Iterator[Applications]:
    """This test process's applications, one for each engine, made when first asked for."""
    made = Applications(shared)
    yield made
    made.close()


@pytest.fixture
def database(applications: Applications, engine: Engine) -> Store:
    """A fresh, initialised database without demo data, and its home folder."""
    return applications.fresh(engine).store


@pytest.fixture
def app(applications: Applications, engine: Engine) -> Flask:
    """The real application on a fresh, initialised database without demo data."""
    return applications.fresh(engine).flask


@pytest.fixture
def demo_app(applications: Applications, engine: Engine) -> Flask:
    """The real application on a fresh copy of the demo company."""
    return applications.fresh(engine, demo=True).flask


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a screen, not signed in."""
    return app.test_client()
