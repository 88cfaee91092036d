"""Durations, sizes and moments are read and written as people do."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.cli.words import clock, moment, parse_duration, parse_size

NOON = int(datetime(2026, 5, 4, 12, 0, 0, 123_456, tzinfo=UTC).timestamp() * 1e6) * 1000


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


def test_the_clock_has_a_date_on_other_days() -> None:
    """Today the milliseconds are of more use."""
    today, later = clock(NOON, NOON), clock(NOON, NOON + 2 * 86_400 * 10**9)
    assert (12, ".123", 19) == (len(today), today[-4:], len(later))


@pytest.mark.parametrize("ns", [2**63, -(2**63), 10**30])
def test_a_moment_beyond_all_calendars_is_shown_as_the_epoch(ns: int) -> None:
    """A recording may hold any number."""
    assert moment(ns)[:4] in {"1969", "1970", "2262", "1677"}
