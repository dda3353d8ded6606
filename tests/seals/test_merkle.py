"""The tree, the paths and the signatures, against what the standards say and another library does."""

from __future__ import annotations

from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit.proof.ed25519 import signed_slowly
from app.audit.proof.merkle import Tree, canonical, climb, listed, listing, path
from app.db import canonical_json

HASHES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


def root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return sha256(b"\1" + root(leaves[:middle]) + root(leaves[middle:])).digest()


@given(HASHES)
def test_the_tree_is_that_of_rfc_6962(leaves: list[bytes]) -> None:
    tree = Tree(leaves)
    assert (tree.root(), tree.count) == (root(leaves).hex(), len(leaves))


def test_an_empty_tree_has_the_root_the_rfc_gives_it() -> None:
    assert Tree().root() == sha256(b"").hexdigest()


@given(HASHES, st.data())
def test_a_path_leads_to_the_root_and_from_that_leaf_alone(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    beside = path(leaves, index)
    assert len(beside) <= (len(leaves) - 1).bit_length()
    assert climb(leaves[index], index, len(leaves), beside) == Tree(leaves).root()
    assert climb(bytes(32), index, len(leaves), beside) != Tree(leaves).root() or leaves[index] == bytes(32)
    assert climb(leaves[index], index, len(leaves), [*beside, "00" * 32]) != Tree(leaves).root()
    if beside:
        assert climb(leaves[index], index, len(leaves), beside[:-1]) != Tree(leaves).root()


@given(st.dictionaries(st.integers(-(2**63), 2**63 - 1), st.binary(min_size=32, max_size=32), max_size=20))
def test_a_list_of_leaves_is_read_as_it_was_written(leaves: dict[int, bytes]) -> None:
    assert listed(listing(leaves.items())) == leaves


def test_a_list_of_leaves_that_is_no_base64_is_empty() -> None:
    assert listed("AAA") == {}


@given(
    st.dictionaries(st.text(), st.none() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])))
)
def test_rows_are_hashed_as_the_systems_canonical_json_without_what_is_empty(row: dict[str, object]) -> None:
    full = {name: value for name, value in row.items() if value is not None}
    assert canonical(row) == canonical_json(full).encode("utf-8", "surrogateescape")


@settings(max_examples=25)
@given(st.binary(max_size=100), st.integers(0, 64 * 8 - 1), st.booleans())
def test_signatures_are_judged_as_another_library_judges_them(message: bytes, bit: int, flip: bool) -> None:
    key = Ed25519PrivateKey.from_private_bytes(sha256(message).digest())
    public = key.public_key().public_bytes_raw()
    signature = bytearray(key.sign(message))
    if flip:
        signature[bit // 8] ^= 1 << bit % 8
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes(signature), message)
        expected = True
    except InvalidSignature:
        expected = False
    assert signed_slowly(public, message, bytes(signature)) is expected is not flip
    assert not signed_slowly(public, message + b"x", bytes(signature))


def test_what_is_no_key_or_no_signature_is_refused() -> None:
    assert not signed_slowly(b"", b"", b"")
    assert not signed_slowly(b"\xff" * 32, b"", bytes(64))
    assert not signed_slowly(bytes(32), b"", b"\xff" * 64)
