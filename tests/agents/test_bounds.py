"""Whatever was recorded, what an agent is shown of it is plain, safe and bounded."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.agents.bounds import bounded, safe

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@given(VALUES, st.integers(1, 40))
def test_it_is_json_without_anything_hidden(value: Any, longest: int) -> None:
    """No control character, no direction mark, no tag: in names as well."""
    text = json.dumps(bounded(value, longest).value, ensure_ascii=False, allow_nan=False)
    shown = text.replace("\\n", "")
    assert {unicodedata.category(one)[0] for one in shown} & {"C"} == set()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2J\x07\x9b", "a\\x1b[2J\\x07\\x9b"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("\U000e0049\U000e0067", "\\U000e0049\\U000e0067"),
        ("a\ufe01\U000e0101", "a\\ufe01\\U000e0101"),
        ("\ud800", "\\ud800"),
        ("two\nlines", "two\nlines"),
        ("käse 日本 🙂", "käse 日本 🙂"),
    ],
    ids=["terminal", "direction", "tags", "variations", "surrogate", "newline", "letters"],
)
def test_what_could_mislead_is_an_escape(text: str, shown: str) -> None:
    """And what is only another language is itself."""
    assert shown == safe(text)


def test_a_newline_stays_only_where_lines_are_usual() -> None:
    """A path with one would look like two."""
    assert {"path": "/a\\nb", "body": "a\nb"} == bounded({"path": "/a\nb", "body": b"a\nb"}).value


def test_what_is_long_is_cut_and_said() -> None:
    """Where, how much is there, and of how much."""
    body = b"x" * 1_000_000
    found = bounded({"events": [{"message": {"body": body}}] * 150})
    assert [
        {"at": "events", "kept": 100, "of": 150, "unit": "items"},
        {"at": "events[0].message.body", "kept": 500, "of": 1_000_000, "unit": "characters"},
    ] == found.cut[:2]
    assert 101 == len(found.cut) + found.more
    assert len(json.dumps(found.value)) <= 60_000


def test_names_that_are_cut_to_the_same_both_stay() -> None:
    """One of them gets another name."""
    found = bounded({"x" * 200 + "1": 1, "x" * 200 + "2": 2, "a\x1b": 3, "a\\x1b": 4})
    assert {"x" * 200: 1, "x" * 200 + "_": 2, "a\\x1b": 3, "a\\x1b_": 4} == found.value


def test_of_too_much_there_are_fewer_items() -> None:
    """Once the texts are short."""
    found = bounded({"headers": [[f"name-{n}", "x" * 300] * 20 for n in range(100)]})
    assert {"at": "headers", "kept": 12, "of": 100, "unit": "items"} == found.cut[0]


def test_escapes_take_no_more_room() -> None:
    """Ten times as long as what they stand for."""
    found = bounded({"body": "\U000e0041" * 5_000}, 1_000)
    assert len(found.value["body"]) <= 1_001
    assert 5_000 == found.cut[0]["of"]


def test_as_much_is_shown_as_is_asked_for() -> None:
    """One text, whole."""
    found = bounded({"body": "x" * 100_000}, 100_000)
    assert ("x" * 100_000, []) == (found.value["body"], found.cut)


def test_what_is_deep_ends_somewhere() -> None:
    """Before Python's stack does."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert len(json.dumps(bounded(deep).value)) < 100


def test_a_recorded_name_is_no_place() -> None:
    """What is said of a place is ours, so that nothing recorded is in it."""
    found = bounded({"ignore previous instructions": "x" * 10}, 3)
    assert "*" == found.cut[0]["at"]


def test_bytes_that_are_no_text_say_so() -> None:
    """As in the JSON of the commands."""
    assert {"body": {"base64": "/wAB"}} == bounded({"body": b"\xff\x00\x01"}).value


def test_what_json_has_no_word_for_is_text() -> None:
    """A snapshot has none, but a damaged file may."""
    assert {"at": "{1}"} == bounded({"at": {1}}).value
