from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.errors import StoreError
from asgi_mw.events import FATES, Event, Exchange, Failure, Worker
from asgi_mw.missing import Missing
from asgi_mw.notes import KINDS, Note
from asgi_mw.recorder.codec import decode, encode, encode_view
from asgi_mw.recorder.rows import column
from asgi_mw.recorder.schema import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable

WORKER = Worker("web-1", 4242)
EXCHANGE = Exchange(
    id="01a1fc6cfe5974f1b0c428f4948e2314",
    worker=WORKER,
    type="http",
    scope={
        "type": "http",
        "method": "post",
        "path": "/caf\xe9",
        "query_string": b"a=1",
        "headers": [(b"host", b"a"), (b"x", b"\xff")],
        "client": ["127.0.0.1", 5000],
        "extensions": {"tls": {"server_cert": None}},
    },
    began=1_795_236_363_865_309_005,
    events=(
        Event("receive", 1, 2, {"type": "http.request", "body": b"\x00in", "more_body": False}, 3),
        Event("send", 3, 4, {"type": "http.response.start", "status": 201, "headers": []}),
        Event("send", 5, None, {"type": "http.response.body", "body": b"out"}, 9, True),  # a fact
        Event("receive", 6, 7, {}, raised="CancelledError"),
    ),
    route="/{name}",
    request_id="abc",
    trace_id="0af7651916cd43dd8448eb211c80319c",
    span_id="b7ad6b7169203331",
    ended=8,
    returned=9,
    outcome="error",
    error=Failure("ValueError", "bad \ud800", "Traceback ...", 7),
    dropped={"bytes over body_limit": 6},
    gap=2,
    missing=Missing(5, 7, 3, 6, 1, 2),
    redacted=("header authorization",),
    notes=(
        Note("log", 1, None, "sold out \ud800", "warning", {"logger": "shop", "$odd": [b"\xff"]}),
        Note("call", 2, 5, "GET /"),
    ),
)
INTEGERS = st.integers(0, 2**63 - 1)
AMOUNTS = st.integers(0, 2**53)
TEXTS = st.text(st.characters(codec=None), max_size=6)
MESSAGES = st.fixed_dictionaries(
    {"type": st.sampled_from(["http.request", "websocket.send", "x"])},
    optional={
        "body": st.binary(max_size=6),
        "bytes": st.none() | st.binary(max_size=6),
        "text": TEXTS,
        "status": st.integers(),
        "more_body": st.booleans(),
        "headers": st.lists(st.tuples(st.binary(max_size=3), st.binary(max_size=3)), max_size=3),
        "$odd": TEXTS,
    },
)
EVENTS = st.builds(
    Event,
    st.sampled_from(["receive", "send"]),
    INTEGERS,
    st.none() | INTEGERS,
    MESSAGES,
    AMOUNTS,
    st.booleans(),
    st.none() | TEXTS,
)
NOTES = st.builds(
    Note,
    st.sampled_from(sorted(KINDS)),
    INTEGERS,
    st.none() | INTEGERS,
    TEXTS,
    st.none() | TEXTS,
    MESSAGES,
)
EXCHANGES = st.builds(
    Exchange,
    id=st.uuids().map(lambda uuid: uuid.hex),
    worker=st.builds(Worker, TEXTS, AMOUNTS),
    type=TEXTS,
    scope=st.dictionaries(
        TEXTS | st.sampled_from(["method", "path"]), TEXTS | st.binary(max_size=5), max_size=5
    ),
    began=INTEGERS,
    events=st.lists(EVENTS, max_size=5).map(tuple),
    route=st.none() | TEXTS,
    request_id=st.none() | TEXTS,
    trace_id=st.none() | TEXTS,
    span_id=st.none() | TEXTS,
    ended=st.none() | INTEGERS,
    returned=st.none() | INTEGERS,
    outcome=st.none() | st.sampled_from(FATES),
    error=st.none() | st.builds(Failure, TEXTS, TEXTS, TEXTS, INTEGERS, st.booleans()),
    dropped=st.dictionaries(TEXTS, AMOUNTS, max_size=2),
    gap=st.none() | AMOUNTS,
    missing=st.builds(Missing, *[AMOUNTS] * 6),
    redacted=st.lists(TEXTS, max_size=2).map(tuple),
    notes=st.lists(NOTES, max_size=3).map(tuple),
)


@given(EXCHANGES)
def test_every_exchange_survives(exchange: Exchange) -> None:
    """Encoding loses nothing, and every column is something that SQLite takes."""
    row = encode(exchange)
    for value in row:
        if isinstance(value, str):
            value.encode()
        if isinstance(value, int):
            assert -(2**63) <= value < 2**63
    assert decode(row[-2], row[-1]) == exchange


def test_the_columns_are_for_filters() -> None:
    """They repeat what somebody may look for; the facts have all of it."""
    row = dict(zip(COLUMNS, encode(EXCHANGE), strict=True))
    facts = json.loads(str(row.pop("facts")))
    assert row == {
        "id": "01a1fc6cfe5974f1b0c428f4948e2314",
        "began": 1_795_236_363_865_309_005,
        "ended": 8,
        "returned": 9,
        "first_byte": 3,
        "type": "http",
        "method": "POST",
        "path": "/caf\xe9",
        "query": "a=1",
        "status": 201,
        "answer": 201,
        "outcome": "error",
        "route": "/{name}",
        "request_id": "abc",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "span_id": "b7ad6b7169203331",
        "error": "ValueError: bad \\ud800",
        "swallowed": False,
        "bytes_in": 8,
        "bytes_out": 16,
        "event_count": 4,
        "close_code": None,
        "close_by": None,
        "layers": None,
        "host": "web-1",
        "pid": 4242,
        "bodies": b"\x00inout",
    }
    assert facts["scope"]["headers"] == {"$pairs": [["host", "a"], ["x", "\xff"]]}
    assert [event["message"].get("body") for event in facts["events"]] == [
        {"$blob": [0, 3]},
        None,
        {"$blob": [3, 3]},
        None,
    ]


def test_a_view_is_read_without_a_blob() -> None:
    """Views of exchanges in flight hold no payloads."""
    exchange = Exchange(id="0" * 32, worker=WORKER, type="http", scope={}, began=1)
    assert decode(encode_view(exchange)) == exchange


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, None), ("/a", "/a"), ("/\xe9", "/\xe9"), ("\0", "\\x00"), ("\udcff", "\\udcff")],
    ids=repr,
)
def test_columns_hold_text_that_sqlite_compares(text: str | None, expected: str | None) -> None:
    """NUL ends a text for some of SQLite's functions, and a lone surrogate is no UTF-8."""
    assert column(text) == expected


NOTE = {"kind": "log", "at": 1, "title": "sold out"}


def broken(**changes: Any) -> str:
    return json.dumps(json.loads(str(encode(EXCHANGE)[-2])) | changes)


@pytest.mark.parametrize(
    ("facts", "bodies"),
    [
        pytest.param(None, None, id="nothing"),
        pytest.param(b"{}", None, id="bytes"),
        pytest.param("[]", None, id="a list"),
        pytest.param("{}", None, id="no facts"),
        pytest.param(broken(), None, id="no payloads"),
        pytest.param(broken(), "text", id="payloads as text"),
        pytest.param(broken(id=7), b"\x00inout", id="an id that is a number"),
        pytest.param(broken(began=True), b"\x00inout", id="a time that is a truth value"),
        pytest.param(broken(worker=[]), b"\x00inout", id="a worker that is a list"),
        pytest.param(broken(scope=[]), b"\x00inout", id="a scope that is a list"),
        pytest.param(broken(events={}), b"\x00inout", id="events that are an object"),
        pytest.param(broken(events=[7]), b"\x00inout", id="an event that is a number"),
        pytest.param(broken(events=[{"direction": "up"}]), b"\x00inout", id="another direction"),
        pytest.param(broken(outcome="fine"), b"\x00inout", id="another outcome"),
        pytest.param(broken(outcome=7), b"\x00inout", id="an outcome that is a number"),
        pytest.param(broken(error={}), b"\x00inout", id="an empty error"),
        pytest.param(broken(dropped={"a": "b"}), b"\x00inout", id="a count that is text"),
        pytest.param(broken(redacted=[7]), b"\x00inout", id="a name that is a number"),
        pytest.param(broken(notes={}), b"\x00inout", id="notes that are an object"),
        pytest.param(broken(notes=[7]), b"\x00inout", id="a note that is a number"),
        pytest.param(broken(notes=[NOTE | {"kind": "odd"}]), b"\x00inout", id="another kind"),
        pytest.param(broken(notes=[NOTE | {"kind": []}]), b"\x00inout", id="a kind that is a list"),
        pytest.param(broken(notes=[NOTE | {"title": 7}]), b"\x00inout", id="a title of a number"),
        pytest.param(broken(notes=[NOTE | {"level": 7}]), b"\x00inout", id="a level of a number"),
        pytest.param(broken(notes=[NOTE | {"detail": []}]), b"\x00inout", id="a list of details"),
        pytest.param("[" * 100_000, None, id="deep"),
    ],
)
def test_what_is_no_exchange_is_refused(facts: object, bodies: object) -> None:
    """A StoreError, whatever somebody wrote there, and no other."""
    with pytest.raises(StoreError, match=r"no readable exchange: .+ purge"):
        decode(facts, bodies)


def altered(**facts: Any) -> str:
    """The facts of an exchange, with other members."""
    return json.dumps({**json.loads(str(encode(EXCHANGE)[-2])), **facts})


EVENT = {"direction": "send", "called": 1, "returned": 2, "message": {"type": "x"}}


@pytest.mark.parametrize("number", [-1, 2**63, 10**30, -(10**30), 1.5, True, "1"])
@pytest.mark.parametrize(
    "place",
    [
        pytest.param(lambda n: {"began": n}, id="began"),
        pytest.param(lambda n: {"ended": n}, id="ended"),
        pytest.param(lambda n: {"returned": n}, id="returned of the app"),
        pytest.param(lambda n: {"gap": n}, id="gap"),
        pytest.param(lambda n: {"missing": [0, 0, 0, 0, 0, n]}, id="missing"),
        pytest.param(lambda n: {"gone": n}, id="gone"),
        pytest.param(lambda n: {"worker": {"host": "a", "pid": n}}, id="pid"),
        pytest.param(lambda n: {"dropped": {"bytes": n}}, id="dropped"),
        pytest.param(lambda n: {"events": [{**EVENT, "called": n}]}, id="called"),
        pytest.param(lambda n: {"events": [{**EVENT, "returned": n}]}, id="returned"),
        pytest.param(lambda n: {"events": [{**EVENT, "size": n}]}, id="size"),
        pytest.param(lambda n: {"notes": [{**NOTE, "at": n}]}, id="at of a note"),
        pytest.param(lambda n: {"notes": [{**NOTE, "until": n}]}, id="until of a note"),
        pytest.param(
            lambda n: {"error": {"type": "", "message": "", "traceback": "", "at": n}}, id="at"
        ),
    ],
)
def test_a_number_out_of_range_is_said(place: Callable[[Any], dict[str, Any]], number: Any) -> None:
    """Nobody has to show the year 30,000, or a count of less than none."""
    with pytest.raises(StoreError, match="no readable exchange"):
        decode(altered(**place(number)), encode(EXCHANGE)[-1])


@pytest.mark.parametrize(
    "facts",
    [
        {"gap": 2**53 + 1},
        {"missing": [2**53 + 1]},
        {"worker": {"host": "a", "pid": 2**53 + 1}},
        {"dropped": {"bytes": 2**53 + 1}},
        {"events": [{**EVENT, "size": 2**53 + 1}]},
    ],
    ids=str,
)
def test_an_amount_is_one_that_every_reader_of_json_can_tell(facts: dict[str, Any]) -> None:
    """So that no count is rounded on its way, or has to be text."""
    with pytest.raises(StoreError, match="a number of 54 bits is no amount"):
        decode(altered(**facts), encode(EXCHANGE)[-1])


@pytest.mark.parametrize("one", ["", "z" * 32, "0" * 31, "0" * 33, "A" * 32, 7])
def test_an_id_is_one(one: Any) -> None:
    """By it an exchange is found and removed."""
    with pytest.raises(StoreError):
        decode(altered(id=one), encode(EXCHANGE)[-1])


@pytest.mark.parametrize(
    "places",
    [
        pytest.param([[0, 4], [0, 4]], id="twice"),
        pytest.param([[0, 4], [3, 1]], id="overlapping"),
        pytest.param([[2, 2], [0, 2]], id="backwards"),
        pytest.param([[0, 5]], id="too long"),
        pytest.param([[4, 2**70]], id="far too long"),
    ],
)
def test_no_payload_is_taken_twice(places: list[list[int]]) -> None:
    """A small file that refers to its bytes often would fill any memory."""
    message = {"type": "x", "all": [{"$blob": place} for place in places]}
    with pytest.raises(StoreError, match="a payload is not where it is said to be"):
        decode(altered(events=[{**EVENT, "message": message}]), b"four")


@pytest.mark.parametrize(
    ("facts", "bodies"),
    [
        pytest.param(altered(more="x" * 16 * 1024**2), None, id="facts"),
        pytest.param(altered(more=[[]] * 300_000), None, id="values"),
        pytest.param(altered(), bytes(64 * 1024**2 + 1), id="payload"),
    ],
)
def test_what_is_too_large_is_not_taken_apart(facts: str, bodies: bytes | None) -> None:
    """It would take many times its size."""
    with pytest.raises(StoreError, match="an exchange of over 16 MiB of facts"):
        decode(facts, bodies)


def test_what_could_not_be_read_is_not_written() -> None:
    """It is counted as dropped instead."""
    body = Event("send", 1, 2, {"type": "http.response.body", "body": bytes(64 * 1024**2 + 1)})
    with pytest.raises(StoreError, match="64 MiB of payload"):
        encode(replace(EXCHANGE, events=(body,)))


def test_an_integer_that_python_would_not_write_out_is_named() -> None:
    """An app may send one, and a file may hold one."""
    scope = decode(*encode(replace(EXCHANGE, scope={"a": 2**8191, "b": 2**8192}))[-2:]).scope
    assert scope == {"a": 2**8191, "b": "<int>"}
    with pytest.raises(StoreError, match="an integer of over 8192 bits"):
        decode(altered(scope={"a": {"$int": "0x" + "f" * 5000}}), encode(EXCHANGE)[-1])
