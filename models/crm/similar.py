"""Names that are nearly the same, found among many without comparing each with each.

Two names alike share most of their pairs of neighbouring characters. For each pair a bit mask says which names have
it; adding the masks up bit by bit tells for thousands of names at once which have enough of the pairs asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Hashable, Iterator, Set
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Generic, TypeVar

from app.entity.keys import normal_form

Key = TypeVar("Key", bound=Hashable)
BLOCK = 4096
"""Names a block of masks stands for: masks of a larger one would be mostly zeros."""


def similarity(one: str, other: str) -> float:
    """How alike two normal forms are, from 0 to 1: twice what they share by what they have."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def most_similar(one: str, other: str) -> float:
    """A similarity that two texts do not exceed, from the characters that only one of them has."""
    mine, theirs = set(one), set(other)
    shared = min(len(one) - len(mine - theirs), len(other) - len(theirs - mine))
    return 2 * shared / (len(one) + len(other))


def pairs_of(name: str) -> list[str]:
    """The distinct pairs of neighbouring characters; the name itself if it has but one."""
    return list(dict.fromkeys(name[at : at + 2] for at in range(max(1, len(name) - 1))))


@lru_cache(maxsize=512)
def most_lacking(length: int, least: float) -> int:
    """How many pairs of a name of this length another one may lack and still be `least` alike.

    A character that is missing spoils two pairs, one put in between spoils one.
    """
    most = 0
    for shared in range(1, length + 1):
        longest = int(2 * shared / least - length + 1e-9)
        if longest >= shared:
            most = max(most, 2 * (length - shared) + longest - shared)
    return most


class Names(Generic[Key]):
    """Names, each known by a key, that can be asked for one alike."""

    def __init__(self, least: float) -> None:
        """`least` is the similarity from which two names count as alike, above 0.8."""
        self._least = least
        self._names: list[tuple[Key, str]] = []
        self._places: dict[Key, int] = {}
        self._blocks: list[dict[str, int]] = []

    def add(self, key: Key, name: str) -> None:
        """Remember a name."""
        place, normal = len(self._names) % BLOCK, normal_form(name)
        if place == 0:
            self._blocks.append(defaultdict(int))
        self._places[key] = len(self._names)
        self._names.append((key, normal))
        for pair in pairs_of(normal):
            self._blocks[-1][pair] |= 1 << place

    def drop(self, keys: Set[Key]) -> None:
        """Forget the names of these keys, as far as there are any."""
        for key in keys & self._places.keys():
            self._names[self._places.pop(key)] = (key, "")

    def alike(self, name: str, without: Key) -> Key | None:
        """The key of the most similar name that is alike, the one of `without` left aside; the first of equals."""
        return self.closest(name, (without,))[1]

    def closest(self, name: str, without: Container[Key]) -> tuple[float, Key | None]:
        """How similar the most similar name is, and its key, those of `without` left aside; 0 where none is alike."""
        wanted, best, score = normal_form(name), None, 0.0
        for key, other in self._candidates(wanted):
            if key in without or most_similar(wanted, other) < self._least:
                continue
            found = similarity(wanted, other)
            if found >= self._least and found > score:
                best, score = key, found
        return score, best

    def _candidates(self, name: str) -> Iterator[tuple[Key, str]]:
        pairs = pairs_of(name)
        needed = max(1, len(pairs) - most_lacking(len(name), self._least))
        for number, masks in enumerate(self._blocks):
            found = at_least([mask for pair in pairs if (mask := masks.get(pair))], needed)
            while found:
                lowest = found & -found
                yield self._names[number * BLOCK + lowest.bit_length() - 1]
                found ^= lowest


def at_least(masks: list[int], needed: int) -> int:
    """The bits that are set in at least `needed` (1 or more) of the masks."""
    if len(masks) < needed:
        return 0
    # Every bit counts in binary, digit by digit, from a start at which `needed` more overflow.
    digits = (needed - 1).bit_length()
    everything = (1 << max(mask.bit_length() for mask in masks)) - 1
    start = (1 << digits) - needed
    counts = [everything if start >> digit & 1 else 0 for digit in range(digits)]
    overflow = 0
    for mask in masks:
        carry = mask
        for digit in range(digits):
            counts[digit], carry = counts[digit] ^ carry, counts[digit] & carry
            if not carry:
                break
        overflow |= carry
    return overflow
