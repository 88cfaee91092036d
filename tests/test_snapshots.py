"""Snapshots hold what was there, whatever becomes of it."""

from __future__ import annotations

import enum
import http
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.snapshots import cut_payload, fitted, frozen, snapshot, thawed

if TYPE_CHECKING:
    from collections.abc import Iterator

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.binary()
    | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class Word(str, enum.Enum):  # noqa: UP042  # as those frameworks write it
    """Some frameworks give types as these."""

    START = "http.response.start"


@given(st.dictionaries(st.text(), plain))
def test_plain_data_comes_back_as_it_was(message: dict[str, Any]) -> None:
    """Lone surrogates and huge numbers among it."""
    assert message == thawed(frozen(message))


def test_later_changes_do_not_show() -> None:
    """Neither in lists nor in dicts, at any depth."""
    message: dict[str, Any] = {"headers": [[b"a", b"1"]], "state": {"users": ["ada"]}}
    kept = frozen(message)
    message["headers"][0][1] = b"2"
    message["state"]["users"].append("eve")

    assert {"headers": [[b"a", b"1"]], "state": {"users": ["ada"]}} == thawed(kept)


def test_an_iterator_is_not_read() -> None:
    """The server wants to read it."""

    def pairs() -> Iterator[tuple[bytes, bytes]]:
        yield b"a", b"1"

    headers = pairs()

    assert {"headers": "<generator>"} == thawed(frozen({"headers": headers}))
    assert [(b"a", b"1")] == list(headers)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Word.START, "http.response.start"),
        (http.HTTPStatus.OK, 200),
        (bytearray(b"a"), b"a"),
        (memoryview(b"a"), b"a"),
        ((1, (2,)), [1, [2]]),
        ({1: 2}, {"1": 2}),
        (object(), "<object>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_nearly_plain_becomes_plain(value: object, expected: object) -> None:
    """And all else is the name of its type."""
    assert expected == snapshot(value)


def test_data_that_holds_itself_ends() -> None:
    """At some depth there is only the type's name."""
    around: list[Any] = []
    around.append(around)

    assert "<list>" in str(thawed(frozen({"type": "odd", "around": around})))


@given(st.text(st.characters(codec=None)), st.integers(0, 50))
def test_a_cut_text_is_a_beginning_without_half_characters(text: str, room: int) -> None:
    """As long as there is room for."""
    kept = {"text": text}
    cut_payload(kept, room)

    assert text.startswith(kept["text"])
    assert len(kept["text"].encode("utf-8", "surrogatepass")) <= room


HEADERS = [(b"a", b"1" * 40), (b"b", b"2" * 90), (b"c", b"3" * 8), (b"d", b"4" * 8)]


@pytest.mark.parametrize(
    ("part", "value", "expected", "lost"),
    [
        ("headers", HEADERS, [HEADERS[2], HEADERS[3]], 132),
        ("headers", tuple(HEADERS[2:]), tuple(HEADERS[2:]), 0),
        ("headers", [(b"a", b"1" * 69)], [], 70),
        ("headers", [7, None, (b"c", b"3")], [None, (b"c", b"3")], 12),
        ("headers", [(b"a",) * 50, (b"c", b"3")], [(b"c", b"3")], 312),
        ("query_string", b"a=1&token=" + b"s" * 99, b"a=1", 106),
        ("query_string", b"s" * 101, b"", 101),
        ("path", "/users/" + "7" * 99, "/users", 100),
        ("path", "/" + "7" * 99, "/" + "7" * 99, 0),
        ("body", b"b" * 200, b"b" * 200, 0),
        ("subprotocols", ["token." + "s" * 99], "<list of 1>", 122),
        ("client", ("::1", 1), ("::1", 1), 0),
    ],
)
def test_what_is_too_large_loses_whole_parts(
    part: str, value: Any, expected: Any, lost: int
) -> None:
    """And how much is told; the payload has a limit of its own."""
    whole = {"type": "http", part: value}
    reason = f"bytes of {part} over 100"
    assert ({"type": "http", part: expected}, {reason: lost} if lost else {}) == fitted(whole, 100)
    assert {"type": "http", part: value} == whole


@given(st.lists(st.tuples(st.binary(), st.binary())))
def test_headers_fit_in_their_order(headers: list[tuple[bytes, bytes]]) -> None:
    """Each is whole or missing, and all bytes are accounted for."""
    kept, missing = fitted({"headers": headers}, 100)
    left = iter(headers)
    assert all(pair in left for pair in kept["headers"])
    sizes = [len(b"".join(map(b"".join, some))) for some in (headers, kept["headers"])]
    assert sizes[1] <= 100
    assert sizes[0] - sizes[1] == sum(missing.values())


def test_a_part_of_what_was_frozen_can_be_had_alone() -> None:
    """A list shows the path, and none of the headers."""
    kept = frozen({"type": "http", "path": "/", "headers": [(b"a", b"b")]})
    assert {"path": "/"} == thawed(kept, {"path", "query_string"})
