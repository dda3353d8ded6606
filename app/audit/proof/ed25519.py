"""Ed25519 signatures verified as in RFC 8032, section 6. Verifying needs no secret, so it may take its time."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
Point = tuple[int, int, int, int]


def _add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    c, d = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    e, f, g, h = f - e, d - c, d + c, f + e
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _add(found, point)
        point, number = _add(point, point), number >> 1
    return found


def _point(data: bytes) -> Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _base() -> Point:
    found = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
    assert found is not None
    return found


def signed_slowly(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is that of `message` by the owner of `public`, in Python alone."""
    if len(signature) != 64 or len(public) != 32:
        return False
    key, first = _point(public), _point(signature[:32])
    number = int.from_bytes(signature[32:], "little")
    if key is None or first is None or number >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    left = _times(number, _base())
    right = _add(first, _times(int.from_bytes(digest, "little") % _ORDER, key))
    return not any((left[i] * right[2] - right[i] * left[2]) % _P for i in (0, 1))


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """The same, quicker where the package `cryptography` is at hand."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return signed_slowly(public, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_key(file: Path) -> bytes:
    """The public key in a PEM file. Raises ValueError."""
    found = re.search(r"-----BEGIN PUBLIC KEY-----(.+?)-----END", file.read_text("ascii"), re.DOTALL)
    data = base64.b64decode(found[1]) if found else b""
    if len(data) != 44:
        raise ValueError(f"{file}: 不是 Ed25519 公钥 / is no Ed25519 public key")
    return data[-32:]


def key_id(public: bytes) -> str:
    """The short name of a key."""
    return hashlib.sha256(public).hexdigest()[:16]
