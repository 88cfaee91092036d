"""PostgreSQL and the spool find the same, whatever is asked and whatever is recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asgi_mw.events import Exchange, Worker
from asgi_mw.recorder.codec import decode, encode
from asgi_mw.recorder.facets import FACETS
from asgi_mw.recorder.postgres import questions
from asgi_mw.recorder.postgres.conditions import _CONDITIONS, condition
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.search import parse
from tests.recorder.made import made
from tests.recorder.postgres.shipped import put
from tests.recorder.test_conditions import request_of, talk_of
from tests.recorder.test_schema import EXCHANGES, QUERIES
from tests.recorder.test_search import SEARCHES

if TYPE_CHECKING:
    from asgi_mw.events import Event
    from asgi_mw.recorder.postgres import PostgresStore
    from asgi_mw.recorder.search import Search

_ONE_DATABASE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = st.sampled_from([b"Z", b"~", b"Z~", "é".encode(), b'"'])
BODIES = st.lists(st.tuples(st.sampled_from(["receive", "send"]), PIECES), max_size=5).map(
    request_of
) | st.lists(st.text('Z~"\\\n é', max_size=4), max_size=2).map(talk_of)


def test_every_word_has_its_sql() -> None:
    """None is forgotten, and none is left over."""
    assert set(_CONDITIONS) == set(FACETS)


def clear(store: PostgresStore) -> None:
    """Remove what an example before has left."""
    if store.is_there():
        for table in (b"exchange", b"content"):
            store.connections.ask(lambda one: one.execute(b"DELETE FROM asgi_mw." + table))  # noqa: B023  # called now


@_ONE_DATABASE
@given(
    st.lists(EXCHANGES, min_size=1, max_size=5, unique_by=lambda one: one.id),
    st.lists(SEARCHES | QUERIES.map(lambda query: query.search), min_size=1, max_size=8),
)
def test_sql_and_filter_agree(
    history: PostgresStore, exchanges: list[Exchange], searches: list[Search]
) -> None:
    """What is found is what matches, as rows and as exchanges, and in the order of the ids."""
    clear(history)
    put(history, exchanges)
    newest = sorted(exchanges, key=lambda one: one.id, reverse=True)
    for search in searches:
        matching = [one for one in newest if search.matches(one)]
        reading = history.exchanges(search)
        assert [*reading] == [decode(*encode(one)[-2:]) for one in matching]
        assert reading.problems == ()
        assert [row.id for row in history.rows(search)] == [one.id for one in matching]
        where = condition(search)
        if where.exact:
            found = history.connections.ask(
                lambda one: questions.places(one, where, "", "", 100)  # noqa: B023  # called now
            )
            assert [place[0] for place in found] == [one.id for one in matching]


@_ONE_DATABASE
@given(BODIES, st.lists(st.text('Z~"\\\n é', min_size=1, max_size=4), min_size=1, max_size=8))
def test_bodies_are_found_in_whichever_pieces_they_came(
    history: PostgresStore, events: tuple[Event, ...], sought: list[str]
) -> None:
    """Though they lie in one column, in the order of the events, and texts in the JSON."""
    clear(history)
    exchange = Exchange("a" * 32, Worker("a", 1), "http", {"type": "http"}, 0, events)
    put(history, [exchange])
    for text in sought:
        query = Query(body=text)
        assert len([*history.exchanges(query)]) == query.matches(exchange)


HOSTILE = [
    *("'; DROP TABLE asgi_mw.exchange; --", "%s", "%(id)s", "%", "\\", "'", '"', "$1"),
    *("\0", "\ud800"),
]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_is_asked_is_never_sql(history: PostgresStore, text: str) -> None:
    """Whatever is in a filter is a value."""
    odd = replace(made(1, path=f"/{text}"), route=text)
    put(history, [odd, made(2)])
    fields: list[dict[str, Any]] = [
        {name: text} for name in ("path", "route", "text", "header", "body", "id", "method", "type")
    ]
    for field in fields:
        query = Query(**field)
        expected = [one.id for one in (made(2), odd) if query.matches(one)]
        assert [one.id for one in history.exchanges(query)] == expected
        assert [one.id for one in history.rows(query)] == expected
    assert history.count() == 2


@pytest.mark.parametrize(
    ("text", "indexed"),
    [
        ("", True),
        ("path:=/a", True),
        ("route:=/a", True),
        ("status:5xx", True),
        ("status:404", True),
        ("is:error", True),
        ("is:slow dur:>2s", True),
        ("is:kept", True),
        ("id:ab", True),
        ("trace:ab method:get", True),
        ("status:2xx", False),
        ("path:/a", False),
        ("-status:404", False),
        ("text:a", False),
        ("method:get", False),
    ],
)
def test_what_an_index_has_is_asked_at_once(text: str, indexed: bool) -> None:  # noqa: FBT001  # a parameter
    """All else is looked through in steps, so that a list can say how far it is."""
    assert condition(parse(text)).indexed == indexed
