"""Facts about the kinds of header iterables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from multidict import MultiDict

from asgi_mw.testing import HEADER_KINDS, http_scope, request, run
from asgi_mw.testing.headers import encoded

if TYPE_CHECKING:
    from asgi_mw.testing.headers import Headers
    from asgi_mw.types import Receive, Scope, Send

PAIRS = [(b"x", b"1"), (b"X", b"2"), (b"y", b"")]


@pytest.mark.parametrize("kind", HEADER_KINDS)
def test_a_server_reads_every_kind_once_as_a_list_of_tuples(kind: str) -> None:
    """Whatever the app sends as headers, the result shows what a server read from it."""
    headers = HEADER_KINDS[kind](PAIRS)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})

    result = run(request(app))

    assert result.headers == PAIRS
    assert headers is result.originals[0]["headers"]


@pytest.mark.parametrize("kind", HEADER_KINDS)
def test_the_scope_holds_headers_as_the_object_they_are(kind: str) -> None:
    """Neither the builder nor the wire reads the headers on the app's behalf."""
    headers = HEADER_KINDS[kind](PAIRS)
    read: list[list[bytes]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        read.extend([*pair] for pair in scope["headers"])

    scope = http_scope(headers=headers)
    result = run(request(app, scope={"headers": headers}))

    assert headers is scope["headers"]
    assert headers is result.scope["headers"]
    assert [list(pair) for pair in PAIRS] == read


def test_the_items_of_a_multidict_are_read_as_pairs() -> None:
    """A view of a real multidict is taken like any other iterable."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = MultiDict([("set-cookie", "a"), ("set-cookie", "b")]).items()
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    assert run(request(app)).sent[0]["headers"] == [("set-cookie", "a"), ("set-cookie", "b")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"Accept": "*/*"}, [(b"accept", b"*/*")]),
        ([("A", "1"), ("A", "2")], [(b"a", b"1"), (b"a", b"2")]),
        ([["A", "\xe9"]], [(b"a", b"\xe9")]),
        ([(b"Odd", b"1")], [(b"Odd", b"1")]),
        ([], []),
        ({}, []),
    ],
    ids=["mapping", "pairs", "latin-1", "bytes stay as they are", "none", "empty mapping"],
)
def test_headers_of_str_are_encoded(given: Headers, expected: list[tuple[bytes, bytes]]) -> None:
    """A str is written for convenience; bytes are written on purpose."""
    assert expected == encoded(given)
