"""Names that are nearly the same, found among many without comparing each with each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from difflib import SequenceMatcher
from typing import Generic, TypeVar

from app.entity.keys import normal_form

Key = TypeVar("Key", bound=Hashable)


def similarity(one: str, other: str) -> float:
    """How alike two normal forms are, from 0 to 1: twice what they share by what they have."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def pairs_of(name: str) -> list[str]:
    """The distinct pairs of neighbouring characters; the name itself if it has but one."""
    return list(dict.fromkeys(name[at : at + 2] for at in range(max(1, len(name) - 1))))


class Names(Generic[Key]):
    """Names, each known by a key, that can be asked for one alike."""

    def __init__(self, least: float) -> None:
        """`least` is the similarity from which two names count as alike, above 0.8."""
        self._least = least
        self._names: dict[Key, str] = {}
        self._holders: dict[str, list[Key]] = defaultdict(list)

    def add(self, key: Key, name: str) -> None:
        """Remember a name."""
        self._names[key] = normal_form(name)
        for pair in pairs_of(self._names[key]):
            self._holders[pair].append(key)

    def alike(self, name: str, without: Key) -> Key | None:
        """The key of the most similar name that is alike, the one of `without` left aside."""
        wanted, best, score = normal_form(name), None, self._least
        for key in self._candidates(wanted):
            found = similarity(wanted, self._names[key]) if key != without else 0.0
            if found > score or (found == score and best is None):
                best, score = key, found
        return best

    def _candidates(self, name: str) -> set[Key]:
        # A name this alike lacks at most this share of the pairs (a character that is missing spoils two, one
        # put in between spoils one), so it has one of any larger number of them. The rarest keep it quick.
        share = 4 * (1 - self._least) / (2 - self._least)
        pairs = sorted(pairs_of(name), key=lambda pair: len(self._holders.get(pair, ())))
        return {key for pair in pairs[: int(share * len(name)) + 1] for key in self._holders.get(pair, ())}
