"""Verifying from outside: with Python alone, from a copy, a key and an anchor; and the commands that hand them out."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipapp
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from app.audit.proof import verify as proving
from app.cli import cli
from tests.seals.desk import Desk
from tests.support.apps import SECRET_KEY

FOLDER = Path(proving.__file__).parent


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The verification in one file, as an outsider takes it away."""
    target = tmp_path / "verify.pyz"
    zipapp.create_archive(FOLDER, target, filter=lambda path: path.suffix == ".py")
    return target


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line on the desk's database."""
    for name, value in {
        "TAIZHANG_HOME": str(desk.settings.home),
        "TAIZHANG_DATABASE_URL": desk.settings.database_url,
        "TAIZHANG_OWNER_DATABASE_URL": desk.settings.owner_database_url,
        "TAIZHANG_SECRET_KEY": SECRET_KEY,
    }.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> Result:
        # In a process of its own an application is made once; here the one that runs must do.
        monkeypatch.setattr("app.cli.seals.application", lambda **_: desk.app)
        return CliRunner().invoke(cli, list(words))

    return run


def alone(*words: object) -> subprocess.CompletedProcess[str]:
    """Python without anything installed, not even this project."""
    command = [sys.executable, "-I", "-S", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=60)


def copied(desk: Desk, run: Callable[..., Result], folder: Path) -> Path:
    """What an outsider is given: the file itself, or PostgreSQL's export."""
    if desk.store.engine.kind == "sqlite":
        with desk.owner.connect() as connection:
            connection.exec_driver_sql(f"VACUUM INTO '{folder / 'copy.db'}'")
        return folder / "copy.db"
    done = run("verify", "--export", str(folder / "log.jsonl"))
    assert done.exit_code == 0, done.output
    return folder / "log.jsonl"


def test_an_outsider_verifies_with_python_alone(
    desk: Desk, run: Callable[..., Result], program: Path, tmp_path: Path
) -> None:
    desk.write("one")
    desk.seal()
    desk.write("two")
    copy = copied(desk, run, tmp_path)
    given = (copy, "--key", desk.key, "--anchor", desk.anchor)
    for way in (FOLDER, program):
        done = alone(way, *given)
        assert (done.returncode, done.stderr) == (0, "")
        assert "验证通过：2 个封印" in done.stdout
        assert "not yet sealed; anchored up to seal 2" in done.stdout
    with desk.unbound() as connection:
        connection.execute(text("UPDATE change_log SET new = '{}' WHERE id = 7"))
    done = alone(program, copied(desk, run, fresh(tmp_path)), *given[1:])
    assert done.returncode == 1
    assert (
        done.stdout == "第 2 号封印：change_log 第 7 条被改过 / seal 2: change_log entry 7 has been altered\n"
    )


def fresh(folder: Path) -> Path:
    made = folder / "again"
    made.mkdir()
    return made


@pytest.mark.parametrize("engine_kind", ["sqlite"])
def test_any_byte_of_a_sealed_value_in_the_file_itself(
    desk: Desk, run: Callable[..., Result], program: Path, tmp_path: Path
) -> None:
    """Bytes that are no text any more, too: the file is altered, not the database."""
    desk.write("a-value-found-once")
    desk.seal()
    copy = copied(desk, run, tmp_path)
    data = bytearray(copy.read_bytes())
    places = [at for at in range(len(data)) if data.startswith(b"a-value-found-once", at)]
    row = next(r for r in desk.rows() if r["tbl"] == "biz_param" and "a-value-found-once" in r["new"])
    named = 0
    for at in places:
        for byte in (0xFF, ord("b")):
            damaged = bytearray(data)
            damaged[at + 2] = byte
            copy.write_bytes(damaged)
            done = alone(program, copy, "--key", desk.key)
            named += f"change_log 第 {row['id']} 条被改过" in done.stdout
    assert named == 2


@pytest.mark.parametrize("engine_kind", ["sqlite"])
def test_a_copy_that_lies_where_nothing_can_be_written(desk: Desk, program: Path, tmp_path: Path) -> None:
    desk.seal()
    with desk.owner.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    closed = fresh(tmp_path)
    shutil.copy(desk.settings.home / "taizhang.db", closed)
    closed.chmod(0o555)
    done = alone(program, closed / "taizhang.db", "--key", desk.key)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_commands(desk: Desk, run: Callable[..., Result], program: Path, tmp_path: Path) -> None:
    assert run("verify").exit_code == 0
    done = run("seal", "--json")
    assert json.loads(done.output)["seals"] == [1, 2], done.output
    assert "anchored up to seal 2" in run("verify").output
    (tmp_path / "proof.json").write_text(run("proof", "5").output)
    done = run("verify", "--proof", str(tmp_path / "proof.json"))
    assert (done.exit_code, done.output) == (0, "验证通过 / everything fits\n")
    done_alone = alone(program, "--proof", tmp_path / "proof.json", "--key", desk.key)
    assert (done_alone.returncode, done_alone.stdout) == (0, "验证通过 / everything fits\n")
    old = tmp_path / "old.pem"
    shutil.copy(desk.key, old)
    assert "新密钥" in run("seal", "--new-key").output
    desk.write("one")
    desk.seal()
    assert run("verify", "--key", str(old)).exit_code == 0
    assert json.loads(run("verify", "--json").output)["ok"] is True
    other = run("verify", "--database", desk.store.owner_url, "--key", str(old), "--anchor", str(desk.anchor))
    assert other.exit_code == 0, other.output


def test_the_commands_name_what_is_wrong(desk: Desk, run: Callable[..., Result], tmp_path: Path) -> None:
    desk.seal()
    with desk.unbound() as connection:
        connection.execute(text("DELETE FROM change_log WHERE id = 9"))
    done = run("verify", "--json")
    assert isinstance(done.exception, Exception)
    (problem,) = done.exception.body["problems"]  # type: ignore[attr-defined]
    assert problem["message"] == "第 2 号封印：change_log 第 9 条被删了"
    assert (problem["code"], problem["seal"], problem["row"]) == ("ROW_MISSING", 2, 9)
    done = run("proof", "9")
    assert done.exit_code == 1
