"""Two exchanges compared: what the app was asked, what it answered, how it ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import compare, open_store, record
from asgi_mw.differences import matching, present, within
from asgi_mw.events import Failure
from asgi_mw.testing import run, websocket
from tests.recorder.made import MS, made

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.types import Receive, Scope, Send

JSON = [(b"content-type", b"application/json")]


def said(left: Exchange, right: Exchange, **options: Any) -> list[str]:
    """Each difference in a line."""
    return [str(one) for one in compare(left, right, **options)]


def test_an_exchange_does_not_differ_from_itself() -> None:
    """Nor from one at another time, from another port."""
    assert said(made(1), made(1)) == said(made(1), made(2)) == []


def test_each_part_has_its_difference() -> None:
    """In the order in which they come to pass."""
    left = made(1, sent=[*JSON, (b"etag", b'"1"')], response=b'{"n": 1}', request=b'{"q": 1}')
    right = made(
        2,
        method="PUT",
        path="/other",
        scope={"query_string": b"a=1"},
        status=404,
        sent=[*JSON, (b"etag", b'"2"'), (b"content-length", b"8")],
        response=b'{"n": 2}',
        request=b'{"q": 2}',
        outcome="error",
        error=Failure("ValueError", "no", "", MS),
        took=120,
    )
    assert said(left, right) == [
        'request method: "GET" → "PUT"',
        'request path: "/orders" → "/other"',
        'request query: "" → "a=1"',
        "request body $.q: 1 → 2",
        "status: 200 → 404",
        'header etag: "\\"1\\"" → "\\"2\\""',
        "body $.n: 1 → 2",
        'outcome: "complete" → "error"',
        'error: + "ValueError: no"',
        "time: 12.0 → 120.0",
    ]
    assert [one.counts for one in compare(left, right)] == [True] * 9 + [False]


def test_the_length_of_another_body_is_no_difference_of_its_own() -> None:
    """It is one where the body is the same."""
    short, long = [(b"content-length", b"1")], [(b"content-length", b"2")]
    assert said(made(1, sent=short, response=b"a"), made(2, sent=long, response=b"ab")) == [
        'body line 1: "a" → "ab"'
    ]
    assert said(made(1, sent=short, response=b"a"), made(2, sent=long, response=b"a")) == [
        'header content-length: "1" → "2"'
    ]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (b'{"pin": "[redacted]", "n": 1}', b'{"pin": 12, "n": 2}', ["body $.n: 1 → 2"]),
        (b'{"pin": "x", "n": 1}', b'{"pin": "[redacted]", "n": 1}', []),
        (b"a=[redacted];b=[redacted];c", b"a=;b=1;2;c", []),
        (b"[redacted]b[redacted]bb", b"abb", ['body line 1: "[redacted]b[redacted]bb" → "abb"']),
        (b"a=[redacted]", b"b=1", ['body line 1: "a=[redacted]" → "b=1"']),
        (b'{"a": "[redacted]"}', b"{}", ['body $.a: - "[redacted]"']),
    ],
)
def test_what_one_side_alone_has_masked_is_no_difference(
    left: bytes, right: bytes, expected: list[str]
) -> None:
    """As of a recording with raw bodies, or with names of its own."""
    assert expected == said(made(1, response=left), made(2, response=right))


@pytest.mark.parametrize(
    ("charset", "expected"),
    [
        ("iso-8859-1", 'body line 2: "é" → "è"'),
        ('"Windows-1252"; q=1', 'body line 2: "é" → "è"'),
        ("utf-8", 'body: "4 bytes, SHA-256 '),
        ("no-charset", 'body: "4 bytes, SHA-256 '),
        ("zlib", 'body: "4 bytes, SHA-256 '),
    ],
)
def test_text_is_compared_by_line_in_any_charset(charset: str, expected: str) -> None:
    """Which the media type names; what cannot be read in it is octets."""
    kind = [(b"content-type", f"text/plain; charset={charset}".encode())]
    left, right = (one.encode("latin-1") for one in ("a\né\n", "a\nè\n"))
    [found] = said(made(1, sent=kind, response=left), made(2, sent=kind, response=right))
    assert found.startswith(expected)


def test_server_sent_events_are_aligned() -> None:
    """Each by what its data is; an event that is new does not move the others."""
    kind = [(b"content-type", b"text/event-stream")]
    left = b'data: {"n": 1}\n\ndata: {"n": 2}\n\ndata: {"n": 3}\n\n'
    right = b'data: {"n": 1}\n\ndata: {"n": 9}\n\ndata: {"n": 3}\n\nevent: end\n\n'
    found = said(made(1, sent=kind, response=left), made(2, sent=kind, response=right))
    assert found == ["message 2 $.n: 2 → 9", 'message 4: + "event: end"']


async def talk(scope: Scope, receive: Receive, send: Send) -> None:
    """Count, from what the query says, and close."""
    first = int(scope["query_string"])
    await receive()
    await send({"type": "websocket.accept"})
    for number in range(first, 4):
        await send({"type": "websocket.send", "text": f'{{"n": {number}}}'})
    await send({"type": "websocket.close", "code": 4000 + first, "reason": "done"})


def test_messages_of_a_websocket_are_aligned() -> None:
    """And its close is compared."""
    store = open_store("memory:")
    app = record(talk, store=store)
    for target in ("/?2", "/?1"):
        run(websocket(app, target))
    left, right = store.exchanges()
    assert said(left, right, ignore=["request", "time"]) == [
        'message 1: - "{\\"n\\": 1}"',
        'close: ["app", 4001, "done"] → ["app", 4002, "done"]',
    ]


@pytest.mark.parametrize(
    ("options", "left_out"),
    [
        ({}, []),
        ({"ignore": ["body $.id"]}, ["id"]),
        ({"ignore": ["body"]}, ["id", "price", "items"]),
        ({"ignore": ["body $.items[*].n"]}, ["items"]),
        ({"ignore": ["body $.i"]}, []),
        ({"ignore": ["header *"]}, []),
        ({"matchers": {"body $.price": within(0.5)}}, ["price"]),
        ({"matchers": {"body $.price": within(0.1)}}, []),
        ({"matchers": {"body $.id": matching("o-[0-9]+")}}, ["id"]),
        ({"matchers": {"body $.id": matching("o-[0-9]")}}, []),
        ({"matchers": {"body $.*": present}}, ["id", "price", "items"]),
        ({"matchers": {"body $.id": lambda left, right: left < right}}, ["id"]),
    ],
)
def test_what_nobody_wants_to_know_is_left_out(
    options: dict[str, Any], left_out: list[str]
) -> None:
    """By name, or by what both values are."""
    left = made(1, response=b'{"id": "o-1", "price": 1, "items": [{"n": 1}]}')
    right = made(2, response=b'{"id": "o-22", "price": 1.5, "items": [{"n": 2}]}')
    paths = {"id": "$.id", "price": "$.price", "items": "$.items[0].n"}
    found = [one.path for one in compare(left, right, **options)]
    assert found == [path for name, path in paths.items() if name not in left_out]


def test_what_is_in_flight_can_be_compared() -> None:
    """It has no end yet."""
    flying = replace(made(1), ended=None, outcome=None, events=())
    assert 'outcome: - "complete"' in said(made(2), flying)
