"""Facts about the transport: what clients of httpx and httpx2 get from an app, and it of them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import httpx2
import pytest
import trio
from fastapi import BackgroundTasks, FastAPI, Request  # noqa: TC002  # FastAPI reads them
from starlette.responses import RedirectResponse, StreamingResponse

from asgi_mw.errors import ConfigError, MissingExtraError
from asgi_mw.testing import (
    H2CORN,
    HYPERCORN,
    SERVERS,
    Behaviour,
    Transport,
    TransportError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from pathlib import Path

    from asgi_mw.types import Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

# What the generators of httpx leave behind them on trio, with any transport
unclosed = pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")
both = pytest.mark.parametrize("package", [httpx, httpx2], ids=["httpx", "httpx2"])
user: ContextVar[str] = ContextVar("user", default="nobody")


def start(status: int = 200, *headers: tuple[bytes, bytes]) -> Message:
    """The message that begins a response."""
    return {"type": "http.response.start", "status": status, "headers": [*headers]}


def body(data: bytes, *, more: bool = False) -> Message:
    """A message with a part of the body."""
    return {"type": "http.response.body", "body": data, "more_body": more}


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every request with the same."""
    assert scope["type"] == "http"
    await send(start(200, (b"content-type", b"text/plain")))
    await send(body(b"hello"))


class Endless:
    """Sends events without end, and notes how many it sent and what it saw."""

    def __init__(self) -> None:
        self.sent = 0
        self.ended: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until ``send`` raises or the client has gone."""
        assert scope["type"] == "http"
        await receive()
        try:
            await send(start(200, (b"content-type", b"text/event-stream")))
            while True:
                await send(body(b"data: %d\n\n" % self.sent, more=True))
                self.sent += 1
        except BaseException as error:
            self.ended = type(error).__name__
            raise


async def listening(scope: Scope, receive: Receive, send: Send) -> None:
    """Send one event, then wait until the client leaves."""
    assert scope["type"] == "http"
    await receive()
    await send(start())
    await send(body(b"data: first\n\n", more=True))
    assert (await receive()) == {"type": "http.disconnect"}


def client(transport: Transport, package: Any = httpx2, **options: Any) -> Any:
    """A client of *package*."""
    return package.AsyncClient(transport=transport, base_url="http://shop.example", **options)


@both
async def test_a_request_and_its_response(package: Any) -> None:
    """As any other transport has them."""
    async with client(Transport(hello), package) as browser:
        response = await browser.get("/")

    assert type(response) is package.Response
    assert (200, "text/plain", "hello") == (
        response.status_code,
        response.headers["content-type"],
        response.text,
    )
    assert "HTTP/1.1" == response.http_version
    assert response.elapsed.total_seconds() > 0


@unclosed
@both
async def test_an_endless_response_is_read_line_by_line_and_left(package: Any) -> None:
    """The app ends, for its client has left."""
    app = Endless()
    transport = Transport(app, send_raises=ConnectionResetError)
    async with client(transport, package) as browser:
        async with browser.stream("GET", "/events") as response:
            lines = response.aiter_lines()
            found = [await anext(lines) for _ in range(3)]
        assert "ConnectionResetError" == app.ended

    assert ["data: 0", "", "data: 1"] == found


async def test_the_app_is_not_ahead_of_its_client() -> None:
    """One message may be on its way; the next ``send`` waits."""
    app = Endless()
    async with (
        client(Transport(app, send_raises=OSError)) as browser,
        browser.stream("GET", "/") as response,
        aclosing(response.aiter_raw()) as chunks,
    ):
        for taken in range(1, 20):
            await anext(chunks)
            await anyio.wait_all_tasks_blocked()
            assert taken + 1 == app.sent


async def test_an_endless_response_can_be_cancelled() -> None:
    """A deadline of the test is kept, though both sides are always busy."""
    app = Endless()
    async with client(Transport(app, send_raises=OSError)) as browser:
        with anyio.move_on_after(0.05) as scope:
            async with browser.stream("GET", "/") as response:
                async for _ in response.aiter_raw():
                    pass
        assert scope.cancelled_caught

    assert app.ended == "OSError"


@both
async def test_a_request_body_is_read_as_the_app_asks_for_it(package: Any) -> None:
    """Chunk by chunk, while the response is sent."""
    given = []

    async def chunks() -> AsyncIterator[bytes]:
        for chunk in (b"a", b"b", b"c"):
            given.append(chunk)
            yield chunk

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await anyio.wait_all_tasks_blocked()
        assert [] == given
        while True:
            message = await receive()
            await send(body(message["body"].upper(), more=message["more_body"]))
            if not message["more_body"]:
                return

    async with (
        client(Transport(app, lifespan=False), package) as browser,
        browser.stream("POST", "/", content=chunks()) as response,
    ):
        seen = [(chunk, len(given)) async for chunk in response.aiter_raw()]

    # The app may ask for one more than the client has read
    assert [b"A", b"B", b"C"] == [chunk for chunk, _ in seen]
    assert [count for _, count in seen] <= [2, 3, 3]


@both
async def test_a_body_in_one_piece_is_one_message(package: Any) -> None:
    """And so is none."""
    received: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        received.append(await receive())
        await hello(scope, receive, send)

    async with client(Transport(app, lifespan=False), package) as browser:
        await browser.post("/", content=b"abc")
        await browser.get("/")

    assert [
        {"type": "http.request", "body": b"abc", "more_body": False},
        {"type": "http.request", "body": b"", "more_body": False},
    ] == received


async def test_a_body_that_fails_fails_the_request() -> None:
    """The client raises its own exception, and the app sees it leave."""
    received: list[Message] = []

    async def chunks() -> AsyncIterator[bytes]:
        yield b"a"
        raise ValueError("no more")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while not received or received[-1]["type"] != "http.disconnect":
            received.append(await receive())

    async with client(Transport(app, lifespan=False)) as browser:
        with pytest.raises(ValueError, match="no more"):
            await browser.post("/", content=chunks())

    assert [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.disconnect"},
    ] == received


async def test_a_body_that_nobody_reads_is_not_read() -> None:
    """The response is complete without it."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b"a"
        await anyio.sleep_forever()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert b"a" == (await receive())["body"]
        with anyio.move_on_after(0.01):
            await receive()
        await hello(scope, receive, send)

    async with client(Transport(app, lifespan=False)) as browser:
        assert "hello" == (await browser.post("/", content=chunks())).text


@unclosed
async def test_an_app_sees_its_client_leave() -> None:
    """``receive`` gives the disconnect once the response is closed."""
    transport = Transport(listening)
    async with client(transport) as browser:
        async with browser.stream("GET", "/") as response:
            assert "data: first" == await anext(response.aiter_lines())
        [exchange] = transport.exchanges

    assert "client_gone" == exchange.outcome
    assert "http.disconnect" == exchange.events[-1].type


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_a_client_that_leaves_after_some_messages(count: int) -> None:
    """Its response ends there."""
    app = Endless()
    transport = Transport(app, disconnect_after=count, send_raises=BrokenPipeError)
    async with client(transport) as browser:
        response = await browser.get("/")

    assert b"".join(b"data: %d\n\n" % number for number in range(count)) == response.content
    assert "BrokenPipeError" == app.ended
    assert ["client_gone"] == [exchange.outcome for exchange in transport.exchanges]


async def test_a_client_that_would_leave_after_more_than_there_is() -> None:
    """It has a whole response."""
    transport = Transport(hello, disconnect_after=2)
    async with client(transport) as browser:
        assert "hello" == (await browser.get("/")).text

    assert ["complete"] == [exchange.outcome for exchange in transport.exchanges]


async def test_by_default_a_late_send_does_nothing() -> None:
    """As with uvicorn; an app that goes on all the same holds no event loop, and is told of."""
    app = Endless()
    transport = Transport(app, disconnect_after=1, timeout=0.05)
    async with client(transport) as browser:
        with pytest.raises(TransportError) as raised:
            await browser.get("/endless")

    assert (
        "GET /endless: the client left, and 0.05 s later the app still runs; "
        "if it may take longer, give Transport a longer timeout"
    ) == str(raised.value)
    assert app.ended in {"CancelledError", "Cancelled"}


async def test_a_server_that_cancels() -> None:
    """As its behaviour says."""
    app = Endless()
    transport = Transport(app, behaviour=H2CORN, disconnect_after=1)
    async with client(transport) as browser:
        await browser.get("/")

    assert ["cancelled"] == [exchange.outcome for exchange in transport.exchanges]


@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_every_server(behaviour: Behaviour) -> None:
    """Its scopes fit an app of FastAPI."""
    app = FastAPI()

    @app.get("/x")
    async def seen(request: Request) -> dict[str, Any]:
        return {"path": request.url.path, "query": request.url.query}

    async with client(Transport(app, behaviour=behaviour)) as browser:
        response = await browser.get("/x?y=1")

    assert {"path": "/x", "query": "y=1"} == response.json()


async def test_the_scope_is_a_servers() -> None:
    """Every key of it."""
    scopes = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append({key: scope[key] for key in scope if "asgi_mw" not in key})
        await hello(scope, receive, send)

    async with client(Transport(app, lifespan=False), headers={"X-A": "1"}) as browser:
        await browser.get("/caf%C3%A9?x=%20", headers={"accept": "*/*", "user-agent": "t"})

    [scope] = scopes
    assert (b"x-a", b"1") in scope.pop("headers")
    assert {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("shop.example", 80),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": "GET",
        "root_path": "",
        "path": "/café",
        "raw_path": b"/caf%C3%A9",
        "query_string": b"x=%20",
        "state": {},
    } == scope


async def test_what_the_test_says_outranks_the_server() -> None:
    """Also where the server leaves a key out."""
    scopes = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await hello(scope, receive, send)

    transport = Transport(
        app,
        behaviour=H2CORN,
        lifespan=False,
        root_path="/api",
        client=("10.0.0.1", 9),
        http_version="2",
        spec_version="2.9",
        extensions={"x.y": {}},
    )
    async with client(transport) as browser:
        response = await browser.get("https://a.example/")

    [scope] = scopes
    assert "HTTP/2" == response.http_version
    assert ("/api", ("10.0.0.1", 9), "2") == (
        scope["root_path"],
        scope["client"],
        scope["http_version"],
    )
    assert "2.9" == scope["asgi"]["spec_version"]
    assert {"http.response.pathsend", "http.response.zerocopysend", "x.y"} == set(
        scope["extensions"]
    )
    assert ("https", ("a.example", 443)) == (scope["scheme"], scope["server"])


@both
async def test_an_error_before_the_response_is_raised(package: Any) -> None:
    """The very object."""
    error = LookupError("none")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    async with client(Transport(app), package) as browser:
        with pytest.raises(LookupError) as raised:
            await browser.get("/")

    assert error is raised.value


@both
async def test_an_error_after_the_start_is_raised_where_the_body_is_read(package: Any) -> None:
    """Behind what was sent."""
    error = LookupError("none")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(body(b"a", more=True))
        raise error

    seen = []
    async with client(Transport(app, lifespan=False), package) as browser:

        async def read() -> None:
            async with browser.stream("GET", "/") as response:
                async for chunk in response.aiter_raw():
                    seen.append(chunk)  # noqa: PERF401  # what was read before it raised

        with pytest.raises(LookupError) as raised:
            await read()

    assert ([b"a"], error) == (seen, raised.value)


async def test_an_error_that_nobody_read_is_raised_as_the_response_is_closed() -> None:
    """It is not lost."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        raise LookupError("none")

    async with client(Transport(app, lifespan=False)) as browser:
        with pytest.raises(LookupError):
            async with browser.stream("GET", "/"):
                await anyio.wait_all_tasks_blocked()


async def test_an_error_behind_a_complete_response_is_raised() -> None:
    """As Starlette's, behind its page of status 500."""
    app = FastAPI()

    @app.get("/")
    async def fails() -> None:
        raise LookupError("none")

    async with client(Transport(app)) as browser:
        with pytest.raises(LookupError):
            await browser.get("/")
    async with client(Transport(app, raise_app_exceptions=False)) as browser:
        response = await browser.get("/")

    assert (500, "Internal Server Error") == (response.status_code, response.text)


@both
async def test_errors_can_be_what_a_client_of_a_server_sees(package: Any) -> None:
    """A plain 500, or a response that is cut off."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/late":
            await send(start())
        raise LookupError("none")

    transport = Transport(app, raise_app_exceptions=False)
    async with client(transport, package) as browser:
        assert 500 == (await browser.get("/")).status_code
        with pytest.raises(package.RemoteProtocolError):
            await browser.get("/late")

    assert ["error", "error"] == [exchange.outcome for exchange in transport.exchanges]
    assert ["LookupError"] * 2 == [one.error.type for one in transport.exchanges if one.error]


@both
async def test_an_app_that_returns_too_early(package: Any) -> None:
    """The error says which request, and what is missing."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/some":
            await send(start())

    async with client(Transport(app, lifespan=False), package) as browser:
        with pytest.raises(TransportError, match="GET /none: the app returned without a response"):
            await browser.get("/none")
        with pytest.raises(TransportError, match="returned before its response was complete"):
            await browser.get("/some")
    quiet = Transport(app, lifespan=False, raise_app_exceptions=False)
    async with client(quiet, package) as browser:
        assert 500 == (await browser.get("/none")).status_code
        with pytest.raises(package.RemoteProtocolError):
            await browser.get("/some")


@pytest.mark.parametrize("behaviour", [Behaviour(), HYPERCORN], ids=str)
async def test_a_message_that_no_client_could_read_is_refused(behaviour: Behaviour) -> None:
    """Also where the server would let it pass."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(body(b"too early"))

    async with client(Transport(app, behaviour=behaviour, lifespan=False)) as browser:
        with pytest.raises(Exception, match=r"unexpected http\.response\.body"):
            await browser.get("/")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
async def test_what_has_no_body_gets_none(method: str, status: int) -> None:
    """Whatever the app sends."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(status))
        await send(body(b"a", more=True))
        await send(body(b"b"))

    async with client(Transport(app, lifespan=False)) as browser:
        response = await browser.request(method, "/")

    assert (status, b"") == (response.status_code, response.content)


async def test_trailers_and_hints_are_no_body() -> None:
    """They go by."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.early_hint", "links": [b"<a>"]})
        await send({**start(), "trailers": True})
        await send(body(b"a"))
        await send({"type": "http.response.trailers", "headers": [], "more_trailers": True})
        await send({"type": "http.response.trailers", "headers": []})

    async with client(Transport(app, lifespan=False)) as browser:
        assert b"a" == (await browser.get("/")).content


@pytest.mark.parametrize("kind", ["pathsend", "zerocopysend"])
async def test_files_are_read(kind: str, tmp_path: Path) -> None:
    """Of servers that take a file instead of its bytes."""
    path = tmp_path / "file"
    path.write_bytes(b"0123456789" * 10_000)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        message: Message = {"type": f"http.response.{kind}"}
        if kind == "pathsend":
            await send({**message, "path": str(path)})
            return
        with path.open("rb") as file:
            await send({**message, "file": file, "offset": 7, "count": 5, "more_body": True})
            await send({**message, "file": file.fileno()})

    async with client(Transport(app, behaviour=H2CORN, lifespan=False)) as browser:
        response = await browser.get("/")

    whole = b"0123456789" * 10_000
    expected = whole if kind == "pathsend" else whole[7:12] + whole[12:]
    assert expected == response.content


async def test_requests_at_the_same_time() -> None:
    """Each has a task of its own."""
    arrived: set[str] = set()
    all_there = anyio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        arrived.add(scope["path"])
        if len(arrived) == 3:
            all_there.set()
        await all_there.wait()
        await send(start())
        await send(body(scope["path"].encode()))

    answers = {}
    async with client(Transport(app, lifespan=False)) as browser:

        async def get(path: str) -> None:
            answers[path] = (await browser.get(path)).text

        async with anyio.create_task_group() as tasks:
            for path in ("/a", "/b", "/c"):
                tasks.start_soon(get, path)

    assert {"/a": "/a", "/b": "/b", "/c": "/c"} == answers


@both
async def test_redirects_and_cookies(package: Any) -> None:
    """The client's own, also with a body."""
    app = FastAPI()

    @app.post("/old")
    async def old() -> RedirectResponse:
        response = RedirectResponse("/new", 307)
        response.set_cookie("seen", "1")
        return response

    @app.post("/new")
    async def new(request: Request) -> dict[str, Any]:
        return {"cookies": request.cookies, "body": await request.json()}

    async with client(Transport(app), package, follow_redirects=True) as browser:
        response = await browser.post("/old", json={"a": 1})

    assert {"cookies": {"seen": "1"}, "body": {"a": 1}} == response.json()


async def test_background_tasks_are_done_when_the_response_is() -> None:
    """So that a test can see what they did."""
    app = FastAPI()
    done = []

    async def later() -> None:
        await anyio.sleep(0.01)
        done.append(1)

    @app.get("/")
    async def begin(tasks: BackgroundTasks) -> None:
        tasks.add_task(later)

    async with client(Transport(app)) as browser:
        await browser.get("/")
        assert [1] == done


@unclosed
@pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
async def test_a_stream_of_fastapi_ends_as_its_client_leaves(spec_version: str) -> None:
    """In the way of either version; Starlette leaves the generator where it stood, in both."""
    app = FastAPI()

    async def endless() -> AsyncGenerator[str]:
        number = 0
        while True:
            yield f"data: {number}\n\n"
            number += 1
            await anyio.sleep(0.001)

    async with aclosing(endless()) as numbers:

        @app.get("/")
        async def stream() -> StreamingResponse:
            return StreamingResponse(numbers, media_type="text/event-stream")

        transport = Transport(app, spec_version=spec_version, send_raises=OSError)
        async with client(transport) as browser:
            async with browser.stream("GET", "/") as response:
                lines = response.aiter_lines()
                assert ["data: 0", "", "data: 1"] == [await anext(lines) for _ in range(3)]
            await anyio.wait_all_tasks_blocked()

    assert ["client_gone"] == [exchange.outcome for exchange in transport.exchanges]


async def test_context_variables_reach_the_app_and_stay_its_own() -> None:
    """A copy of the client's."""
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(user.get())
        user.set("app")
        await hello(scope, receive, send)

    async with client(Transport(app, lifespan=False)) as browser:
        user.set("test")
        await browser.get("/")

    assert (["test"], "test") == (seen, user.get())


async def test_every_exchange_is_on_record() -> None:
    """In the order in which they began, with what is still served."""
    transport = Transport(listening, lifespan=False)
    async with client(transport) as browser:
        async with browser.stream("GET", "/a"), browser.stream("GET", "/b"):
            await anyio.wait_all_tasks_blocked()
            running = transport.exchanges
        await anyio.wait_all_tasks_blocked()

    assert [("/a", None), ("/b", None)] == [(one.path, one.outcome) for one in running]
    assert [("/a", "client_gone"), ("/b", "client_gone")] == [
        (one.path, one.outcome) for one in transport.exchanges
    ]


async def test_a_response_that_is_not_closed_is_when_the_transport_is() -> None:
    """No task is left."""
    app = Endless()
    transport = Transport(app, send_raises=OSError)
    before = tasks_now()
    browser = client(transport)
    await browser.__aenter__()
    response = await browser.send(browser.build_request("GET", "/"), stream=True)
    assert 200 == response.status_code
    await browser.aclose()

    assert "OSError" == app.ended
    await anyio.wait_all_tasks_blocked()
    assert before == tasks_now()
    await transport.aclose()


async def test_no_task_is_left_when_the_test_fails() -> None:
    """The test's own exception leaves the block as it is."""
    before = tasks_now()
    error = ValueError("of the test")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await anyio.sleep_forever()

    async def fails() -> None:
        async with client(Transport(app, lifespan=False)) as browser:
            await browser.send(browser.build_request("GET", "/"), stream=True)
            raise error

    with pytest.raises(ValueError, match="of the test") as raised:
        await fails()

    assert error is raised.value
    await anyio.wait_all_tasks_blocked()
    assert before == tasks_now()


async def test_a_cancelled_test_is_cleaned_up() -> None:
    """Its lifespan with it."""
    seen = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            seen.append("down")

    with anyio.CancelScope() as scope:
        async with client(Transport(FastAPI(lifespan=lifespan))):
            scope.cancel()
            await anyio.sleep_forever()

    assert (True, ["down"]) == (scope.cancelled_caught, seen)


async def test_a_client_that_is_cancelled_has_left() -> None:
    """Before the response began."""
    ended: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        scope_of_client.cancel()
        ended.append(await receive())

    async with client(Transport(app, lifespan=False)) as browser:
        with anyio.CancelScope() as scope_of_client:
            await browser.get("/")

    assert [{"type": "http.disconnect"}] == ended


async def test_a_transport_that_is_not_open_says_how_to_open_it() -> None:
    """Before the block, and after it."""
    transport = Transport(hello)
    browser = client(transport)
    with pytest.raises(TransportError, match="async with Transport"):
        await browser.get("/")
    async with transport:
        assert 200 == (await browser.get("/")).status_code
    with pytest.raises(TransportError, match="not open"):
        await browser.get("/")


async def test_a_transport_of_several_clients_is_open_until_the_last_has_left() -> None:
    """And can be opened again; its lifespan begins anew."""
    ups = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        ups.append("up")
        yield
        ups.append("down")

    transport = Transport(FastAPI(lifespan=lifespan))
    async with transport:
        async with client(transport) as first:
            assert 404 == (await first.get("/")).status_code
        async with client(transport, httpx) as second:
            assert 404 == (await second.get("/")).status_code
        assert ["up"] == ups
    async with client(transport) as third:
        assert 404 == (await third.get("/")).status_code

    assert ["up", "down"] * 2 == ups


@pytest.fixture
async def opened() -> AsyncIterator[Any]:
    """A client in a fixture: anyio's plugin opens and closes it in one task."""
    async with client(Transport(hello)) as browser:
        yield browser


async def test_a_transport_in_a_fixture(opened: Any) -> None:
    """It serves the test."""
    assert "hello" == (await opened.get("/")).text


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"app": None}, "app=None: is no ASGI app"),
        ({"behaviour": "uvicorn"}, "behaviour='uvicorn': is no Behaviour"),
        ({"disconnect_after": -1}, "disconnect_after=-1: is out of range"),
        ({"disconnect_after": "1"}, "disconnect_after='1': is no number"),
        ({"send_raises": OSError()}, r"send_raises=OSError\(\): is no class of exceptions"),
        ({"client": "10.0.0.1"}, "client='10.0.0.1': is no pair"),
        ({"http_version": 2}, "http_version=2: is no string"),
        ({"timeout": "5s"}, "timeout='5s': is no number"),
    ],
)
def test_a_wrong_option(options: dict[str, Any], reason: str) -> None:
    """Said as the transport is made."""
    with pytest.raises(ConfigError, match=reason):
        Transport(**{"app": hello, **options})


def test_without_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says which extra brings one."""
    monkeypatch.setattr("asgi_mw.testing.transport.transport.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"asgi-mw\[test\]"):
        Transport(hello)


async def test_a_request_of_another_kind() -> None:
    """It is none of the two packages'."""
    async with Transport(hello) as transport:
        with pytest.raises(TypeError, match="object is no request of httpx or httpx2"):
            await transport.handle_async_request(object())


def tasks_now() -> int:
    """How many tasks there are."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        return trio.lowlevel.current_statistics().tasks_living
