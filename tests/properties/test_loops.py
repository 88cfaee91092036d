"""All layers at once on real event loops: large bodies, hostile scopes, cancellation, contexts."""

from __future__ import annotations

import gc
from itertools import permutations
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from opentelemetry.context import get_current
from opentelemetry.trace import get_current_span

from asgi_mw import get_request_id, stack
from asgi_mw.connection import Connection
from asgi_mw.faults import Faults
from asgi_mw.middleware.compression.response import Response
from asgi_mw.middleware.decompression.exchange import Exchange
from asgi_mw.testing import http_scope, lifespan, play, request, websocket
from tests.properties.models import ALLOWED
from tests.properties.reading import DECODERS
from tests.properties.stacks import KINDS, Bench, layered

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.testing import Result
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio
_BROWSER = {"origin": ALLOWED.decode(), "accept-encoding": "gzip, br"}
_PAGE = b"".join(b"<p>%d</p>" % number for number in range(40_000))
_NAMES = [name for kind in KINDS for name in kind]
_LAYERS = Bench().layers


def _sending(*chunks: bytes) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number, chunk in enumerate(chunks, start=1):
            more = number < len(chunks)
            await send({"type": "http.response.body", "body": chunk, "more_body": more})

    return app


def _seen(result: Result) -> tuple[Any, ...]:
    """What the client sees: status, which headers, and the body once it is decoded."""
    coding = result.header("content-encoding")
    body = DECODERS[coding]()(result.body) if coding else result.body
    return result.status, sorted(name for name, _ in result.headers), coding, body


@pytest.mark.parametrize(
    "app",
    [_sending(_PAGE), _sending(_PAGE[:70_000], b"", _PAGE[70_000:]), _sending(b"ok")],
    ids=["whole", "streamed", "small"],
)
async def test_the_client_sees_the_same_whatever_the_order(app: App) -> None:
    """Cors, compression, record and timing in all 24 orders, with bodies that go to threads."""
    seen = [
        _seen(await request(stack(app, *map(_LAYERS.__getitem__, order)), headers=_BROWSER))
        for order in permutations(("cors", "compression", "record", "timing"))
    ]
    status, _, coding, body = seen[0]
    assert seen == [seen[0]] * 24
    bare = await request(app)
    assert (200, bare.body) == (status, body)
    assert (len(body) > 100) == (coding is not None)


@pytest.mark.parametrize("name", _NAMES)
async def test_a_layer_may_stand_twice(name: str) -> None:
    """By mistake, where ``stack`` does not see it: nothing is encoded twice, nothing is lost."""
    layer = _LAYERS[name]
    twice = await request(layer(layer(_sending(_PAGE))), headers=_BROWSER)
    assert _seen(await request(layer(_sending(_PAGE)), headers=_BROWSER))[2:] == _seen(twice)[2:]
    assert len(twice.all("access-control-allow-origin")) <= 1
    assert len(twice.all("x-request-id")) <= 1
    assert len(twice.all("vary")) <= 2


@pytest.mark.parametrize("name", _NAMES)
async def test_a_message_is_the_apps_again_once_it_was_sent(name: str) -> None:
    """Apps may use one dict, and one list of headers, for all that they say."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"x-a", b"1")]
        message: Message = {"type": "http.response.start", "status": 200, "headers": headers}
        await send(message)
        headers.append((b"x-b", b"2"))
        message.clear()
        message.update({"type": "http.response.body", "body": _PAGE})
        await send(message)

    result = await request(_LAYERS[name](app), headers=_BROWSER)
    assert (200, b"1", None) == (result.status, result.header("x-a"), result.header("x-b"))
    assert _PAGE == _seen(result)[-1]


_ODD: dict[str, Callable[[dict[str, Any]], object]] = {
    "as it is": lambda scope: None,
    "names in upper case": lambda scope: scope.update(
        headers=[(name.upper(), value) for name, value in scope["headers"]]
    ),
    "no headers at all": lambda scope: scope.pop("headers"),
    "empty path": lambda scope: scope.update(path="", raw_path=b""),
    "path with NUL": lambda scope: scope.update(path="/\x00\udcff\n\x1b[2J", raw_path=b"/%00"),
    "1 MB of query": lambda scope: scope.update(query_string=b"a=%ff&" * 175_000),
    "no addresses": lambda scope: scope.update(client=None, server=None),
    "odd addresses": lambda scope: scope.update(client=("", -1), server=("/run/app.sock", None)),
    "root path": lambda scope: scope.update(root_path="/api/é"),
    "10,000 headers": lambda scope: scope["headers"].extend([(b"x-a", b"\xff")] * 10_000),
    "1 MB of members": lambda scope: scope["headers"].extend(
        (name, b"," * 1_000_000)
        for name in (b"access-control-request-headers", b"if-none-match", b"tracestate", b"baggage")
    ),
    "HTTP/3": lambda scope: scope.update(http_version="3"),
    "no extensions": lambda scope: scope.pop("extensions", None),
    "extensions are None": lambda scope: scope.update(extensions=None),
    "no scheme": lambda scope: scope.pop("scheme", None),
    "odd method": lambda scope: scope.update(method="\x1b<b>" * 100),
    "asgi is empty": lambda scope: scope.update(asgi={}),
}


@pytest.mark.parametrize("odd", _ODD)
async def test_a_hostile_scope_is_the_apps_affair(
    odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a legal scope nor one that no server should hand on leads to a fault of ours."""
    faults: list[str] = []
    monkeypatch.setattr(
        Faults, "note", lambda self, place, error: faults.append(f"{place} {error!r}")
    )
    results = []
    for app in (_sending(b"x" * 1000), layered(_sending(b"x" * 1000))):
        scope = http_scope("GET", "/", headers=_BROWSER)
        _ODD[odd](scope)
        results.append(await play(app, scope, [{"type": "http.request"}]))
    bare, through = results
    assert (bare.status, bare.body, bare.raised) == (200, _seen(through)[-1], through.raised)
    assert [] == faults


async def test_interleaved_requests_do_not_mix() -> None:
    """Each of 200 sees its own id and span at every step, and none is left behind."""
    steps: dict[str, list[tuple[Any, ...]]] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        mine = steps.setdefault(scope["path"], [])
        for number in range(5):
            await anyio.lowlevel.checkpoint()
            mine.append((get_request_id(), get_current_span().get_span_context().span_id))
            start = {"type": "http.response.start", "status": 200, "headers": []}
            body = {"type": "http.response.body", "body": b"x" * 100, "more_body": number < 4}
            await send(body if number else start)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(note, mine)

    async def note(mine: list[tuple[Any, ...]]) -> None:
        mine.append((get_request_id(), get_current_span().get_span_context().span_id))

    served = layered(app)
    async with anyio.create_task_group() as tasks:
        for number in range(200):
            tasks.start_soon(request, served, "GET", f"/{number}")
    assert [6] * 200 == [len(mine) for mine in steps.values()]
    assert [1] * 200 == [len(set(mine)) for mine in steps.values()]
    assert 200 == len({mine[0][0] for mine in steps.values()})
    assert 200 == len({mine[0][1] for mine in steps.values()})
    assert get_request_id() is None
    assert {} == get_current()


async def test_streams_that_are_cancelled_leave_nothing_behind() -> None:
    """After 1,000 are stopped in the middle, no task and nothing of ours stays in memory."""
    stopped = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 5000, "more_body": True})
        try:
            await anyio.sleep_forever()
        except BaseException as error:
            stopped.append(type(error))
            raise

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        await anyio.lowlevel.checkpoint()

    served: Any = layered(app)
    ours = (Connection, Response, Exchange)
    gc.collect()
    before = {id(one) for one in gc.get_objects() if type(one) in ours}
    for _ in range(5):
        async with anyio.create_task_group() as tasks:
            for _ in range(200):
                scope = http_scope("GET", "/", headers=_BROWSER)
                tasks.start_soon(served, scope, receive, send)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
    assert [anyio.get_cancelled_exc_class()] * 1000 == stopped
    gc.collect()
    after = [one for one in gc.get_objects() if type(one) in ours]
    assert [] == [one for one in after if id(one) not in before]


async def test_lifespan_and_websocket_pass() -> None:
    """A startup that fails, an app without lifespan, a socket from a page that may."""

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    async def without(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError(scope["type"])

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": (await receive())["text"]})
        await send({"type": "websocket.close", "code": 1000})

    for app in (failing, without):
        bare, through = await lifespan(app), await lifespan(layered(app))
        assert bare.sent == through.sent
        assert repr(bare.raised) == repr(through.raised)
    bare = await websocket(echo, headers=_BROWSER, messages=["hé"])
    through = await websocket(layered(echo), headers=_BROWSER, messages=["hé"])
    assert bare.received == through.received
    assert bare.sent[1:] == through.sent[1:]
