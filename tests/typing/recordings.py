"""What a type checker knows of recordings: stores, exchanges, what tests, replays and compares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_type

import httpx
import httpx2
from fastapi import FastAPI
from litestar import Litestar

from asgi_mw import (
    Event,
    Exchange,
    compare,
    get_request_id,
    log_fields,
    measure,
    open_store,
    record,
    set_route,
)
from asgi_mw.recorder import Query, Store
from asgi_mw.replay import Replayed, Replayer, replay
from asgi_mw.spec import Finding, check
from asgi_mw.testing import Result, Transport, Wire, http_scope, request, run, websocket

if TYPE_CHECKING:
    from asgi_mw import App, Scope
    from asgi_mw.differences import Difference


def stores(folder: str) -> list[Exchange]:
    """Open, record, ask."""
    store = open_store("memory:")
    assert_type(store, Store)
    assert_type(record(FastAPI(), store=store), FastAPI)
    assert_type(record(Litestar([]), store=folder, keep=_kept, skip=_skipped), Litestar)
    store.recording = False
    assert_type(store.count(), int)
    for exchange in store.exchanges(Query(status="4xx", path="/users/*")):
        assert_type(exchange, Exchange)
        assert_type(exchange.status, int | None)
        assert_type(exchange.events, tuple[Event, ...])
        assert_type(check(exchange), list[Finding])
    return list(store.exchanges())


def _kept(exchange: Exchange) -> bool:
    return exchange.outcome != "complete"


def _skipped(scope: Scope) -> bool:
    return bool(scope["path"] == "/health")


def compared(left: Exchange, right: Exchange) -> list[Difference]:
    """Compare two."""
    return compare(left, right, ignore=["header:date"])


def tested(app: App) -> bytes | None:
    """Drive an app without a server."""
    result = run(request(app, "POST", "/users", headers={"accept": "*/*"}, body=b"{}"))
    assert_type(result, Result)
    assert_type(result.status, int | None)
    assert_type(run(websocket(Litestar([]), "/ws", messages=["hello"])), Result)
    return result.header("content-type")


async def served(app: FastAPI) -> list[Any]:
    """Serve an app to both clients, and step by step."""
    async with Transport(app) as transport:
        assert_type(transport.exchanges, list[Exchange])
        async with httpx2.AsyncClient(transport=transport, base_url="http://shop") as client:
            await client.get("/")
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as old:
            await old.get("/")
    async with Wire(app, http_scope("GET", "/")) as wire:
        assert_type(wire, Wire)
    return []


async def replayed(app: Litestar, exchange: Exchange) -> bool:
    """Replay one."""
    once = await replay(app, exchange)
    assert_type(once, Replayed)
    async with Replayer(app, secrets={"authorization": "Bearer x"}) as replayer:
        again = await replayer.replay(exchange)
    return once.differences() == again.differences()


async def handler() -> str | None:
    """What a handler may read and say."""
    log_fields(user_id=7, plan="free")
    set_route({}, "/users/{number}")
    with measure("cache"):
        pass
    async with measure("db", description="users"):
        pass
    return get_request_id()
