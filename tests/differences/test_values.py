"""Two values compared by path."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.differences.values import changes

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


def said(left: Any, right: Any) -> list[tuple[str, str]]:
    """The path and the kind of each change of JSON."""
    both = (json.dumps(one).encode() for one in (left, right))
    return [(change.path, change.kind) for change in changes(*both)]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [("$.a", "changed")]),
        ({"a": None}, {}, [("$.a", "removed")]),
        ({}, {"a": None}, [("$.a", "added")]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a-b": 1}, {"a-b": 2}, [('$["a-b"]', "changed")]),
        ({"é": 1, "½": 1}, {"é": 2, "½": 2}, [("$.é", "changed"), ("$.½", "changed")]),
        ({"a": {"b": [0, {"c": 1}]}}, {"a": {"b": [0, {"c": 2}]}}, [("$.a.b[1].c", "changed")]),
        ([1, 2, 3], [0, 1, 2, 3], [("$[0]", "added")]),
        ([1, 2, 3], [1, 3], [("$[1]", "removed")]),
        ([1, {"n": 2}, 3], [1, {"n": 4}, 3, 5], [("$[1].n", "changed"), ("$[3]", "added")]),
        ([1, 2, 3], [3, 1, 2], [("$", "changed")]),
        ({"a": [{"n": 1}, {"n": 2}]}, {"a": [{"n": 2}, {"n": 1}]}, [("$.a", "changed")]),
        (
            [{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}],
            [{"n": 4}, {"n": 9}, {"n": 3}, {"n": 1}],
            [("$", "changed"), ("$[1].n", "changed")],
        ),
        ([True, 2, 3], [1, 3, 2], [("$", "changed"), ("$[0]", "changed")]),
        ([float("nan")] * 2 + [1], [float("nan")] * 2 + [2], [("$[2]", "changed")]),
        ([1, 2, 3], [4, 1, 5], [("$[0]", "changed"), ("$[1]", "changed"), ("$[2]", "changed")]),
        ({"a": []}, {"a": {}}, [("$.a", "changed")]),
        (1, "1", [("$", "changed")]),
    ],
)
def test_values_of_json_are_compared_by_path(
    left: Any, right: Any, expected: list[tuple[str, str]]
) -> None:
    """What is in a list is aligned by what is the same."""
    assert said(left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (b"a\nb\nc", b"a\nx\nc", [("line 2", "changed")]),
        (b"a\nc", b"a\nb\nc", [("line 2", "added")]),
        (b"a\nb\nc", b"a\nc", [("line 2", "removed")]),
        (b"a\n", b"a\r\n", [("", "changed")]),
        (b"\xff\xfe", b"\xff", [("", "changed")]),
        (b"", b"a", [("line 1", "added")]),
        (b"{", b"[", [("line 1", "changed")]),
        (b"[" * 5000, b"[" * 5001, [("line 1", "changed")]),
        (b"[" * 600 + b"1" + b"]" * 600, b"[" * 600 + b"2" + b"]" * 600, [("line 1", "changed")]),
        (b"1" * 5000, b"1" * 5001, [("line 1", "changed")]),
    ],
)
def test_text_is_compared_by_line_and_the_rest_as_a_whole(
    left: bytes, right: bytes, expected: list[tuple[str, str]]
) -> None:
    """What Python cannot read as JSON is text."""
    assert [(change.path, change.kind) for change in changes(left, right)] == expected


def test_octets_are_said_by_size_and_digest() -> None:
    """Not by what they are."""
    [change] = changes(b"\xff", b"\xff\xff")
    assert str(change.left).startswith("1 bytes, SHA-256 ")


@given(JSON, JSON)
def test_two_differ_where_json_says_so(left: Any, right: Any) -> None:
    """And what differs is there under its path, on the side that has it."""
    found = [*changes(json.dumps(left).encode(), json.dumps(right).encode())]
    assert bool(found) == (_strict(left) != _strict(right))
    assert [*changes(json.dumps(left).encode(), json.dumps(left, indent=1).encode())] == []


def _strict(value: Any) -> Any:
    """*value* with truth values that equal no number."""
    if isinstance(value, dict):
        return {key: _strict(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_strict(one) for one in value]
    return str(value) + "!" if isinstance(value, bool) else value


@given(st.binary(), st.binary())
def test_any_octets_can_be_compared(left: bytes, right: bytes) -> None:
    """Two that are not the same differ, but for JSON that is written in another way."""
    found = [*changes(left, right)]
    if left == right:
        assert found == []
