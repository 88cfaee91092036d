"""Numbers keep their value on the way through JSON, also where the reader's are doubles."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asgi_mw.json_numbers import ms, number

# 26 days, in ns
LONG = 2**51


@given(st.integers(0, LONG))
@example(LONG)
@example(86_400_000_000_001)
def test_a_span_is_exact_to_the_nanosecond(ns: int) -> None:
    """Rounded times 10**6 it is what it was."""
    assert ns == round(json.loads(json.dumps(ms(ns))) * 1e6)


@pytest.mark.parametrize(
    ("given", "shown"), [(None, None), (404, 404), (True, 1), (2**53, 2**53), (-(2**53) - 1, None)]
)
def test_a_number_of_an_app_is_one_that_all_can_read(given: int | None, shown: int | None) -> None:
    """Or there is none."""
    found = number(given)
    assert (shown, True) == (found, found is None or found.__class__ is int)
