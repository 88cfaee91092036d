"""A query matches what it says, and refuses what can match nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from asgi_mw import ConfigError, Event, Exchange
from asgi_mw.events import Failure, Worker
from asgi_mw.recorder import Query
from asgi_mw.recorder.naming import OUTCOMES

START = Event(
    "send",
    1,
    2,
    {
        "type": "http.response.start",
        "status": 503,
        "headers": [[b"Content-Type", b"application/JSON"], ["odd", 1], b"odd"],
    },
)
# A body in two pieces, and what was received between them
PIECES = (
    Event("send", 3, 4, {"type": "http.response.body", "body": b"hel", "more_body": True}),
    Event("receive", 3, 4, {"type": "http.request", "body": "grüße".encode()}),
    Event("send", 5, 6, {"type": "http.response.body", "body": b"lo"}),
)
EXCHANGE = Exchange(
    id="019a" + "0" * 27 + "7",
    worker=Worker("host", 1),
    type="http",
    scope={
        "method": "GET",
        "path": "/users/7",
        "query_string": b"page=2",
        "headers": [(b"x-request-id", b"abc-1")],
    },
    began=1000,
    events=(START, *PIECES),
    route="/users/{id}",
    request_id="abc-1",
    trace_id="0af7651916cd43dd8448eb211c80319c",
    span_id="b7ad6b7169203331",
    ended=2_000_000_000,
    outcome="error",
    error=Failure("ValueError", "no such luck", "", 3),
)
MATCHES: list[dict[str, Any]] = [
    {},
    {"type": "http"},
    {"method": "get"},
    {"path": "/users/7"},
    {"path": "/users/*"},
    {"path": "/*/?"},
    {"status": "503"},
    {"status": "5xx"},
    {"outcome": "error"},
    {"longer": 2.0},
    {"longer": 0},
    {"since": 1000},
    {"until": 1001},
    {"text": "users"},
    {"text": "page=2"},
    {"text": "{id}"},
    {"text": "abc-1"},
    {"text": "cd43dd"},
    {"text": "b7ad6b7169203331"},
    {"trace": "0af7651916cd43dd8448eb211c80319c"},
    {"trace": " 0AF7 "},
    {"trace": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    {"text": "ValueError: no such"},
    {"method": "GET", "status": "5xx", "path": "/users/*", "outcome": "error"},
    {"status": "5XX"},
    {"status": ["404", "503"]},
    {"method": ("POST", "get")},
    {"path": dict.fromkeys(["/a", "/users/*"]).keys()},
    {"text": ["elsewhere", "users"]},
    {"route": "/users/{id}"},
    {"route": "/users/*"},
    {"header": "Content-Type"},
    {"header": "content-type: JSON"},
    {"header": "x-request-id:abc"},
    {"header": ["cookie", "content-type:json"]},
    {"body": "hello"},
    {"body": ["no such", "grüße"]},
    {"id": "019a"},
    {"id": "007"},
]
MISSES: list[dict[str, Any]] = [
    {"type": "websocket"},
    {"trace": "0b"},
    {"trace": "b7ad6b7169203331"},
    {"method": "POST"},
    {"path": "/users"},
    {"path": "/USERS/7"},
    {"status": "500"},
    {"status": "4xx"},
    {"outcome": "complete"},
    {"longer": 2.1},
    {"since": 1001},
    {"until": 1000},
    {"text": "elsewhere"},
    {"method": "GET", "status": "2xx"},
    {"status": ()},
    {"status": ["404", "500"]},
    {"route": "/users/7"},
    {"header": "cookie"},
    {"header": "content-type: xml"},
    {"header": "content"},
    {"body": "HELLO"},
    {"body": "lohe"},
    {"id": "9a"},
]


@pytest.mark.parametrize("query", MATCHES, ids=str)
def test_a_query_matches_what_it_says(query: dict[str, Any]) -> None:
    """Each filter for itself, and all of them together."""
    assert Query(**query).matches(EXCHANGE)


@pytest.mark.parametrize("query", MISSES, ids=str)
def test_a_query_leaves_out_the_rest(query: dict[str, Any]) -> None:
    """One filter that does not match is enough."""
    assert not Query(**query).matches(EXCHANGE)


def test_a_connection_in_flight_has_no_status_or_outcome_yet() -> None:
    """So no filter on them matches it."""
    flight = Exchange(id="0", worker=Worker("host", 1), type="http", scope={}, began=0)
    wanted = [Query(status="2xx"), Query(outcome="complete"), Query(longer=0.1), Query(path="/")]
    assert [False] * 4 == [query.matches(flight) for query in wanted]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("status", "6xx"),
        ("status", "20"),
        ("status", "abc"),
        ("outcome", "fine"),
        ("outcome", "client_goen"),
    ],
)
def test_a_query_that_can_match_nothing_is_refused(option: str, value: str) -> None:
    """With what would be right."""
    options: Any = {option: value}
    with pytest.raises(ConfigError, match=f"query: {option}='{value}'"):
        Query(**options)


def test_all_that_is_wrong_with_several_is_said() -> None:
    """One by one, with the nearest word."""
    with pytest.raises(ConfigError) as caught:
        Query(status=["404", "x", "9xx"], outcome=["error", "client_goen"])
    outcomes = ", ".join(OUTCOMES)
    assert [
        "status='x': is no status; write it as 404 or 5xx",
        "status='9xx': is no status; write it as 404 or 5xx",
        f"outcome='client_goen': is no outcome; is it client_gone? take one of {outcomes}",
    ] == [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("kind", ["ws", "websocket", ["http", "ws"]])
def test_a_websocket_has_a_short_name(kind: Any) -> None:
    """As in addresses."""
    exchange = replace(EXCHANGE, type="websocket")
    assert Query(type=kind).matches(exchange)


@pytest.mark.parametrize("message", [{"text": "say hello"}, {"bytes": b"say hello"}])
def test_a_message_of_a_websocket_is_searched(message: dict[str, Any]) -> None:
    """Each for itself: together they are no text."""
    events = [
        Event("receive", 1, 2, {"type": "websocket.receive", **one}) for one in (message,) * 2
    ]
    exchange = replace(EXCHANGE, type="websocket", events=tuple(events))
    assert Query(body="say hello").matches(exchange)
    assert not Query(body="hellosay").matches(exchange)


@pytest.mark.parametrize(
    ("outcome", "found"),
    [("error", True), ("incomplete", True), ("client_gone", False), ("cancelled", False)],
)
def test_the_500_of_the_server_is_found(outcome: Any, found: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """Where the app left a request without a response; a WebSocket has none that is known."""
    left = replace(EXCHANGE, events=(), outcome=outcome)
    assert found is Query(status="5xx").matches(left)
    assert found is Query(status=["404", "500"]).matches(left)
    assert not Query(status="503").matches(left)
    assert not Query(status="5xx").matches(replace(left, type="websocket"))
