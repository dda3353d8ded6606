"""Counting votes, for every number of voters and every order of answers."""

from __future__ import annotations

import math
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.approval.votes import FAIL, PASS, outcome

answers = st.lists(st.booleans(), min_size=1, max_size=9)
modes = st.sampled_from(["any", "all", "seq", "vote"])
shares = st.decimals("0.01", "1", places=2)


def course(mode: str, votes: list[bool], need: int) -> list[str | None]:
    """The outcome after each answer, the first of them before any."""
    found = []
    for n in range(len(votes) + 1):
        said = votes[:n]
        found.append(outcome(mode, said.count(True), said.count(False), len(votes), need))
    return found


@given(modes, answers, shares)
def test_once_decided_it_stays_and_it_is_decided_when_nobody_is_left(
    mode: str, votes: list[bool], share: Decimal
) -> None:
    need = math.ceil(share * len(votes)) if mode == "vote" else len(votes)
    told = course(mode, votes, need)
    assert told[0] is None
    assert told[-1] in (PASS, FAIL)
    decided = next(n for n, one in enumerate(told) if one is not None)
    if mode != "any":  # there the first answer closes the step, so no second one is ever counted
        assert set(told[decided:]) == {told[decided]}


@given(answers, shares)
def test_a_vote_passes_exactly_when_the_share_agrees(votes: list[bool], share: Decimal) -> None:
    need = math.ceil(share * len(votes))
    enough = votes.count(True) >= share * len(votes)
    assert course("vote", votes, need)[-1] == (PASS if enough else FAIL)


@given(answers)
def test_together_and_in_sequence_all_must_agree(votes: list[bool]) -> None:
    for mode in ("all", "seq"):
        told = course(mode, votes, len(votes))
        assert told[-1] == (PASS if all(votes) else FAIL)
        if not all(votes):
            assert told.index(FAIL) == votes.index(False) + 1


@given(answers)
def test_of_any_the_first_answer_decides(votes: list[bool]) -> None:
    assert course("any", votes, len(votes))[1] == (PASS if votes[0] else FAIL)


def test_item_6_two_thirds_of_five_are_four() -> None:
    need = math.ceil(Decimal("0.66") * 5)
    assert course("vote", [True] * 5, need) == [None, None, None, None, PASS, PASS]
    assert course("vote", [False, False, True, True, True], need)[1:3] == [None, FAIL]
