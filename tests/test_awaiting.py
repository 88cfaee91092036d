"""What the app is given to await is known for that by whoever asks."""

from __future__ import annotations

import asyncio
import dis
import inspect
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from asgiref.wsgi import WsgiToAsgi

from asgi_mw import awaiting, production, record
from asgi_mw.awaiting import awaited
from asgi_mw.testing import http_scope, lifespan, play, request, websocket
from tests.properties.stacks import KINDS, Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.testing import Result
    from asgi_mw.types import App, Receive, Scope, Send

_LAYERS = Bench().layers
_NAMES = [name for kind in KINDS for name in kind]
each_layer = pytest.mark.parametrize("name", _NAMES)


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Say back what was read."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("content-type", "text/plain")])
    return [body]


def outer(send: Callable[[int], object]) -> Callable[[int], object]:
    """Make a function that awaits nothing itself."""

    def send_changed(number: int) -> object:
        return send(number + 1)

    return send_changed


def test_only_who_asks_sees_a_difference() -> None:
    """It runs as it did, with the same instructions."""
    plain = outer(float)
    marked = awaited("send_changed")(outer)(float)

    assert [False, True] == [inspect.iscoroutinefunction(one) for one in (plain, marked)]
    assert [2.0, 2.0] == [plain(1), marked(1)]
    assert [one.opname for one in dis.get_instructions(plain)] == [
        one.opname for one in dis.get_instructions(marked)
    ]


def test_a_name_that_is_not_there_is_an_error() -> None:
    """A function that was renamed would lose its mark in silence."""
    with pytest.raises(LookupError, match=r"outer has no send_gone$"):
        awaited("send_gone")(outer)


def test_where_the_flag_would_change_more_nothing_is_marked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another interpreter may make a coroutine of it."""
    monkeypatch.setattr(awaiting, "_is_only_said", False)
    code = outer.__code__

    assert code is awaited("send_changed")(outer).__code__


@pytest.mark.anyio
@each_layer
@pytest.mark.parametrize("kind", ["http", "OPTIONS", "websocket", "lifespan", "odd"])
async def test_every_send_and_receive_counts_as_a_coroutine_function(name: str, kind: str) -> None:
    """Whatever stands between the app and the server."""
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend((receive, send))

    layered = _LAYERS[name](app)
    headers = {"accept-encoding": "gzip", "content-encoding": "gzip", "origin": "https://a.example"}
    if kind == "websocket":
        await websocket(layered)
    elif kind == "lifespan":
        await lifespan(layered)
    elif kind == "odd":
        await play(layered, {"type": "x.unknown"})
    else:
        method = "POST" if kind == "http" else kind
        scope = http_scope(method, headers=headers)
        scope["headers"] = iter(scope["headers"])
        await play(layered, scope, [{"type": "http.request"}])

    assert [True, True] == [iscoroutinefunction(one) for one in seen]


def _asked(app: App) -> Result:
    """The answer under asyncio, which is all that asgiref knows."""
    return asyncio.run(_post(app))


async def _post(app: App) -> Result:
    return await request(app, "POST", headers={"content-length": "5"}, body=b"hello")


@each_layer
def test_a_wsgi_app_behind_the_adapter_of_asgiref_warns_of_nothing(name: str) -> None:
    """It calls ``async_to_sync(send)`` in a thread."""
    adapted: App = WsgiToAsgi(wsgi)  # type: ignore[no-untyped-call]  # theirs
    result = _asked(_LAYERS[name](adapted))

    assert (200, b"hello", None) == (result.status, result.body, result.raised)


def test_neither_does_one_behind_all_of_them() -> None:
    """The recommended stack, and the recorder."""
    adapted: App = WsgiToAsgi(wsgi)  # type: ignore[no-untyped-call]  # theirs
    result = _asked(record(production(adapted), store="memory:"))

    assert (200, b"hello", None) == (result.status, result.body, result.raised)


@each_layer
def test_a_synchronous_consumer_warns_of_nothing(name: str) -> None:
    """As those of Channels, which stand behind routers: no layer knows them."""

    async def consumer(scope: Scope, receive: Receive, send: Send) -> None:
        base_receive, base_send = async_to_sync(receive), async_to_sync(send)

        def handle() -> None:
            body = base_receive()["body"]
            base_send({"type": "http.response.start", "status": 200, "headers": []})
            base_send({"type": "http.response.body", "body": body})

        await sync_to_async(handle)()

    result = _asked(_LAYERS[name](consumer))

    assert (200, b"hello", None) == (result.status, result.body, result.raised)
