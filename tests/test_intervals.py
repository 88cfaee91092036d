"""Spans of time add up as the moments that are in them do."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.intervals import total, union, without

spans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8)


def _moments(found: list[tuple[int, int]]) -> set[int]:
    return {moment for start, end in found for moment in range(start, end)}


@given(one=spans, other=spans)
def test_they_hold_the_moments_that_they_should(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    """Each once, in order, without touching."""
    joined, left = union(one), without(one, other)
    assert _moments(one) == _moments(joined)
    assert _moments(one) - _moments(other) == _moments(left)
    assert (len(_moments(one)), len(_moments(left))) == (total(joined), total(left))
    assert sorted(joined) == joined
    assert all(before[1] < after[0] for before, after in pairwise(joined))
