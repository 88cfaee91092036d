"""The shortest way from one list to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis.strategies import lists, sampled_from

from asgi_mw.shortest import steps

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS = lists(sampled_from("abc"), max_size=12)


def leads(left: Sequence[str], right: Sequence[str], most: int = 1000) -> int:
    """How many are the same on the way, which has to lead from *left* to *right*."""
    found = steps(left, right, most)
    assert [*left] == [left[step.left] for step in found if step.way != "added"]
    assert [*right] == [right[step.right] for step in found if step.way != "removed"]
    same = [step for step in found if step.way == "same"]
    assert all(left[step.left] == right[step.right] for step in same)
    return len(same)


@given(WORDS, WORDS)
def test_the_way_is_the_shortest(left: list[str], right: list[str]) -> None:
    """As much is the same as can be."""
    assert common(left, right) == leads(left, right)


@given(WORDS, WORDS)
def test_after_so_many_differences_no_more_is_looked_for(left: list[str], right: list[str]) -> None:
    """It still leads there."""
    leads(left, right, 2)


def test_long_lists_that_share_nothing_are_given_up() -> None:
    """But for their ends, which are the same."""
    left, right = ["x", *"a" * 50_000, "y"], ["x", *"b" * 50_000, "y"]
    assert 2 == leads(left, right)


def common(left: Sequence[str], right: Sequence[str]) -> int:
    """The length of the longest common subsequence, by the table."""
    last = [0] * (len(right) + 1)
    for one in left:
        row = [0]
        for at, other in enumerate(right):
            row.append(last[at] + 1 if one == other else max(row[at], last[at + 1]))
        last = row
    return last[-1]
