"""Moments are shown as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from asgi_mw.cli.words import clock, moment

NOON = int(datetime(2026, 5, 4, 12, 0, 0, 123_456, tzinfo=UTC).timestamp() * 1e6) * 1000


def test_the_clock_has_a_date_on_other_days() -> None:
    """Today the milliseconds are of more use."""
    today, later = clock(NOON, NOON), clock(NOON, NOON + 2 * 86_400 * 10**9)
    assert (12, ".123", 19) == (len(today), today[-4:], len(later))


@pytest.mark.parametrize("ns", [2**63, -(2**63), 10**30])
def test_a_moment_beyond_all_calendars_is_shown_as_the_epoch(ns: int) -> None:
    """A recording may hold any number."""
    assert moment(ns)[:4] in {"1969", "1970", "2262", "1677"}
