"""What an entry says, which anybody may have written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.export.har import values
from asgi_mw.export.har.values import EntryError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(JSON)
def test_of_the_wrong_type_there_is_a_default(value: object) -> None:
    """Nothing raises."""
    assert isinstance(values.member({"a": value}, "a", str), str)
    assert isinstance(values.member(value, "a", list), list)
    assert values.integer(value) >= -1
    assert values.ns(value) >= 0
    values.pairs({"headers": value}, exact=False)
    values.pairs({"headers": [value]}, exact=True)


@pytest.mark.parametrize(
    "value", [None, 3, "", "yesterday", "2026-13-01", "1969-12-31T00:00:00Z", "0001-01-01"]
)
def test_what_is_no_moment_since_1970_is_refused(value: object) -> None:
    """There is no id for it."""
    with pytest.raises(EntryError, match="startedDateTime"):
        values.moment(value)


@pytest.mark.parametrize(
    "text",
    ["2026-05-04T12:00:00.123+02:00", "2026-05-04T10:00:00.123Z", "2026-05-04T10:00:00.123"],
)
def test_a_moment_has_an_offset_or_is_in_utc(text: str) -> None:
    """Firefox writes the one of where it runs."""
    assert 1_777_888_800_123_000_000 == values.moment(text)


def test_pseudo_headers_and_joined_lines_are_no_headers() -> None:
    """A browser has them; what we wrote is left as it is."""
    given = [{"name": ":path", "value": "/"}, {"name": "X-A", "value": "1\n2"}, {"name": 3}]
    assert [(b"x-a", b"1"), (b"x-a", b"2"), (b"", b"")] == values.pairs(
        {"headers": given}, exact=False
    )
    assert (b"X-A", b"1\n2") == values.pairs({"headers": given}, exact=True)[1]


def test_what_is_no_latin_is_utf_8() -> None:
    """As a browser may show a header."""
    assert (b"\xe9", "\u20ac".encode()) == (values.latin("\xe9"), values.latin("\u20ac"))
