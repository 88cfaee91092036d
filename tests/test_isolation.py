"""What one request bound to its context does not show in the next, whatever the server does."""

from __future__ import annotations

import gc
import weakref
from contextvars import Context, ContextVar, copy_context
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.sdk.trace import TracerProvider
from structlog.contextvars import (
    bind_contextvars,
    bound_contextvars,
    clear_contextvars,
    get_contextvars,
)

from asgi_mw import access_log, get_request_id, log_fields, request_id, stack, tracing
from asgi_mw.layers import layer
from asgi_mw.telemetry.trace_context import current_ids
from asgi_mw.testing import http_scope, request

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from asgi_mw import App, Message, Receive, Scope, Send

mine: ContextVar[str] = ContextVar("mine")


class Server:
    """Runs each request in a copy of the context that the last one called it in: uvicorn."""

    def __init__(self) -> None:
        self.leaked = Context()

    async def receive(self) -> Message:
        self.leaked = copy_context()  # as it goes on reading
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.leaked = copy_context()  # as it starts what was pipelined

    def serve(self, app: App, path: str = "/") -> Coroutine[Any, Any, None]:
        return app(http_scope("GET", path), self.receive, self.send)  # type: ignore[return-value]

    def run(self, app: App, path: str = "/") -> None:
        finish(self.leaked.copy(), self.serve(app, path))


def finish(where: Context, call: Coroutine[Any, Any, None]) -> None:
    """Run to its end what never waits."""
    with pytest.raises(StopIteration):
        where.run(call.send, None)


async def answer(send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


class App_:  # noqa: N801  # the app of these tests
    """Notes what it finds, does what it is asked to at ``/bind``, and answers."""

    def __init__(self, bind: Callable[[], object]) -> None:
        self.bind = bind
        self.found: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.found.append(get_contextvars())
        if scope["path"] == "/bind":
            self.bind()
        await answer(send)


class Lines:
    """A logger that keeps its events, each with what structlog would merge into it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def info(self, _: str, **fields: object) -> None:
        self.events.append({**get_contextvars(), **fields})

    error = warning = info


def skipped(_: Scope) -> bool:
    return True


LAYERS = {
    "access_log": lambda app: access_log(app, logger=Lines()),
    "access_log that skips": lambda app: access_log(app, logger=Lines(), skip=skipped),
    "request_id": request_id,
    "tracing": lambda app: tracing(app, tracer_provider=TracerProvider()),
    "tracing that skips": lambda app: tracing(app, tracer_provider=TracerProvider(), skip=skipped),
    "all": lambda app: stack(
        app,
        layer(tracing, tracer_provider=TracerProvider()),
        request_id,
        layer(access_log, logger=Lines()),
    ),
}


@pytest.mark.parametrize("wrap", LAYERS.values(), ids=LAYERS)
def test_a_field_of_one_request_is_not_in_the_next(wrap: Callable[[App], App]) -> None:
    """Nor in the one after it, for which the server copies the same context again."""
    app, server = App_(lambda: bind_contextvars(user="alice")), Server()
    layered = wrap(app)
    server.run(layered, "/bind")
    assert server.leaked.run(get_contextvars) == {"user": "alice"}
    leaked = server.leaked
    server.run(layered)
    server.leaked = leaked
    server.run(layered)

    assert app.found == [{}, {}, {}]


def test_a_field_that_was_bound_while_the_server_was_called_is_not_in_the_next() -> None:
    """Though the request has unbound it by the time it ends."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(get_contextvars())
        if scope["path"] == "/bind":
            with bound_contextvars(user="alice"):
                await receive()
        await send({"type": "http.response.start", "status": 204, "headers": []})

    found: list[dict[str, Any]] = []
    server = Server()
    for path in ("/bind", "/"):
        server.run(request_id(app), path)

    assert found == [{}, {}]


def test_a_request_that_begins_while_the_last_one_runs_has_nothing_of_it() -> None:
    """As where background work goes on behind a response; and takes nothing from it."""
    found: list[dict[str, Any]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(get_contextvars())
        if scope["path"] == "/bind":
            bind_contextvars(user="alice")
            await answer(send)
            server.run(layered)
            found.append(get_contextvars())

    server = Server()
    layered = request_id(app)
    server.run(layered, "/bind")

    assert found == [{}, {}, {"user": "alice"}]


def test_what_is_bound_behind_the_answer_is_not_in_the_next() -> None:
    """Where the server goes on in the very same context."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(get_contextvars())
        await answer(send)
        bind_contextvars(user="alice")

    found: list[dict[str, Any]] = []
    server, here = Server(), Context()
    for _ in range(2):
        finish(here, server.serve(request_id(app)))

    assert found == [{}, {}]


def test_a_value_that_was_there_before_is_put_back() -> None:
    """One that the process bound, and a request changed or took away."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(get_contextvars())
        bind_contextvars(service="other")
        await answer(send)

    found: list[dict[str, Any]] = []
    server = Server()
    server.leaked.run(bind_contextvars, service="shop")
    for _ in range(2):
        server.run(request_id(app))

    assert found == [{"service": "shop"}] * 2


@pytest.mark.parametrize(
    ("first", "second"), [("acme", "acme"), ("acme", "other")], ids=["same", "another"]
)
def test_what_a_layer_outside_bound_stays(first: str, second: str) -> None:
    """For this request, be it the same as for the last one."""
    tenants = iter([first, second])
    app, server = App_(lambda: bind_contextvars(user="alice")), Server()
    inner = access_log(app, logger=Lines())

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        bind_contextvars(tenant=next(tenants))
        await inner(scope, receive, send)

    server.run(outer, "/bind")
    server.run(outer)

    assert app.found == [{"tenant": first}, {"tenant": second}]


def test_a_layer_outside_sees_what_the_app_bound() -> None:
    """During its sends, and once the call is over."""
    app, server = App_(lambda: bind_contextvars(user="alice")), Server()
    seen: list[dict[str, Any]] = []

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_seen(message: Message) -> None:
            seen.append(get_contextvars())
            await send(message)

        await request_id(app)(scope, receive, send_seen)
        seen.append(get_contextvars())

    server.run(outer, "/bind")

    assert seen == [{"user": "alice"}] * 3


def test_a_request_within_a_request_has_the_fields_of_the_outer_one() -> None:
    """One that the app makes itself, as through httpx; the outer one keeps its own."""
    inner = App_(lambda: None)
    server = Server()
    seen: list[dict[str, Any]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        bind_contextvars(user="alice")
        for _ in range(2):
            await Server().serve(request_id(inner))
        seen.append(get_contextvars())
        await answer(send)

    server.run(request_id(app))

    assert inner.found == [{"user": "alice"}] * 2
    assert seen == [{"user": "alice"}]


def test_the_ids_and_fields_of_one_request_are_not_in_one_that_is_skipped() -> None:
    """Nor its baggage; a request that is skipped has a span that nobody records."""
    found: list[object] = []
    lines = Lines()
    provider = TracerProvider()

    bound: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/bind":
            context.attach(baggage.set_baggage("user", "alice", context.get_current()))
            bound.append(current_ids())
        else:
            found.extend([current_ids() in bound, get_request_id(), baggage.get_all()])
            log_fields(late=True)
        await answer(send)

    skip = ["/skipped"]
    layered = stack(
        app,
        layer(tracing, tracer_provider=provider, skip=skip),
        layer(access_log, logger=lines, skip=skip),
    )
    server = Server()
    server.run(stack(app, layer(tracing, tracer_provider=provider), request_id), "/bind")
    server.run(layered, "/skipped")

    assert found == [False, None, {}]
    assert lines.events == []


def test_a_request_is_traced_though_the_last_one_suppressed_it() -> None:
    """The suppression of the app's own code was meant for what that code did."""
    spans: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        spans.append(trace.get_current_span().is_recording())
        context.attach(context.set_value("suppress_instrumentation", True))
        await answer(send)

    layered = tracing(app, tracer_provider=TracerProvider())
    server = Server()
    for _ in range(2):
        server.run(layered)

    assert spans == [True, True]


def test_who_is_outside_finds_no_id_of_the_request_before() -> None:
    """As the server's own log record of an exception would."""
    server = Server()
    found: list[str | None] = []

    async def outside(scope: Scope, receive: Receive, send: Send) -> None:
        await request_id(App_(lambda: None))(scope, receive, send)
        found.append(get_request_id())

    for _ in range(3):
        server.run(outside)

    assert found == [None] * 3


def test_a_field_of_the_process_that_a_request_clears_is_back_in_the_next() -> None:
    """What was bound before it began is not its own to take away."""
    server = Server()
    server.leaked.run(bind_contextvars, service="shop")
    app = App_(clear_contextvars)
    layered = request_id(app)
    for path in ("/bind", "/", "/"):
        server.run(layered, path)

    assert app.found == [{"service": "shop"}] * 3


@pytest.mark.anyio
async def test_a_request_within_a_request_changes_nothing_for_the_handler() -> None:
    """Whoever else listens for the disconnect meanwhile, and however often it is done."""
    inner = App_(lambda: None)
    nested = request_id(inner)
    found: list[Any] = []

    async def listen(receive: Receive) -> None:
        await receive()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        bind_contextvars(user=1)
        async with anyio.create_task_group() as group:
            group.start_soon(listen, receive)
        for _ in range(2):
            await request(nested)
        found.append((get_contextvars(), get_request_id() is not None))
        await answer(send)

    await request(request_id(app))

    assert inner.found == [{"user": 1}] * 2
    assert found == [({"user": 1}, True)]


def test_context_variables_of_others_are_left_alone() -> None:
    """What they hold for nothing, nobody can know."""
    server = Server()
    found: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(mine.get(""))
        mine.set("x")
        await answer(send)

    for _ in range(2):
        server.run(request_id(app))

    assert found == ["", "x"]


@pytest.fixture
def _no_garbage() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_garbage")
def test_the_requests_of_a_connection_are_not_kept() -> None:
    """A context holds no other request than the last, and no cycle holds that."""
    server = Server()
    layered = request_id(App_(lambda: None))

    def contexts() -> int:
        return sum(type(one) is Context for one in gc.get_objects())

    server.run(layered)
    before = contexts()
    for _ in range(50):
        server.run(layered)

    assert contexts() - before <= 2


@pytest.mark.usefixtures("_no_garbage")
def test_what_a_request_bound_goes_with_its_connection() -> None:
    """No cycle holds it until somebody collects garbage."""
    held: list[weakref.ref[App_]] = []

    def bind() -> None:
        one = App_(bind)
        held.append(weakref.ref(one))
        bind_contextvars(one=one)

    layered = request_id(App_(bind))
    for _ in range(5):
        Server().run(layered, "/bind")

    assert [one() for one in held] == [None] * 5
