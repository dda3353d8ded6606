"""The key that seals: a PEM file only its owner can read, the public key beside it for whoever verifies."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from app.audit.proof.ed25519 import key_id


class KeyProblem(Exception):
    """There is no key to seal with, or not the one the last seal asks for."""


class SealKey:
    """A private key."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = key_id(self.public)

    def sign(self, message: bytes) -> str:
        """The signature, in hex."""
        return self._private.sign(message).hex()

    def write(self, file: Path) -> None:
        """Keep the key in `file`, which only its owner may read."""
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(pem)
            out.flush()
            os.fsync(out.fileno())

    def publish(self, file: Path) -> None:
        """Write the public key."""
        pem = self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        file.write_bytes(pem)


def new_key() -> SealKey:
    """A key nobody has seen."""
    return SealKey(Ed25519PrivateKey.generate())


def public_file(file: Path) -> Path:
    """Where the public key of the key in `file` is."""
    return file.with_name("public.pem")


def coming_file(file: Path) -> Path:
    """Where the next key waits until a seal has brought it in."""
    return file.with_name(f"{file.name}.new")


def read(file: Path) -> SealKey:
    """The key in a file. Raises KeyProblem."""
    try:
        private = load_pem_private_key(file.read_bytes(), None)
    except OSError as error:
        raise KeyProblem(f"{file}: {error.strerror}") from None
    except ValueError:
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyProblem(f"{file}: 不是 Ed25519 私钥 / is no Ed25519 private key")
    return SealKey(private)


def ensure(file: Path) -> SealKey:
    """The key in a file, made at the first call."""
    if not file.exists():
        key = new_key()
        key.write(file)
        key.publish(public_file(file))
    return read(file)


def current(file: Path, expected: str | None) -> SealKey:
    """The key the next seal is signed with; `expected` is the id of the one the seals brought in last.

    A crash may have left the next key in its waiting place although a seal has brought it in.
    """
    if expected is None:
        return ensure(file)
    key = read(file)
    if key.id != expected and coming_file(file).exists() and read(coming_file(file)).id == expected:
        adopt(file)
        key = read(file)
    if key.id != expected:
        raise KeyProblem(
            f"{file}: 不是上一号封印要的密钥 {expected} / is not the key {expected} the last seal asks for"
        )
    return key


def adopt(file: Path) -> None:
    """The next key takes the place of this one, whose public half is kept under its id."""
    old, new = read(file), read(coming_file(file))
    old.publish(file.with_name(f"public-{old.id}.pem"))
    coming_file(file).replace(file)
    new.publish(public_file(file))
