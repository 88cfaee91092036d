"""A response says what the policy says, and keeps all else that the app put there."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_mw.middleware.cors.responses import DENIED, VARY, decorated
from asgi_mw.testing import HEADER_KINDS

ORIGIN = (b"access-control-allow-origin", b"https://a.example")
GRANTED = (VARY, ORIGIN)
STAR = ((b"access-control-allow-origin", b"*"),)
STALE = [
    (b"access-control-allow-origin", b"*"),
    (b"Access-Control-Allow-Credentials", b"true"),
    (b"access-control-allow-methods", b"GET"),
    (b"access-control-allow-headers", b"x-a"),
    (b"ACCESS-CONTROL-MAX-AGE", b"1"),
    (b"access-control-allow-private-network", b"true"),
]
EXPOSED = (b"Access-Control-Expose-Headers", b"x-a")
TYPE = (b"content-type", b"text/plain")
LONG = (b"strict-transport-security", b"max-age=1")


def vary(value: bytes, name: bytes = b"vary") -> tuple[bytes, bytes]:
    """One line of it."""
    return (name, value)


TABLE: dict[str, tuple[list[Any], tuple[Any, ...], list[Any]]] = {
    "nothing, denied": ([], DENIED, [VARY]),
    "nothing, granted": ([], GRANTED, [VARY, ORIGIN]),
    "nothing, star": ([], STAR, [*STAR]),
    "others, granted": ([TYPE, LONG], GRANTED, [TYPE, LONG, VARY, ORIGIN]),
    "vary of the app": (
        [vary(b"Accept, Cookie"), TYPE],
        GRANTED,
        [vary(b"Accept, Cookie"), TYPE, VARY, ORIGIN],
    ),
    "vary in lines": (
        [vary(b"Accept"), vary(b"Cookie", b"Vary")],
        DENIED,
        [vary(b"Accept"), vary(b"Cookie", b"Vary"), VARY],
    ),
    "vary on the origin": ([vary(b"Origin")], GRANTED, [vary(b"Origin"), ORIGIN]),
    "vary on the origin, denied": ([vary(b"Accept,ORIGIN")], DENIED, [vary(b"Accept,ORIGIN")]),
    "vary on the origin, repeated": (
        [vary(b"Origin"), TYPE, vary(b"accept, origin", b"Vary"), vary(b"ORIGIN")],
        GRANTED,
        [vary(b"Origin"), TYPE, vary(b"accept", b"Vary"), ORIGIN],
    ),
    "vary on the origin, repeated in one line": (
        [vary(b"Accept, Origin, origin,Cookie")],
        DENIED,
        [vary(b"Accept, Origin, Cookie")],
    ),
    "vary on the origin, repeated under star": (
        [vary(b"Origin"), vary(b"origin")],
        STAR,
        [vary(b"Origin"), vary(b"origin"), *STAR],
    ),
    "vary on nothing": ([vary(b"")], DENIED, [vary(b""), VARY]),
    "vary on the origin's name": (
        [vary(b"x-origin, origin-x")],
        DENIED,
        [vary(b"x-origin, origin-x"), VARY],
    ),
    "vary on everything": ([vary(b"*")], GRANTED, [vary(b"*"), ORIGIN]),
    "vary on everything, denied": ([vary(b"*", b"VARY")], DENIED, [vary(b"*", b"VARY")]),
    "vary, star": ([vary(b"Accept")], STAR, [vary(b"Accept"), *STAR]),
    "stale, denied": ([TYPE, *STALE, EXPOSED], DENIED, [TYPE, VARY]),
    "stale, granted": ([*STALE, TYPE, EXPOSED], GRANTED, [TYPE, EXPOSED, VARY, ORIGIN]),
    "stale, star": ([*STALE, EXPOSED], STAR, [EXPOSED, *STAR]),
    "not ours": (
        [
            (b"etag", b"1"),
            (b"cross-origin-resource-policy", b"same-site"),
            (b"access-controls", b"x"),
        ],
        DENIED,
        [
            (b"etag", b"1"),
            (b"cross-origin-resource-policy", b"same-site"),
            (b"access-controls", b"x"),
            VARY,
        ],
    ),
    "malformed": ([(b"a",), 5, (None, b"x"), TYPE], DENIED, [(b"a",), 5, (None, b"x"), TYPE, VARY]),
    "malformed and stale": ([STALE[0], "text", (1, 2, 3)], DENIED, ["text", (1, 2, 3), VARY]),
}


@pytest.mark.parametrize(("headers", "extra", "expected"), TABLE.values(), ids=TABLE)
def test_what_a_response_gets(headers: list[Any], extra: Any, expected: list[Any]) -> None:
    """In a new message; the app's own is not touched."""
    given = list(headers)
    message = {"type": "http.response.start", "status": 200, "headers": headers}
    changed = decorated(message, extra)

    assert list(changed["headers"]) == expected
    assert (message["headers"], headers, changed["status"]) == (headers, given, 200)
    assert message["headers"] is headers


@pytest.mark.parametrize("kind", HEADER_KINDS)
def test_every_kind_of_headers_is_read(kind: str) -> None:
    """An iterator too, once."""
    headers = HEADER_KINDS[kind]([TYPE, *STALE, vary(b"Accept")])
    changed = decorated({"type": "http.response.start", "headers": headers}, GRANTED)

    assert [tuple(pair) for pair in changed["headers"]] == [TYPE, vary(b"Accept"), VARY, ORIGIN]


def test_a_start_without_headers_gets_them() -> None:
    """The key may be left out."""
    assert decorated({"type": "http.response.start", "status": 200}, GRANTED) == {
        "type": "http.response.start",
        "status": 200,
        "headers": [VARY, ORIGIN],
    }


@pytest.mark.parametrize("headers", [None, 5], ids=str)
def test_headers_that_are_none_are_left_to_the_server(headers: Any) -> None:
    """It refuses them."""
    message = {"type": "http.response.start", "headers": headers}

    assert decorated(message, GRANTED) is message
