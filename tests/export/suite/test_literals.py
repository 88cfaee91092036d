"""Values as Python writes them."""

from __future__ import annotations

import os
from typing import Any
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.export.places import Places
from asgi_mw.export.suite import literals
from asgi_mw.export.suite.literals import Used

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(JSON, st.integers(0, 40))
def test_python_reads_them_as_they_were(value: Any, used: int) -> None:
    """But for what is no number, which is anything."""
    text = literals.written(literals.expected(value, Used(), 0), 4, used)
    assert eval(text, {"ANY": ANY}) == value or value != value  # noqa: PLR0124  # a NaN in it
    assert text.isascii()


def test_a_long_value_has_a_line_for_each_of_its_own() -> None:
    """As a formatter would lay it out."""
    value = {"a": ["x" * 40, "y" * 40, ("z", 1)], "b": {}}
    assert (
        "{\n"
        '    "a": [\n'
        f'        "{"x" * 40}",\n'
        f'        "{"y" * 40}",\n'
        '        ("z", 1),\n'
        "    ],\n"
        '    "b": {},\n'
        "}"
    ) == literals.written(value)


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_a_text_with_a_place_reads_the_environment(before: str, after: str) -> None:
    """And is as it was around it."""
    places, used = Places(), Used()
    text = literals.filled(before + places.mark.format("x-key") + after, places, used)
    assert {"X_KEY"} == used.secrets
    os.environ["X_KEY"] = "s3cret"
    try:
        assert f"{before}s3cret{after}" == eval(text, {"os": os})
    finally:
        del os.environ["X_KEY"]


def test_what_differs_from_run_to_run_is_anything() -> None:
    """Ids, moments, and what was masked."""
    used = Used()
    value = {"id": "0b0f5a30-5b0a-4a4e-9d6b-0f4f8d3c2a11", "n": [1, "2026-05-04T10:00:00Z"]}
    assert '{"id": ANY, "n": [1, ANY]}' == literals.written(literals.expected(value, used, 0))
    assert used.any_


@pytest.mark.parametrize(
    ("value", "differs"),
    [
        (1_796_004_906, True),
        (1_796_004_907.25, True),
        (1_798_596_906_123, True),
        (1_796_004_906_123_456, True),
        (1_796_004_906_123_456_789, True),
        ("at 1796004906.5", True),
        (1_000_000_000, False),
        (2_400_000_000, False),
        (10**400, False),
        (True, False),
        ("tel:+491796004906", False),
        ("a1796004906", False),
    ],
)
def test_a_number_that_is_unix_time_of_about_then_is_a_moment(value: Any, *, differs: bool) -> None:
    """In s, ms, µs or ns, a year before or after; others of that length stay."""
    used = Used()
    began = 1_796_004_906 * 10**9
    assert ("ANY" if differs else value) == literals.expected(value, used, began)
    assert differs is used.any_


def test_only_objects_and_lists_are_compared_as_json() -> None:
    """A number is as well compared as text."""
    found = [literals.of_json(one) for one in (b"[1]", b"1", b"{", b"[" * 100_000, b"\xff")]
    assert [[1], None, None, None, None] == found
