"""The reader's process may crash, starve or hang: its parent says so, lives on and leaves nothing behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import sleep

import pytest

from app.excel import pipe
from app.excel.contract import MB, FileRefused, Limits
from app.excel.pipe import ask
from app.excel.read import read_sheet
from tests.excel.build import refusal, sheet, table, text, xlsx

_START = "import sys; from app.excel.wire import send; from app.excel.child import limit_process\n"
_START += "from app.excel.contract import Limits; sys.stdin.read()\n"


def outcome(tmp_path: Path, code: str, monkeypatch: pytest.MonkeyPatch, limits: Limits | None = None) -> str:
    """How the parent sees a child that runs `code` instead of the reader."""
    (tmp_path / "odd_child.py").write_text(_START + code)
    monkeypatch.setitem(pipe._ENVIRONMENT, "PYTHONPATH", str(tmp_path))
    try:
        list(ask(tmp_path / "x", limits or Limits(), module="odd_child"))
    except FileRefused as refused:
        return refused.code
    return "read"


def readers() -> list[str]:
    """The readers' processes that this one has started and not yet taken leave of."""
    tasks = Path(f"/proc/{os.getpid()}/task")
    pids = {pid for task in tasks.iterdir() for pid in (task / "children").read_text().split()}
    return [pid for pid in pids if "child" in Path(f"/proc/{pid}/cmdline").read_text()]


def test_a_crash_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    assert outcome(tmp_path, code, monkeypatch) == "READER_STOPPED"


def test_a_crash_in_the_middle_of_a_message_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "sys.stdout.buffer.write(b'\\0\\0\\1\\0half'); sys.stdout.flush(); import os; os._exit(0)"
    assert outcome(tmp_path, code, monkeypatch) == "READER_STOPPED"


def test_an_endless_loop_is_ended_by_the_processor_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = Limits(cpu_seconds=1)
    code = "limit_process(Limits(cpu_seconds=1))\nwhile True: pass"
    assert outcome(tmp_path, code, monkeypatch, limits) == "TOO_SLOW"


def test_a_child_that_sleeps_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        outcome(tmp_path, "import time; time.sleep(60)", monkeypatch, Limits(stall_seconds=1)) == "TOO_SLOW"
    )
    assert not readers()


def test_a_message_larger_than_agreed_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "sys.stdout.buffer.write(b'\\xff\\xff\\xff\\xff'); sys.stdout.flush(); import time; time.sleep(60)"
    assert outcome(tmp_path, code, monkeypatch) == "TOO_COMPLEX"
    assert not readers()


def test_a_workbook_that_needs_more_memory_than_allowed_is_refused(tmp_path: Path) -> None:
    strings = "".join(f"<si><t>{n:0>400}</t></si>" for n in range(150_000))
    path = xlsx(tmp_path / "a.xlsx", table(text("A2", "x")), strings=strings)
    assert refusal(path, Limits(memory=100 * MB)) == "TOO_COMPLEX"
    assert refusal(path, Limits(memory=20 * MB)) in ("READER_STOPPED", "TOO_COMPLEX")


def test_a_table_that_is_not_read_to_its_end_leaves_no_process(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{n}">{text(f"A{n}", "x")}</row>' for n in range(1, 20_000))
    found = read_sheet(xlsx(tmp_path / "a.xlsx", sheet(rows)))
    next(found.rows)
    assert readers()
    found.close()
    assert not readers()


def test_a_table_that_was_never_iterated_is_closed_too(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{n}">{text(f"A{n}", "x")}</row>' for n in range(1, 20_000))
    found = read_sheet(xlsx(tmp_path / "a.xlsx", sheet(rows)))
    found.close()
    assert not readers()


def test_the_time_the_caller_takes_does_not_count(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{n}">{text(f"A{n}", "x")}</row>' for n in range(1, 20_000))
    found = read_sheet(xlsx(tmp_path / "a.xlsx", sheet(rows)), limits=Limits(stall_seconds=1))
    next(found.rows)
    sleep(1.5)
    assert sum(1 for _ in found.rows) == 19_997


def test_the_child_sees_none_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAIZHANG_SECRET", "hush")
    code = "import os; send(sys.stdout.buffer, {'names': sorted(os.environ)})"
    (tmp_path / "odd_child.py").write_text(_START + code)
    monkeypatch.setitem(pipe._ENVIRONMENT, "PYTHONPATH", str(tmp_path))
    (message,) = ask(tmp_path / "x", Limits(), module="odd_child")
    assert "TAIZHANG_SECRET" not in message["names"]


def test_reading_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setitem(pipe._ENVIRONMENT, "TMPDIR", str(scratch))
    path = xlsx(tmp_path / "a.xlsx", table(text("A2", "x")))
    before = set(tmp_path.iterdir())
    list(read_sheet(path).rows)
    assert set(tmp_path.iterdir()) == before
    assert not list(scratch.iterdir())


def test_the_child_starts_without_the_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import app.excel.xlsx; send(sys.stdout.buffer, {'modules': sorted(sys.modules)})"
    (tmp_path / "odd_child.py").write_text(_START + code)
    monkeypatch.setitem(pipe._ENVIRONMENT, "PYTHONPATH", str(tmp_path))
    (message,) = ask(tmp_path / "x", Limits(), module="odd_child")
    assert not {"sqlalchemy", "flask_appbuilder", "app.db"} & set(message["modules"])
    assert sys.modules.keys() >= {"app.excel.read"}
