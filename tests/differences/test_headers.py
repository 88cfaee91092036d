"""Headers compared whatever their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.differences.headers import header_differences

if TYPE_CHECKING:
    from random import Random

Pairs = list[tuple[bytes, bytes]]
NAMES = st.sampled_from([b"a", b"A", b"vary", b"set-cookie"])
VALUES = st.sampled_from([b"1", b"2", b"1, 2", b"2, 1"])


def said(left: Pairs, right: Pairs) -> list[str]:
    """Each difference in a line."""
    return [str(one) for one in header_differences(left, right)]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([(b"a", b"1"), (b"b", b"2")], [(b"B", b"2"), (b"A", b"1")], []),
        ([(b"a", b"1")], [(b"a", b"2")], ['header a: "1" → "2"']),
        ([(b"a", b"1")], [], ['header a: - "1"']),
        ([], [(b"a", b"1")], ['header a: + "1"']),
        ([(b"a", b"1"), (b"a", b"1")], [(b"a", b"1")], ['header a: - "1"']),
        ([(b"a", b"1"), (b"a", b"2")], [(b"a", b"2"), (b"a", b"1")], []),
        ([(b"a", b" 1 ")], [(b"a", b"1")], []),
        ([(b"vary", b"A, b")], [(b"vary", b"B"), (b"vary", b"a")], []),
        ([(b"vary", b"a, b")], [(b"vary", b"b, c")], ['header vary: "a" → "c"']),
        ([(b"accept", b"a, b")], [(b"accept", b"b, a")], ['header accept: "a, b" → "b, a"']),
        ([(b"x", b"\xff")], [(b"x", b"\xfe")], ['header x: "ÿ" → "þ"']),
    ],
)
def test_headers_differ_by_name(left: Pairs, right: Pairs, expected: list[str]) -> None:
    """Several of one name are a multiset; lists that are sets are compared as such."""
    assert said(left, right) == expected


@given(st.lists(st.tuples(NAMES, VALUES)), st.randoms())
def test_no_order_matters(pairs: Pairs, random: Random) -> None:
    """Of names, and of the values of one name."""
    shuffled = [*pairs]
    random.shuffle(shuffled)
    assert said(pairs, shuffled) == []
