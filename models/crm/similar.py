"""Names that are nearly the same, found among many without comparing each with each.

Two names alike share most of their pairs of neighbouring characters. For each pair a bit mask says which names have
it; going through the masks tells for thousands of names at once which lack no more pairs than two names alike may.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Hashable, Iterator, Set
from functools import lru_cache
from operator import add
from typing import Generic, NamedTuple, TypeVar

from app.entity.keys import normal_form

Key = TypeVar("Key", bound=Hashable)
BLOCK = 4096
"""Bits of a mask: larger ones would be mostly zeros."""
GROUP = 2
"""Names of one length that share a bit: half the work, and hardly a group seems alike where none of its names is."""


def similarity(one: str, other: str) -> float:
    """How alike two normal forms are, from 0 to 1: twice the characters they have in one order, by all they have."""
    return 2 * shared(places_of(one), len(one), other) / (len(one) + len(other) or 1)


def places_of(name: str) -> dict[str, int]:
    """For each character of a name a bit mask of where it stands."""
    places: dict[str, int] = {}
    for place, char in enumerate(name):
        places[char] = places.get(char, 0) | 1 << place
    return places


def shared(places: dict[str, int], length: int, other: str) -> int:
    """The length of the longest common subsequence of a name of this length and another, column by column in bits.

    Source: H. Hyyrö, Bit-parallel LCS-length computation revisited, 2004.
    """
    row = everything = (1 << length) - 1
    for char in other:
        met = row & places.get(char, 0)
        row = (row + met | row - met) & everything
    return length - row.bit_count()


def pairs_of(name: str) -> list[str]:
    """The distinct pairs of neighbouring characters; the name itself if it has but one."""
    return list(dict.fromkeys(map(add, name, name[1:]))) or [name]


@lru_cache(maxsize=4096)
def most_lacking(length: int, other: int, least: float) -> int | None:
    """How many of its pairs a name of `length` may lack in one of length `other` that is `least` alike; None: too many.

    A character that is missing spoils two pairs, one put in between spoils one.
    """
    for both in range(min(length, other) + 1):
        if 2 * both / (length + other) >= least:
            return 2 * (length - both) + (other - both)
    return None


class _Entry(NamedTuple, Generic[Key]):
    place: int
    key: Key
    name: str


class Names(Generic[Key]):
    """Names, each known by a key, that can be asked for one alike."""

    def __init__(self, least: float) -> None:
        """`least` is the similarity from which two names count as alike."""
        self._least = least
        self._places: dict[Key, tuple[int, int]] = {}
        self._by_length: dict[int, list[_Entry[Key]]] = {}
        self._blocks: dict[int, list[dict[str, int]]] = {}
        self._often: Counter[str] = Counter()
        self._added = 0

    def add(self, key: Key, name: str) -> None:
        """Remember a name."""
        normal = normal_form(name)
        entries = self._by_length.setdefault(len(normal), [])
        blocks = self._blocks.setdefault(len(normal), [])
        block, bit = divmod(len(entries) // GROUP, BLOCK)
        if block == len(blocks):
            blocks.append({})
        masks, pairs = blocks[-1], pairs_of(normal)
        for pair in pairs:
            masks[pair] = masks.get(pair, 0) | 1 << bit
        self._often.update(pairs)
        self._places[key] = len(normal), len(entries)
        entries.append(_Entry(self._added, key, normal))
        self._added += 1

    def drop(self, keys: Set[Key]) -> None:
        """Forget the names of these keys, as far as there are any."""
        for key in keys & self._places.keys():
            length, at = self._places.pop(key)
            self._by_length[length][at] = _Entry(-1, key, "")

    def alike(self, name: str, without: Key) -> Key | None:
        """The key of the most similar name that is alike, the one of `without` left aside; the first of equals."""
        return self.closest(name, (without,))[1]

    def closest(self, name: str, without: Container[Key]) -> tuple[float, Key | None]:
        """How similar the most similar name is, and its key, those of `without` left aside; 0 where none is alike."""
        wanted = normal_form(name)
        length, places = len(wanted), places_of(wanted)
        best: tuple[float, int, Key | None] = (0.0, 0, None)
        for place, key, other in self._candidates(wanted):
            if other and key not in without:
                score = 2 * shared(places, length, other) / (length + len(other))
                if score >= self._least and (score, -place) > best[:2]:
                    best = score, -place, key
        return best[0], best[2]

    def _candidates(self, name: str) -> Iterator[_Entry[Key]]:
        pairs = sorted(pairs_of(name), key=self._often.__getitem__)
        for length, blocks in self._blocks.items():
            most = most_lacking(len(name), length, self._least)
            if most is None:
                continue
            entries = self._by_length[length]
            for number, masks in enumerate(blocks):
                found, first = lacking(masks, pairs, most), number * BLOCK * GROUP
                if found < 0:
                    yield from entries[first : first + BLOCK * GROUP]
                    continue
                while found:
                    lowest = found & -found
                    at = first + (lowest.bit_length() - 1) * GROUP
                    yield from entries[at : at + GROUP]
                    found ^= lowest


def lacking(masks: dict[str, int], pairs: list[str], most: int) -> int:
    """The bits that at most `most` of the pairs lack; -1, all there may be, where that is no condition."""
    # The bits that at most 0, 1, 2… of the pairs so far lack; behind the last, all.
    left = [-1]
    for pair in pairs:
        mask = masks.get(pair, 0)
        now = [left[0] & mask]
        for number in range(1, len(left)):
            now.append(left[number] & mask | left[number - 1])
        if len(left) <= most:
            now.append(-1)
        elif not now[most]:
            return 0
        left = now
    return left[most] if most < len(left) else -1
