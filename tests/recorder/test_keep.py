"""Which connections are kept: by words, or by the user's function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from asgi_mw import ConfigError, open_store, record
from asgi_mw.testing import idle, lifespan, request, websocket

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.websockets import WebSocket

    from asgi_mw.events import Exchange
    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the status that stands in the path, and what is asked for in JSON."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    if scope["path"] == "/raise":
        raise ValueError("no such luck")
    if scope["path"] == "/wait":
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    status = int(scope["path"][1:])
    headers = [(b"content-type", b"application/json")]
    body = b'{"detail": "age is missing", "password": "canary-4711"}'
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def kept(keep: Any, *, store: Any = "memory:") -> list[str]:
    """Serve one of each kind; the paths of what was kept, the oldest first."""
    opened = await anyio.to_thread.run_sync(open_store, store)
    layered = record(app, store=opened, keep=keep, slow=3600)
    for path in ("/200", "/302", "/404", "/422", "/500"):
        await request(layered, "GET", path)
    await request(layered, "GET", "/wait", disconnect=idle())
    await websocket(layered, "/ws")
    await request(layered, "GET", "/raise")

    def read() -> list[str]:
        paths = [exchange.path for exchange in opened.exchanges()][::-1]
        opened.close()
        return paths

    paths = await anyio.to_thread.run_sync(read)
    assert opened.budget.total == opened.budget.left or store == "memory:"
    return paths


@pytest.mark.parametrize(
    ("keep", "paths"),
    [
        ("422", ["/422"]),
        ("4xx", ["/404", "/422", "/ws"]),
        ("4XX", ["/404", "/422", "/ws"]),
        (["4xx"], ["/404", "/422", "/ws"]),
        (["4xx", "problems"], ["/404", "/422", "/500", "/wait", "/ws", "/raise"]),
        (("302", "error"), ["/302", "/raise"]),
        ({"client_gone"}, ["/wait"]),
        (dict.fromkeys(["2xx", "500"]).keys(), ["/200", "/500", "/raise"]),
        (["404", "all"], ["/200", "/302", "/404", "/422", "/500", "/wait", "/ws", "/raise"]),
        (lambda one: one.status == 422, ["/422"]),
        (lambda one: one.method == "GET" and one.error is not None, ["/raise"]),
    ],
)
@pytest.mark.parametrize("where", ["memory:", "folder"])
async def test_what_fits_one_of_the_words_is_kept(
    tmp_path: Path, keep: Any, paths: list[str], where: str
) -> None:
    """Or what the predicate says yes to; in whatever store."""
    assert paths == await kept(keep, store=where if where == "memory:" else tmp_path / "spool")


@pytest.mark.parametrize(("keep", "expected"), [("complete", 1), ("problems", 0), ("101", 1)])
async def test_a_websocket_of_texts_is_judged_like_any_other(keep: str, expected: int) -> None:
    """By how it ended, whatever was said."""

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})

    store = open_store("memory:")
    await websocket(record(echo, store=store, keep=keep, slow=3600), messages=["a", "b"])
    assert expected == len(list(store.exchanges()))


@pytest.mark.parametrize(("code", "expected"), [(1000, 0), (1001, 0), (1006, 1), (4000, 1)])
async def test_a_client_that_closes_in_order_is_no_problem(code: int, expected: int) -> None:
    """Though an exception of the framework's leaves the handler."""

    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive_text()

    store = open_store("memory:")
    app = Starlette(routes=[WebSocketRoute("/", chat)])
    await websocket(record(app, store=store, keep="problems", slow=3600), close=(code, ""))
    assert expected == len(list(store.exchanges()))


async def test_a_422_is_kept_with_its_body() -> None:
    """Masked, as all that is kept."""
    store = open_store("memory:")
    layered = record(app, store=store, keep=["422"])
    await request(layered, "POST", "/422", body=b'{"nmae": "Ada"}')
    await request(layered, "POST", "/200", body=b"{}")
    [exchange] = store.exchanges()
    assert (422, b'{"detail": "age is missing", "password": "[redacted]"}') == (
        exchange.status,
        exchange.events[-1].message["body"],
    )


async def test_a_predicate_sees_no_secret_and_no_payload() -> None:
    """It is called once, as the connection ends, with how it did."""
    seen: list[Exchange] = []

    def keep(exchange: Exchange) -> bool:
        seen.append(exchange)
        return False

    store = open_store("memory:")
    headers = [(b"authorization", b"Bearer canary-4711")]
    layered = record(app, store=store, keep=keep)
    await request(layered, "POST", "/200?token=canary-4711", headers=headers, body=b"canary-4711")
    [exchange] = seen
    assert "canary-4711" not in repr(exchange)
    assert (200, "complete", 55) == (exchange.status, exchange.outcome, exchange.bytes("send"))
    assert [] == list(store.exchanges())
    assert store.budget.total == store.budget.left


async def test_a_predicate_that_raises_keeps_and_is_counted() -> None:
    """Better too much than what somebody looks for."""
    store = open_store("memory:")
    await request(record(app, store=store, keep=lambda one: one.nothing), "GET", "/200")  # type: ignore[attr-defined]
    assert ["/200"] == [exchange.path for exchange in store.exchanges()]
    assert {"keep: AttributeError": 1} == store.faults.counts


@pytest.mark.parametrize(
    ("keep", "expected"), [("all", 1), ("4xx", 0), (["complete"], 1), (lambda _: False, 0)]
)
async def test_the_lifespan_is_kept_by_the_same_rule(keep: Any, expected: int) -> None:
    """Also when the server exits at its end."""

    async def living(scope: Scope, receive: Receive, send: Send) -> None:
        for what in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{what}.complete"})

    store = open_store("memory:")
    await lifespan(record(living, store=store, keep=keep))
    assert expected == len(list(store.exchanges()))


@pytest.mark.parametrize(
    "keep",
    ["some", "6xx", "4x", "", [], ["4xx", "slow"], [404], 404, None, b"4xx", ["4xx", None]],
)
def test_what_can_keep_nothing_is_refused(keep: Any) -> None:
    """With what may be written."""
    with pytest.raises(ConfigError, match=r"^record: keep=.*(422|sample=0)"):
        record(app, keep=keep)
