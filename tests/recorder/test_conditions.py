"""The SQL of a filter finds all that it matches, and for all but a few words nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.events import Event, Exchange, Worker
from asgi_mw.recorder import schema
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.conditions import Source, condition
from asgi_mw.recorder.search import Search, Term, parse
from asgi_mw.recorder.wanted import Span
from tests.recorder.test_schema import EXCHANGES
from tests.recorder.test_search import SEARCHES

# Judged by the filter alone, or by a part of what is looked for
INEXACT = {"header", "body", "is", "path", "route"}


def is_exact(term: Term) -> bool:
    """Whether the SQL finds just what is looked for; numbers may be larger than it has any."""
    numbers = [one for value in term.values if isinstance(value, Span) for one in value if one]
    return term.word not in INEXACT and all(abs(one) < 2**63 for one in numbers)


@given(st.lists(EXCHANGES, min_size=1, max_size=5), SEARCHES)
def test_sql_and_filter_agree(exchanges: list[Exchange], search: Search) -> None:
    """Never less; with negation and alternatives as without."""
    where, values = condition(search, Source(schema.VERSION))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.create(connection)
        for exchange in exchanges:
            connection.execute(schema.insert(1), encode(exchange))
        found = {
            one for [one] in connection.execute(f"SELECT id FROM exchange WHERE {where}", values)
        }
    matching = {exchange.id for exchange in exchanges if search.matches(exchange)}
    assert matching <= found
    if all(is_exact(term) for term in search.terms):
        assert matching == found


# Of letters that nothing else of the JSON has
PIECES = st.sampled_from([b"Z", b"~", b"Z~", "é".encode(), b'"'])


def request_of(pieces: list[tuple[str, bytes]]) -> tuple[Event, ...]:
    """What comes and goes of two bodies, in pieces."""
    return tuple(
        Event("receive", 1, 2, {"type": "http.request", "body": body}, size=len(body))
        if direction == "receive"
        else Event("send", 1, 2, {"type": "http.response.body", "body": body}, size=len(body))
        for direction, body in pieces
    )


def talk_of(texts: list[str]) -> tuple[Event, ...]:
    """What a client of a WebSocket says."""
    return tuple(Event("receive", 1, 2, {"type": "websocket.receive", "text": t}) for t in texts)


@given(
    st.lists(st.tuples(st.sampled_from(["receive", "send"]), PIECES), max_size=5).map(request_of)
    | st.lists(st.text('Z~"\\\n é', max_size=4), max_size=2).map(talk_of),
    st.text('Z~"\\\n é', min_size=1, max_size=4),
)
def test_bodies_are_found_in_whichever_pieces_they_came(
    events: tuple[Event, ...], sought: str
) -> None:
    """Though they lie in one BLOB, in the order of the events, and texts in the JSON."""
    exchange = Exchange("a" * 32, Worker("a", 1), "http", {"type": "http"}, 0, events)
    search = Search((Term("body", (sought,)),))
    assert not search.matches(exchange) or found_of(exchange, search)


def test_a_body_that_is_nowhere_is_not_looked_for_in_whole_exchanges() -> None:
    """Most requests have one body, or two that follow on each other."""
    start = Event("send", 1, 2, {"type": "http.response.start", "status": 200})
    events = (*request_of([("receive", b"a")]), start, *request_of([("send", b"b")]))
    exchange = Exchange("a" * 32, Worker("a", 1), "http", {"type": "http"}, 0, events)

    assert not found_of(exchange, parse("body:nowhere"))
    assert found_of(exchange, parse("body:a")) and found_of(exchange, parse("body:b"))


def found_of(exchange: Exchange, search: Search) -> bool:
    """Whether the SQL finds it."""
    where, values = condition(search, Source(schema.VERSION))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.create(connection)
        connection.execute(schema.insert(1), encode(exchange))
        return bool(connection.execute(f"SELECT id FROM exchange WHERE {where}", values).fetchall())


@given(SEARCHES)
def test_earlier_formats_are_asked_for_what_they_have(search: Search) -> None:
    """A column that is not there would be an error."""
    for version, tables in schema._TABLES_OF.items():
        where, values = condition(search, Source(version))
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute(tables["exchange"])
            connection.execute(f"SELECT id FROM exchange WHERE {where}", values)
