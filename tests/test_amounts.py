"""Durations and sizes fit a column, and take the unit that suits them; both are parsed."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.amounts import duration, parse_age, parse_duration, parse_size, size


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


@given(st.integers(0, 999), st.sampled_from(["", "B", "kB", "MB", "GB", "KiB", "MiB", "GiB"]))
def test_a_size_is_parsed(count: int, unit: str) -> None:
    """Decimal and binary units, in any case."""
    factor = {"": 1, "k": 1000, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
    expected = count * factor[unit.lower().removesuffix("b")]
    assert [expected] * 2 == [parse_size(f"{count}{unit}"), parse_size(f" {count} {unit.upper()} ")]


@given(st.text())
def test_what_is_none_is_refused_by_its_name(text: str) -> None:
    """Any text is a number or a ValueError that shows how to write it."""
    for parse, example in ((parse_duration, "7d"), (parse_size, "100MB")):
        with suppress(ValueError):
            assert parse(text) >= 0
            continue
        with pytest.raises(ValueError, match=f"is not like .*{example}"):
            parse(text)


@given(st.text() | st.integers(0, 999).map(str))
def test_an_age_is_a_duration_that_names_its_unit(text: str) -> None:
    """A number alone may be meant as days: it is refused, and all that is no duration."""
    with suppress(ValueError):
        assert parse_age(text) == parse_duration(text)
        return
    with pytest.raises(ValueError, match=r"write 7d|not like 7d"):
        parse_age(text)
