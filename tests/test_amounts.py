"""Durations and sizes fit a column, and take the unit that suits them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.amounts import duration, size


@given(st.integers(0, 10**18))
def test_a_duration_is_short(ns: int) -> None:
    """Every one fits its column, up to a hundred hours."""
    assert len(duration(min(ns, 10**14))) <= 8


@pytest.mark.parametrize(
    ("ns", "expected"),
    [
        (999_499, "999 µs"),
        (999_500, "1.0 ms"),
        (99_949_999, "99.9 ms"),
        (99_950_000, "100 ms"),
        (999_499_999, "999 ms"),
        (999_500_000, "1.00 s"),
        (59_994_999_999, "59.99 s"),
        (59_995_000_000, "1m 00s"),
        (3_599_500_000_001, "1h 00m"),
    ],
)
def test_a_duration_takes_the_next_unit_where_it_would_be_rounded_to_it(
    ns: int, expected: str
) -> None:
    """Nothing is ever 1000 µs or 60.00 s."""
    assert expected == duration(ns)


@given(st.integers(0, 10**15))
def test_a_size_is_short(count: int) -> None:
    """Every one fits its column."""
    assert len(size(min(count, 10**12))) <= 8
