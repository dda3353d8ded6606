"""What goes wrong around an export: no room, mail servers nobody should trust, two workers, schedules that were stopped."""

from __future__ import annotations

import resource
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from app import clock
from app.entity import registry
from app.exporting import deliver, downloads, jobs
from app.fab import file_routes
from app.jobs import queue
from app.jobs.worker import run_next
from tests.exporting.mailbox import Mailbox
from tests.exporting.office import FEW, ON_ONE, Office, table_of
from tests.exporting.rounds import COLLEAGUE, SEVEN, at, kept, open_rounds, planned

pytestmark = ON_ONE


@pytest.fixture
def office(app: Flask, box: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    return open_rounds(app, box, tmp_path, monkeypatch)


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process grows beyond a few bytes: the system refuses as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def cramped(monkeypatch: pytest.MonkeyPatch) -> AbstractContextManager[pytest.MonkeyPatch]:
    """A block in which there is room for everything but files of exports."""
    new_file, kept_file = downloads.new_file, file_routes._kept

    @contextmanager
    def without_room() -> Iterator[Any]:
        with no_room(), new_file() as found:
            yield found

    def kept_without_room(fill: Callable[[Any], Any]) -> Any:
        with no_room():
            return kept_file(fill)

    @contextmanager
    def block() -> Iterator[pytest.MonkeyPatch]:
        with monkeypatch.context() as patched:
            patched.setattr(downloads, "new_file", without_room)
            patched.setattr(file_routes, "_kept", kept_without_room)
            yield patched

    return block()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_without_room_nothing_is_left_and_the_sentence_says_so(
    office: Office, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    with cramped(monkeypatch):
        at_once = office.export("sr.wang", format=form)
        later = office.export("sr.wang", format=form, background=True)
    assert (at_once.status_code, later.status_code) == (507, 202)
    [item] = office.downloads("sr.wang")
    assert (item["state"], office.files(), office.logged()) == ("failed", [], [])
    for message in (at_once.json["message"], item["message"]):
        assert message.startswith("服务器写不下这个文件（")
        assert "告诉管理员" in message
    assert office.export("sr.wang", format=form).status_code == 200


def test_a_schedule_without_room_is_tried_again(
    office: Office, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = planned(office)
    with cramped(monkeypatch):
        at(office, SEVEN)
    assert "再试" in kept(office, number)["last_result"]
    at(office, SEVEN + timedelta(minutes=10))
    assert (len(box.mails), kept(office, number)["last_result"]) == (1, "已送出 13 行")


def test_exports_that_broke_down_do_not_count_as_in_the_making(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MOST_OPEN", 1)
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "write", lambda *_args, **_more: 1 // 0)
        assert office.export("sr.wang", background=True).status_code == 202
    assert office.export("sr.wang", background=True).status_code == 202
    assert [item["state"] for item in office.downloads("sr.wang")] == ["done", "failed"]


def test_of_two_workers_on_one_file_one_file_is_left(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first was thought dead while it wrote."""
    office.settings(monkeypatch, jobs="process")
    number = office.export("sr.wang", background=True).json["download"]
    write = jobs.write

    def overtaken(*args: Any, **more: Any) -> int:
        monkeypatch.setattr(jobs, "write", write)
        assert run_next(office.app, clock.now() + queue.LEASE + timedelta(seconds=1))
        return write(*args, **more)

    monkeypatch.setattr(jobs, "write", overtaken)
    assert run_next(office.app)
    [item] = office.downloads("sr.wang")
    assert (item["state"], len(office.files())) == ("done", 1)
    content = office.get("sr.wang", f"/api/v1/download/{number}/file").data
    assert len(table_of(content)) == FEW + 2


def test_a_file_that_is_gone_this_moment_is_told_of(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    number = office.export("sr.wang", background=True).json["download"]
    monkeypatch.setattr(downloads, "path_of", lambda _row: Path("/nowhere/at/all"))
    answer = office.get("sr.wang", f"/api/v1/download/{number}/file")
    assert answer.status_code == 404
    assert "重新导出" in answer.json["message"]


def test_a_schedule_that_was_stopped_sends_nothing_any_more(office: Office, box: Mailbox) -> None:
    number = planned(office)
    box.busy = True
    at(office, SEVEN)
    stop = {"entity": "scheduled_export", "op": "update", "id": number,
            "version": kept(office, number)["version"], "values": {"is_active": False}}  # fmt: skip
    assert office.send("admin", stop).status_code == 200
    box.busy = False
    at(office, SEVEN + timedelta(minutes=10))
    assert (box.mails, kept(office, number)["last_result"]) == ([], "没有送出：已被停用。")


def test_a_colleague_who_has_left_is_mailed_nothing(office: Office, box: Mailbox) -> None:
    number = planned(office)
    office.switch_off("sr.li")
    at(office, SEVEN)
    assert box.mails == []
    assert COLLEAGUE in kept(office, number)["last_result"]
    assert office.downloads("sr.wang")[0]["state"] == "failed"


def test_nothing_is_made_for_somebody_who_left_while_it_waited(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.settings(monkeypatch, jobs="process")
    number = office.export("sr.wang", background=True).json["download"]
    office.switch_off("sr.wang")
    assert run_next(office.app)
    assert (office.files(), office.logged()) == ([], [])
    assert office.get("sr.wang", f"/api/v1/download/{number}/file").status_code == 401


def test_a_schedule_of_a_sheet_that_is_gone_says_so_and_keeps_no_other_waiting(
    office: Office, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, other = planned(office, for_entity="region"), planned(office)

    class Without:
        get, of = registry.get, registry.of

        def __contains__(self, name: str) -> bool:
            return name != "region" and name in registry

    monkeypatch.setattr(deliver, "registry", Without())
    at(office, SEVEN)
    assert "这张表已经不在" in kept(office, lost)["last_result"]
    assert (len(box.mails), kept(office, other)["last_result"]) == (1, "已送出 13 行")
    assert kept(office, lost)["next_run"] == kept(office, other)["next_run"]


@pytest.fixture
def certificate(tmp_path: Path, box: Mailbox) -> Path:
    """The box offers encryption under a certificate it made itself; its file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    box.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    box.tls.load_cert_chain(file)
    return file


@pytest.fixture
def with_password(office: Office, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    office.settings(monkeypatch, mail_url=box.url.replace("//", "//robot:secret@"))


@pytest.mark.usefixtures("with_password")
def test_a_server_whose_certificate_is_known_is_spoken_to_in_secret(
    office: Office, box: Mailbox, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    number = planned(office)
    at(office, SEVEN)
    assert (len(box.mails), kept(office, number)["last_result"]) == (1, "已送出 13 行")
    assert {word for secret, word in box.commands if not secret} == {"EHLO", "STARTTLS"}
    assert {"AUTH", "RCPT", "DATA"} <= {word for secret, word in box.commands if secret}


@pytest.mark.usefixtures("with_password", "certificate")
def test_a_server_whose_certificate_nobody_knows_is_told_nothing(office: Office, box: Mailbox) -> None:
    number = planned(office)
    at(office, SEVEN)
    assert {word for _secret, word in box.commands} == {"EHLO", "STARTTLS"}
    result = kept(office, number)["last_result"]
    assert "再试" in result
    assert "certificate verify failed" in result


@pytest.mark.usefixtures("with_password")
def test_no_password_is_sent_to_a_server_without_encryption(office: Office, box: Mailbox) -> None:
    number = planned(office)
    at(office, SEVEN)
    assert {word for _secret, word in box.commands} == {"EHLO"}
    assert "不提供加密" in kept(office, number)["last_result"]


def test_what_the_server_said_is_passed_on(office: Office, box: Mailbox) -> None:
    number = planned(office)
    box.busy = True
    at(office, SEVEN)
    assert "451 come again later" in kept(office, number)["last_result"]
