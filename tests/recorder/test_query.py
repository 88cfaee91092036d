"""A query matches what it says, and refuses what can match nothing."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_mw import ConfigError, Event, Exchange
from asgi_mw.events import Failure, Worker
from asgi_mw.recorder import Query

START = Event("send", 1, 2, {"type": "http.response.start", "status": 503})
EXCHANGE = Exchange(
    id="019a" + "0" * 27 + "7",
    worker=Worker("host", 1),
    type="http",
    scope={"method": "GET", "path": "/users/7", "query_string": b"page=2"},
    began=1000,
    events=(START,),
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
    [("status", "6xx"), ("status", "20"), ("status", "abc"), ("outcome", "fine")],
)
def test_a_query_that_can_match_nothing_is_refused(option: str, value: str) -> None:
    """With what would be right."""
    options: Any = {option: value}
    with pytest.raises(ConfigError, match=f"query: {option}='{value}'"):
        Query(**options)
