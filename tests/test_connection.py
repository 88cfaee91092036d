"""One connection, found by all layers; its headers by name, its route where somebody left it."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import record, timing
from asgi_mw.connection import KEY, Connection, joined, note_error, set_route
from asgi_mw.headers import find
from asgi_mw.testing import http_scope

if TYPE_CHECKING:
    from asgi_mw.types import App, Message, Receive, Scope, Send


def test_the_first_connection_is_shared() -> None:
    """It remembers the root path that the server gave; a foreign value is replaced in the copy."""
    inner, connection = joined({"type": "http", "root_path": "/api"})
    again, same = joined({**inner, "root_path": "/api/sub"})

    assert same is connection
    assert connection.root_path == "/api"
    assert again is connection.scope
    assert Connection is type(joined({"type": "http", KEY: "odd", "root_path": None})[1])


def test_the_route_is_found_in_the_newest_copy_that_has_one() -> None:
    """A layer in between may have copied the scope; what the framework left is in one of them."""
    inner, connection = joined({"type": "http"})
    joined({**inner})
    assert connection.route is None
    inner["path_template"] = "/outer"
    assert connection.route == "/outer"
    joined({**inner})[0]["path_template"] = "/inner"
    assert connection.route == "/outer"


def test_a_copy_with_other_headers_has_these() -> None:
    """Somebody in between changed them; the layers outside keep what they saw."""
    inner, connection = joined({"type": "http", "headers": [(b"a", b"1")]})
    before = connection.headers
    joined({**inner, "headers": ((b"a", b"2") for _ in range(1))})

    assert find(connection.headers, b"a") == b"2"
    assert find(before, b"a") == b"1"
    assert connection.scope["headers"] == [(b"a", b"2")]


def test_an_empty_route_is_none() -> None:
    """The name of a span would end in nothing."""
    inner, connection = joined({"type": "http"})
    set_route(inner, "")

    assert connection.route is None


def test_set_route_outside_of_our_layers_does_nothing() -> None:
    """Neither to the scope nor to somebody else's value under our key."""
    scope: Scope = {"type": "http"}
    other: Scope = {"type": "http", KEY: "somebody else's"}
    set_route(scope, "/x")
    set_route(other, "/x")

    assert (scope, other) == ({"type": "http"}, {"type": "http", KEY: "somebody else's"})


def test_note_error_outside_of_our_layers_does_nothing() -> None:
    """Neither to the scope nor to somebody else's value under our key."""
    other: Scope = {"type": "http", KEY: "somebody else's"}
    note_error({"type": "http"}, KeyError())
    note_error(other, KeyError())

    assert other == {"type": "http", KEY: "somebody else's"}


def test_of_several_exceptions_the_last_counts_and_a_5xx_keeps_it() -> None:
    """Unless it says itself which status it is; any other answer has dealt with it."""

    class RefusalError(Exception):
        status_code = 503

    kept = {}
    for status, last in (
        (500, RefusalError()),
        (503, KeyError()),
        (503, RefusalError()),
        (404, KeyError()),
    ):
        inner, connection = joined({"type": "http"})
        note_error(inner, ValueError())
        note_error(inner, last)
        connection.answers(status)
        noted = connection.swallowed
        kept[status, type(last).__name__] = noted is not None and noted[0] is last

    assert kept == {
        (500, "RefusalError"): True,
        (503, "KeyError"): True,
        (503, "RefusalError"): False,
        (404, "KeyError"): False,
    }


@pytest.mark.parametrize("headers", [None, [], ()])
def test_no_headers_are_none(headers: Any) -> None:
    """Whatever stands for them."""
    inner, connection = joined({"type": "http", "headers": headers})

    assert list(connection.headers) == []
    assert list(inner["headers"]) == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    "layered",
    [
        timing,
        record,
        lambda app: apart(app, timing, timing),
        lambda app: apart(app, record, timing),
    ],
    ids=["driven", "recorded", "two runs", "record, a run"],
)
@pytest.mark.parametrize("noted", [False, True], ids=["", "with an error"])
async def test_nothing_holds_it_once_the_app_returned(layered: Any, *, noted: bool) -> None:
    """It is in its scope, and its scope in it: only the garbage collector would see that."""
    held: list[weakref.ref[Any]] = []

    class Mark:
        """Something that is in the scope."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        held.append(weakref.ref(scope["mark"]))
        if noted:
            note_error(scope, KeyError())
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    gc.collect()
    gc.disable()
    try:
        await layered(app)({**http_scope(), "mark": Mark()}, receive_nothing, take)
        assert [None] == [one() for one in held]
    finally:
        gc.enable()


def apart(app: App, outer: Any, inner: Any) -> App:
    """Two of our layers with somebody else's, which hands its scope on, between them."""
    inside: App = inner(app)

    async def somebody_elses(scope: Scope, receive: Receive, send: Send) -> None:
        await inside({**scope}, receive, send)

    layered: App = outer(somebody_elses)
    return layered


async def receive_nothing() -> Message:
    """Be a server's receive."""
    return {"type": "http.disconnect"}


async def take(message: Message) -> None:
    """Be a server's send."""
