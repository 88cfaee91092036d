"""One connection, found by all layers; its headers by name, its route where somebody left it."""

from __future__ import annotations

import gc
import weakref
from itertools import count
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from asgi_mw import access_log, get_request_id, layer, record, request_id, stack, timing
from asgi_mw.connection import KEY, Connection, joined, note_error, set_route
from asgi_mw.headers import find
from asgi_mw.testing import http_scope, request

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


@pytest.mark.parametrize(
    ("given", "inner", "same"),
    [
        ({"path": "/shop/items"}, {"path": "/shop/items", "root_path": "/shop"}, True),
        ({"path": "/shop/items"}, {"path": "/items", "root_path": "/shop"}, True),
        ({"path": "/shop/items"}, {"path": "/items"}, True),
        ({"path": "/shop"}, {"path": "", "root_path": "/shop"}, True),
        ({"path": "/shop/"}, {"path": "/", "root_path": "/shop"}, True),
        ({"path": "/"}, {"path": ""}, True),
        ({"path": "/about/"}, {"path": "/de/about"}, True),
        ({"path": b"/a"}, {"path": "/b"}, True),
        ({}, {"path": "/b"}, True),
        ({"path": "/batch"}, {"path": "/items/1"}, False),
        ({"path": "/batch"}, {"path": "/"}, False),
        ({"path": "/"}, {"path": "/items/1"}, True),
    ],
)
def test_another_path_is_another_request(
    given: dict[str, Any], inner: dict[str, Any], *, same: bool
) -> None:
    """Unless a prefix was taken off, as where an app is mounted, or put on."""
    scope, connection = joined({"type": "http", **given})
    again = joined({**scope, **inner})[1]

    assert same is (again is connection)
    assert again.entered is not same


@pytest.mark.anyio
async def test_an_app_that_calls_others_stays_itself() -> None:
    """With copies of its own scope, one after the other and at once."""
    logged: dict[str, tuple[object, object]] = {}
    seen: dict[str, object] = {}

    class Log:
        def info(self, event: str, **fields: Any) -> None:
            """Keep it."""
            assert event == "http"
            logged[fields["path"]] = fields["route"], fields["request_id"]

    async def item(scope: Scope, receive: Receive, send: Send) -> None:
        set_route(scope, f"{scope['path']}/{{id}}")
        await anyio.lowlevel.checkpoint()
        seen[scope["path"]] = get_request_id()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    def layered(app: App, prefix: str) -> App:
        numbers = count()
        made = layer(request_id, generate=lambda: f"{prefix}-{next(numbers)}")
        return stack(app, made, layer(access_log, logger=Log()))

    inside = layered(item, "inner")

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        async def ignored(message: Message) -> None:
            """Send it to nobody."""

        async def one(path: str) -> None:
            await inside({**scope, "path": path}, receive, ignored)

        set_route(scope, "/batch")
        await one("/a")
        async with anyio.create_task_group() as group:
            group.start_soon(one, "/b")
            group.start_soon(one, "/c")
        seen["/batch"] = get_request_id()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    result = await request(layered(outer, "outer"), "GET", "/batch")

    assert result.header("x-request-id") == b"outer-0"
    assert {path: route for path, (route, _) in logged.items()} == {
        "/a": "/a/{id}",
        "/b": "/b/{id}",
        "/c": "/c/{id}",
        "/batch": "/batch",
    }
    assert {path: made for path, (_, made) in logged.items()} == seen
    assert len(set(seen.values())) == 4


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
