"""A list in a document is read value by value, and a mistake is named with its place."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi_mw.export import json_stream
from asgi_mw.export.json_stream import DocumentError, members

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=9,
)


class Trickle(io.BytesIO):
    """A file that gives few bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        """One to three."""
        return super().read(min(size or 1, 1 + self.tell() % 3))


def read(text: bytes, *path: str) -> list[Any]:
    """All values of the list."""
    return list(members(Trickle(text), path or ("log", "entries")))


@given(st.lists(JSON, max_size=4), JSON, st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_document_is_what_it_is_as_a_whole(values: list[Any], other: Any, indented: bool) -> None:  # noqa: FBT001  # hypothesis gives it so
    """However few bytes there are at a time, and whatever stands around the list."""
    document = {"a": other, "log": {"b": other, "entries": values, "c": other}, "d": other}
    text = json.dumps(document, indent=1 if indented else None, ensure_ascii=indented)
    mark = "\ufeff" if indented else ""
    assert values == read((mark + text).encode())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "'log' should be in an object"),
        (b"[]", "'log' should be in an object"),
        (b"{}", "there is no 'log'"),
        (b'{"a": 1}', "there is no 'log'"),
        (b'{"log": 1}', "'entries' should be in an object"),
        (b'{"log": {"entries": {}}}', "'entries' should be a list"),
        (b'{"log": {"entries": [1', "it ends too early|a comma"),
        (b'{"log": {"entries": [1 2]}}', "a comma or ]"),
        (b'{"log": {"entries": [{"a": nope}]}}', "no JSON: Expecting value"),
        (b'{"log": {"entries": ["a', "no JSON: Unterminated"),
        (b'{"log": {"entries": [1]', "a comma or }"),
        (b'{"log": {"entries": [1], 3}}', "the name of a member"),
        (b'{"log" 1}', "a colon"),
        (b'{"log": {"entries": ["\xff"]}}', "no UTF-8"),
        (b'{"log": {"entries": [' + b"[" * 100_000, "nested too deep"),
        (b'{"log": {"entries": [' + b"9" * 5000 + b"]}}", "no JSON"),
    ],
)
def test_a_mistake_is_named(text: bytes, said: str) -> None:
    """With the number of the character."""
    with pytest.raises(DocumentError, match=said):
        list(members(io.BytesIO(text), ("log", "entries")))


def test_what_came_before_a_mistake_was_read() -> None:
    """As a file may be cut."""
    found = members(io.BytesIO(b'{"log": {"entries": [1, 2, '), ("log", "entries"))
    assert [1, 2] == [next(found), next(found)]
    with pytest.raises(DocumentError, match=r"character 27: it ends too early"):
        next(found)


def test_a_value_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory."""
    monkeypatch.setattr(json_stream, "LONGEST", 100_000)
    text = b'{"log": {"entries": ["' + b"a" * 1_000_000
    with pytest.raises(DocumentError, match="a value of over"):
        list(members(io.BytesIO(text), ("log", "entries")))


def test_what_comes_after_is_read_past() -> None:
    """Another list of the same name is none of it."""
    assert [1] == read(b'{"log": {"entries": [1], "x": {"entries": [2]}}, "y": 3} ')
    assert [] == read(b'{"log": {"entries": [ ]}}')
