"""Apps of real frameworks, and apps with their habits, answer the same with and without layers."""

from __future__ import annotations

import gzip
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import anyio
import fastapi
import litestar
import litestar.response
import nexios
import pytest
import quart
import starlette.applications
import starlette.background
import starlette.responses
import starlette.routing

from asgi_mw import get_request_id
from asgi_mw.testing import SERVERS, after, before, during, idle, request, websocket
from tests.properties.models import ALLOWED
from tests.properties.reading import DECODERS
from tests.properties.stacks import layered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from asgi_mw.testing import Behaviour, Result
    from asgi_mw.types import App, Receive, Scope, Send

pytestmark = pytest.mark.anyio
_OURS = {b"x-request-id", b"server-timing", b"date", b"vary", b"access-control-allow-origin"}
# What a client of today asks for; its body is encoded as well
_CODED = {"origin": ALLOWED.decode(), "accept-encoding": "gzip, br", "content-encoding": "gzip"}


async def _chunks() -> AsyncIterator[bytes]:
    for number in range(3):
        yield b"chunk %d\n" % number


def _starlette() -> App:
    async def json(request: Any) -> Any:
        body = await request.body()
        answer = {"size": len(body), "query": request.url.query}
        return starlette.responses.JSONResponse(answer, headers={"x-a": "1"})

    async def stream(request: Any) -> Any:
        return starlette.responses.StreamingResponse(_chunks())

    async def fail(request: Any) -> Any:
        raise ValueError("no such luck")

    async def later(request: Any) -> Any:
        task = starlette.background.BackgroundTask(anyio.lowlevel.checkpoint)
        return starlette.responses.PlainTextResponse("soon", background=task)

    async def echo(socket: Any) -> None:
        await socket.accept()
        while True:
            await socket.send_text(await socket.receive_text())

    route, mount = starlette.routing.Route, starlette.routing.Mount
    routes = [
        route("/json", json, methods=["POST"]),
        mount("/sub", routes=[route("/stream", stream, methods=["POST"])]),
        route("/fail", fail, methods=["POST"]),
        route("/later", later, methods=["POST"]),
        starlette.routing.WebSocketRoute("/echo", echo),
    ]
    return starlette.applications.Starlette(routes=routes)


def _fastapi() -> App:
    app = fastapi.FastAPI()

    @app.post("/json")
    async def json(request: fastapi.Request) -> dict[str, Any]:
        return {"size": len(await request.body()), "id": len(get_request_id() or "")}

    @app.post("/sub/stream")
    async def stream() -> fastapi.responses.StreamingResponse:
        return fastapi.responses.StreamingResponse(_chunks())

    @app.post("/fail")
    async def fail() -> None:
        raise ValueError("no such luck")

    @app.websocket("/echo")
    async def echo(socket: fastapi.WebSocket) -> None:
        await socket.accept()
        while True:
            await socket.send_text(await socket.receive_text())

    return app


def _litestar() -> Any:
    @litestar.post("/json")
    async def json(request: litestar.Request[Any, Any, Any]) -> dict[str, int]:
        return {"size": len(await request.body())}

    @litestar.post("/sub/stream")
    async def stream() -> litestar.response.Stream:
        return litestar.response.Stream(_chunks())

    @litestar.post("/fail")
    async def fail() -> None:
        raise ValueError("no such luck")

    @litestar.websocket("/echo")
    async def echo(socket: litestar.WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        while True:
            await socket.send_text(await socket.receive_text())

    return litestar.Litestar([json, stream, fail, echo], openapi_config=None)


def _quart() -> Any:
    app = quart.Quart("frameworks")

    @app.post("/json")
    async def json() -> dict[str, int]:
        return {"size": len(await quart.request.get_data())}

    @app.post("/sub/stream")
    async def stream() -> Any:
        return _chunks()

    @app.post("/fail")
    async def fail() -> str:
        raise ValueError("no such luck")

    @app.websocket("/echo")
    async def echo() -> None:
        while True:
            await quart.websocket.send(await quart.websocket.receive())

    return app


def _nexios() -> App:
    app = nexios.NexiosApp()

    @app.post("/json")
    async def json(request: Any, response: Any) -> Any:
        return response.json({"size": len(await request.body)})

    @app.post("/fail")
    async def fail(request: Any, response: Any) -> Any:
        raise ValueError("no such luck")

    return app


async def _generator_headers(scope: Scope, receive: Receive, send: Send) -> None:
    """As Sanic does; and it returns without having finished."""
    await receive()
    pairs = [(b"x-a", b"1"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    await send({"type": "http.response.start", "status": 200, "headers": (p for p in pairs)})
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})


async def _second_start(scope: Scope, receive: Receive, send: Send) -> None:
    """As Ravyn does on an error in the middle of a stream."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    await send({"type": "http.response.start", "status": 500, "headers": []})
    await send({"type": "http.response.body", "body": b"failed"})


_SHARED: list[tuple[bytes, bytes]] = [(b"x-shared", b"1")]


async def _shared_headers(scope: Scope, receive: Receive, send: Send) -> None:
    """As a Response object that is used again."""
    await send({"type": "http.response.start", "status": 200, "headers": _SHARED})
    await send({"type": "http.response.body"})


async def _listening(scope: Scope, receive: Receive, send: Send) -> None:
    """As apps do that listen for a disconnect beside their answer, and then cancel it."""
    await receive()
    async with anyio.create_task_group() as tasks:

        async def listen() -> None:
            if (await receive())["type"] == "http.disconnect":
                tasks.cancel_scope.cancel()

        tasks.start_soon(listen)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await send({"type": "http.response.body"})
        tasks.cancel_scope.cancel()


async def _waiting_for_the_end(scope: Scope, receive: Receive, send: Send) -> None:
    """As bareASGI and Quart do: the response is over, and they wait for the disconnect."""
    await receive()
    await send({"type": "http.response.start", "status": 204})
    await send({"type": "http.response.body"})
    await receive()


HABITS: list[App] = [
    _generator_headers,
    _second_start,
    _shared_headers,
    _listening,
    _waiting_for_the_end,
]
# Quart and Nexios need asyncio
FRAMEWORKS: dict[str, tuple[Callable[[], App], tuple[str, ...]]] = {
    "starlette": (_starlette, ("asyncio", "trio")),
    "fastapi": (_fastapi, ("asyncio", "trio")),
    "litestar": (_litestar, ("asyncio", "trio")),
    "quart": (_quart, ("asyncio",)),
    "nexios": (_nexios, ("asyncio",)),
}
_CASES = [(name, backend) for name, (_, backends) in FRAMEWORKS.items() for backend in backends]
frameworks = pytest.mark.parametrize(
    ("framework", "anyio_backend"), _CASES, ids=["-".join(case) for case in _CASES]
)


def _stripped(result: Result) -> list[Any]:
    """What reached the client, without what our layers add and without the time."""
    return [
        {**m, "headers": [p for p in m["headers"] if p[0].lower() not in _OURS]}
        if m.get("headers")
        else {key: value for key, value in m.items() if key != "headers"}
        for m in result.delivered
    ]


def _same(bare: Result, through: Result) -> None:
    assert _plain(_stripped(bare)) == _plain(_stripped(through))
    assert bare.received == through.received
    assert type(bare.raised) is type(through.raised)
    assert (bare.returned, bare.complete) == (through.returned, through.complete)
    if through.sent and through.status is not None:
        assert 1 == len(through.all("x-request-id"))


def _plain(messages: list[Any]) -> list[Any]:
    return [{k: v for k, v in m.items() if k != "headers" or v} for m in messages]


def _said(result: Result) -> list[Any]:
    """Headers of the response, without what comes with its coding and what our layers add."""
    coding = {b"content-encoding", b"content-length", b"etag"}
    return [pair for pair in result.headers if pair[0].lower() not in coding | _OURS]


@frameworks
@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
@pytest.mark.parametrize("path", ["/json?a=1", "/sub/stream", "/fail", "/later", "/none", "/json/"])
async def test_a_framework_answers_a_request_as_without_layers(
    framework: str, anyio_backend: str, behaviour: Behaviour, path: str
) -> None:
    """JSON, streams, mounted apps, background tasks, errors and redirects, on every server."""
    app = FRAMEWORKS[framework][0]()
    # Litestar listens beside its stream, and waits for ever if a server gives it nothing more
    served = replace(behaviour, receive_at_end="repeat")
    both = [
        await request(one, "POST", path, body=[b"one ", b"two"], behaviour=served)
        for one in (app, layered(app))
    ]
    if framework == "fastapi" and path.startswith("/json?"):
        # Its answer says whether there is an id
        assert [b'{"size":7,"id":0}', b'{"size":7,"id":32}'] == [one.body for one in both]
        return
    _same(*both)


@frameworks
@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
@pytest.mark.parametrize("path", ["/json", "/sub/stream", "/fail", "/later", "/none"])
async def test_a_framework_answers_a_coded_request_in_a_coding_as_without_layers(
    framework: str, anyio_backend: str, behaviour: Behaviour, path: str
) -> None:
    """The body that it reads is decoded, and the body that it sends decodes to the same."""
    app = FRAMEWORKS[framework][0]()
    served = replace(behaviour, receive_at_end="repeat")
    coded = gzip.compress(b"one two")
    bare = await request(app, "POST", path, body=[b"one ", b"two"], behaviour=served)
    through = await request(
        layered(app), "POST", path, headers=_CODED, body=[coded[:9], coded[9:]], behaviour=served
    )
    coding = through.header("content-encoding")
    body = DECODERS[coding]()(through.body) if coding else through.body
    assert bare.status == through.status
    assert bare.body == body.replace(b'"id":32', b'"id":0')
    assert _said(bare) == _said(through)
    assert type(bare.raised) is type(through.raised)
    assert (bare.returned, bare.complete) == (through.returned, through.complete)
    assert ALLOWED == through.header("access-control-allow-origin")
    if path == "/sub/stream" and bare.status == 200:
        assert coding is not None


@frameworks
@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_a_framework_talks_over_a_websocket_as_without_layers(
    framework: str, anyio_backend: str, behaviour: Behaviour
) -> None:
    """Echo and close; where there is no such route, the refusal."""
    app = FRAMEWORKS[framework][0]()
    both = [
        await websocket(
            one, "/echo", messages=["one", "two"], close=(1001, ""), behaviour=behaviour
        )
        for one in (app, layered(app))
    ]
    _same(*both)


SIDES: tuple[Literal["receive", "send"], ...] = ("receive", "send")
MOMENTS = [when(side, n) for when, side, n in product((before, during, after), SIDES, (1, 2, 3))]


# trio runs tasks in a random order, so that no two runs of tasks side by side are the same
REPEATABLE = [
    (app, loop)
    for app, loop in product(HABITS, ["asyncio", "trio"])
    if (app, loop) != (_listening, "trio")
]


@pytest.mark.parametrize(
    ("app", "anyio_backend"),
    REPEATABLE,
    ids=[f"{app.__name__.strip('_')}-{loop}" for app, loop in REPEATABLE],
)
@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
@pytest.mark.parametrize("leaving", ["disconnect", "cancel"])
async def test_a_client_may_leave_and_a_server_may_cancel_at_any_point(
    app: App, behaviour: Behaviour, leaving: str
) -> None:
    """With the habits of frameworks, on every server, the layers change nothing."""
    coding, plain = layered(app), layered(app, codes=False)
    for moment in [*MOMENTS, idle()]:
        # An app that gets nothing more is cancelled in the end, or it would wait for ever
        options: Any = {"behaviour": behaviour, "cancel": idle(), leaving: moment}
        if leaving == "cancel":
            options["behaviour"] = replace(behaviour, receive_at_end="repeat")
        bare = await request(app, **options)
        whole = await request(coding, **options)
        for through in (await request(plain, **options), whole):
            if through is whole and not whole.delivered and len(bare.delivered) <= 1:
                continue  # the app was stopped, or its client left, while its start was held
            _same(bare, through)
            assert (bare.cancelled, bare.disconnected) == (through.cancelled, through.disconnected)
    assert [(b"x-shared", b"1")] == _SHARED
