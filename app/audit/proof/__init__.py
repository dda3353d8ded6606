"""Proving a change log by its seals. This folder needs nothing but Python: no other part of Taizhang, no network.

A seal signs the root of a Merkle tree (RFC 6962) over entries and the hash of the seal before it. An entry is
the canonical JSON of its row, empty columns left out. It belongs to the first seal of its log whose `hi` is not
below its id and whose `settled`, where there is one, is above its `txn`: all transactions before it had ended.
"""
