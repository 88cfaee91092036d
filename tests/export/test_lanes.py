"""Slices of one lane are apart, or one is within the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.export.lanes import Lanes, Nests

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=20).map(
    lambda spans: [(at, at + took) for at, took in sorted(spans)]
)


@given(SPANS)
def test_slices_of_a_lane_are_apart(spans: list[tuple[int, int]]) -> None:
    """And there are no more lanes than are needed at one moment."""
    lanes = Lanes()
    ends: dict[int, int] = {}
    for begins, over in spans:
        lane = lanes.take(begins, over)
        assert ends.get(lane, 0) <= begins
        ends[lane] = over
    most = max(
        (
            sum(1 for begins, over in spans if begins <= at < max(over, begins + 1))
            for at, _ in spans
        ),
        default=0,
    )
    assert len(ends) <= max(most, 1)


@given(SPANS)
def test_slices_of_a_nest_are_apart_or_within(spans: list[tuple[int, int]]) -> None:
    """None begins in another and ends after it."""
    nests = Nests()
    placed: list[tuple[int, int, int]] = []
    for begins, over in spans:
        lane = nests.take(begins, over)
        for other, first, last in placed:
            assert other != lane or begins >= last or over <= last
            assert first <= begins
        placed.append((lane, begins, over))
