"""What is hashed and signed: entries, seals, and the tree between them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

LOGS = ("change_log", "access_log")
"""The logs that are sealed."""
KEY = "key"
"""The `log` of a seal that brings in a key: its root is the public key itself."""
_LISTED = 40

Row = dict[str, Any]
_encode = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=bytes.hex
).encode


def canonical(row: Row) -> bytes:
    """The bytes that are hashed or signed: JSON, keys sorted, no spaces, empty columns left out."""
    return _encode({k: v for k, v in row.items() if v is not None}).encode("utf-8", "surrogateescape")


def leaf(row: Row) -> bytes:
    """The leaf of an entry."""
    return hashlib.sha256(b"\0" + canonical(row)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """A Merkle tree that remembers no more than its right edge."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self.count = 0
        self._edge: list[bytes] = []
        for one in leaves:
            self.add(one)

    def add(self, one: bytes) -> None:
        """Put a leaf at the right."""
        self.count += 1
        full = self.count
        while full % 2 == 0:
            one, full = _node(self._edge.pop(), one), full // 2
        self._edge.append(one)

    def root(self) -> str:
        """The root, in hex."""
        if not self._edge:
            return hashlib.sha256().hexdigest()
        root = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            root = _node(left, root)
        return root.hex()


def path(leaves: Sequence[bytes], index: int) -> list[str]:
    """What must be known beside one leaf to come to the root, from below."""
    if len(leaves) == 1:
        return []
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    here, there = (leaves[:middle], leaves[middle:]) if index < middle else (leaves[middle:], leaves[:middle])
    return [*path(here, index % middle), Tree(there).root()]


def climb(one: bytes, index: int, count: int, beside: Sequence[str]) -> str:
    """The root one leaf and its path lead to; empty when the path does not fit."""
    last = count - 1
    for text in beside:
        other = bytes.fromhex(text)
        if last == 0:
            return ""
        if index % 2 or index == last:
            one = _node(other, one)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            one = _node(one, other)
        index, last = index // 2, last // 2
    return one.hex() if last == 0 else ""


def body(seal: Row) -> bytes:
    """What is signed of a seal, and hashed by the next one."""
    return canonical({k: v for k, v in seal.items() if k not in ("signature", "leaves")})


def listing(leaves: Iterable[tuple[int, bytes]]) -> str:
    """The list of leaves a seal keeps: of each the id in 8 bytes and the hash in 32, in Base64."""
    return base64.b64encode(b"".join(n.to_bytes(8, "big", signed=True) + one for n, one in leaves)).decode()


def listed(text: str) -> dict[int, bytes]:
    """Read it: hashes by id, in the tree's order; nothing where it has been altered beyond reading."""
    try:
        leaves = base64.b64decode(text)
    except ValueError:
        return {}
    parts = (leaves[at : at + _LISTED] for at in range(0, len(leaves), _LISTED))
    return {int.from_bytes(part[:8], "big", signed=True): part[8:] for part in parts}
