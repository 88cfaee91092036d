"""What one event says is exact, masked, bounded, and cannot forge a line."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest
import structlog
from opentelemetry import trace

from asgi_mw import access_log, log_fields
from asgi_mw.connection import KEY, Connection, current
from asgi_mw.testing import http_scope, play, request, websocket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.testing import Result
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

START: Message = {"type": "http.response.start", "status": 200, "headers": []}
BODY: Message = {"type": "http.response.body", "body": b"abc"}
HOSTILE = 'a" b=c\r\nINFO FORGED\x1b[2J\x1b]0;pwn\x07\x00\x7f\x85\x9b\u2028\u2029\u202e'


class Memory:
    """A logger that keeps the fields it is told."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def info(self, event: str, **fields: Any) -> None:
        """Take an event."""
        self.events.append(fields)

    warning = error = info


class Lines:
    """The lines that one of the usual pipes writes."""

    def __init__(self, name: str) -> None:
        self.stream = io.StringIO()
        self.logger: Any = None
        self.handler: logging.Handler | None = None
        if name == "stdlib":
            self.handler = logging.StreamHandler(self.stream)
            logging.getLogger("asgi_mw.access").addHandler(self.handler)
            logging.getLogger("asgi_mw.access").setLevel(logging.INFO)
        else:
            renderer: Any = {
                "json": structlog.processors.JSONRenderer(),
                "logfmt": structlog.processors.LogfmtRenderer(),
            }[name]
            self.logger = structlog.wrap_logger(
                structlog.PrintLogger(self.stream), processors=[renderer]
            )

    def close(self) -> None:
        """Leave the logging of the process as it was."""
        if self.handler is not None:
            logging.getLogger("asgi_mw.access").removeHandler(self.handler)
            logging.getLogger("asgi_mw.access").setLevel(logging.NOTSET)

    def read(self) -> str:
        """Everything that was written."""
        return self.stream.getvalue()


@pytest.fixture(params=["stdlib", "json", "logfmt"])
def lines(request: pytest.FixtureRequest) -> Iterator[Lines]:
    """Give each pipe in turn."""
    made = Lines(request.param)
    yield made
    made.close()


def telling(**fields: object) -> App:
    """Add fields, then answer."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        log_fields(**fields)
        await send(START)
        await send(BODY)

    return app


async def told(app: App, **options: Any) -> dict[str, Any]:
    """Give the fields of the one event of one request."""
    memory = Memory()
    await request(access_log(app, logger=memory, **options))
    [fields] = memory.events
    return fields


async def hostile(logger: Any) -> Result:
    """Make a request that is hostile in every field."""
    raw = HOSTILE.encode("utf-8", "surrogatepass")
    connection = Connection({"type": "http"})
    connection.route = connection.request_id = HOSTILE

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        log_fields(**{HOSTILE: HOSTILE, "more": [HOSTILE], "last": LookupError(HOSTILE)})
        await send(START)
        raise LookupError(HOSTILE)

    scope = http_scope(
        method=HOSTILE,
        path=HOSTILE + "\udc80",
        query_string=raw,
        http_version=HOSTILE,
        client=(HOSTILE, 1),
        headers=[(b"user-agent", raw), (b"referer", raw)],
    )
    scope[KEY] = connection
    return await play(access_log(app, logger=logger, headers=["referer"]), scope)


def is_safe(text: str) -> bool:
    """Nothing but its last newline breaks a line or drives a terminal."""
    return text.endswith("\n") and text[:-1].isprintable()


async def test_a_hostile_request_is_one_line(lines: Lines) -> None:
    """In text and in JSON, whatever field it stands in; and the exception is the app's own."""
    result = await hostile(lines.logger)

    assert is_safe(lines.read())
    assert isinstance(result.raised, LookupError)


async def test_a_hostile_websocket_is_one_line(lines: Lines) -> None:
    """Its close reason and its subprotocol."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": HOSTILE})
        await receive()

    await websocket(access_log(app, logger=lines.logger), close=(4000, HOSTILE))

    assert is_safe(lines.read())


async def test_a_hostile_lifespan_is_one_line(lines: Lines) -> None:
    """Its message comes from the app."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": HOSTILE})

    await play(
        access_log(app, logger=lines.logger), {"type": "lifespan"}, [{"type": "lifespan.startup"}]
    )

    assert is_safe(lines.read())


async def test_a_megabyte_in_every_field_is_a_line_of_bounded_length(lines: Lines) -> None:
    """Each field has a cap."""
    big = "A1 " * 350_000

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        log_fields(big=big)
        await send(START)
        await send(BODY)

    scope = http_scope(
        path=big,
        query_string=big.encode(),
        headers=[(b"user-agent", big.encode()), (b"referer", big.encode())],
    )
    await play(access_log(app, logger=lines.logger, headers=["referer"]), scope)

    assert is_safe(lines.read())
    assert len(lines.read()) < 8_000


async def test_no_text_field_is_longer_than_its_cap() -> None:
    """Exactly."""
    memory = Memory()
    big = "x" * 5_000
    await play(
        access_log(telling(**{big: big}), logger=memory, headers=["referer"]),
        http_scope(
            method=big,
            path="/" + big,
            http_version=big,
            client=(big, 1),
            headers=[(b"user-agent", big.encode()), (b"referer", big.encode())],
        ),
    )
    lengths = {
        name: len(value) for name, value in memory.events[0].items() if isinstance(value, str)
    }

    assert lengths.pop("x" * 63 + "…") == 1024
    assert lengths == {
        "method": 32, "path": 1024, "outcome": 8, "client": 64, "http_version": 8,
        "user_agent": 256, "header_referer": 256,
    }  # fmt: skip


SECRETS = {
    "query": {"target": "/a?token=cAnArY&api_key=cAnArY&password=cAnArY&page=2"},
    "path": {"target": "/a/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjQW5BclkifQ.cAnArYcAnArYcAnArY"},
    "authorization": {"headers": {"authorization": "Bearer cAnArY"}},
    "cookie": {"headers": {"cookie": "sid=cAnArY"}},
    "x-api-key": {"headers": {"x-api-key": "cAnArY"}},
    "referer": {"headers": {"referer": "https://me:cAnArY@host/?token=cAnArY"}},
    "user agent": {"headers": {"user-agent": "curl password=cAnArY"}},
}


@pytest.mark.parametrize("asked", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("status", [200, 500])
async def test_secrets_of_a_request_are_masked(
    asked: dict[str, Any], status: int, lines: Lines
) -> None:
    """With every header shown, and with an app that raises what it read."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({**START, "status": status})
        await send(BODY)
        if status == 500:
            raise LookupError(f"password={'cAnArY'} in {scope['headers']!r}")

    headers = ["authorization", "cookie", "x-api-key", "referer"]
    await request(access_log(app, logger=lines.logger, headers=headers), **asked)

    assert "http" in lines.read()
    assert "cAnArY" not in lines.read()


async def test_the_list_of_secrets_can_be_extended() -> None:
    """By names."""
    memory = Memory()
    await request(
        access_log(telling(), logger=memory, redact=["iban"], headers=["iban", "x-other"]),
        "GET",
        "/?iban=DE02&page=2",
        headers={"iban": "DE02", "x-other": "shown"},
    )

    assert memory.events[0]["query"] == "iban=[redacted]&page=2"
    assert "DE02" not in str(memory.events)
    assert memory.events[0]["header_x_other"] == "shown"


async def test_fields_of_the_handler_stand_beside_ours() -> None:
    """Plain values as they are, everything else as text; the last of a name wins."""

    class Odd:
        def __str__(self) -> str:
            raise ValueError

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        log_fields(user_id=6, admin=True, share=0.5, none=None, text="a\nb")
        log_fields(user_id=7, list=[1, "a"], odd=Odd())
        await send(START)
        log_fields(behind_the_start=1)
        await send(BODY)
        log_fields(too_late=1)

    fields = await told(app)

    assert {name: fields[name] for name in list(fields)[list(fields).index("user_id") :]} == {
        "user_id": 7,
        "admin": True,
        "share": 0.5,
        "none": None,
        "text": "a\\nb",
        "list": "[1, 'a']",
        "odd": "<no text: ValueError>",
        "behind_the_start": 1,
    }


async def test_threads_and_tasks_add_fields_as_well() -> None:
    """Those of anyio carry the context."""

    async def task() -> None:
        log_fields(task=1)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.to_thread.run_sync(lambda: log_fields(thread=1))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(task)
        await send(START)
        await send(BODY)

    fields = await told(app)

    assert (fields["thread"], fields["task"]) == (1, 1)


async def test_a_name_that_is_taken_gets_an_underscore() -> None:
    """Ours stay true."""
    fields = await told(telling(status=418, path="/forged", outcome="fine", status_=1))

    assert (fields["status"], fields["path"], fields["outcome"]) == (200, "/", "complete")
    assert (fields["status_"], fields["path_"], fields["outcome_"]) == (418, "/forged", "fine")
    assert fields["status__"] == 1


NAMES = [
    "event", "exc_info", "level", "logger", "self", "stack_info", "stacklevel", "timestamp",
    "method_name", "name", "msg", "message", "args", "positional_args", "extra", "exception",
    "_record", "_from_structlog", "_name", "asctime", "", " ", "a b", "a=b", 'a"b', "é", "\n",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=repr)
async def test_no_name_of_a_field_costs_the_event(name: str, lines: Lines) -> None:
    """What loggers and renderers give a meaning of their own, and what is no name at all."""
    await request(access_log(telling(**{name: "mine"}), logger=lines.logger))

    assert is_safe(lines.read())
    assert "mine" in lines.read()


@pytest.mark.parametrize("name", NAMES, ids=repr)
async def test_no_name_of_a_field_breaks_the_usual_configuration(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """That of structlog's own guide for the standard library."""
    caplog.set_level(logging.INFO)
    logger = structlog.wrap_logger(
        logging.getLogger("app"),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.processors.UnicodeDecoder(),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    await request(access_log(telling(**{name: "mine"}), logger=logger))

    assert [record.name for record in caplog.records] == ["app"]
    assert "mine" in json.loads(caplog.messages[0]).values()


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 10**5000, 2**64, "\udc80", b"\xff", object(), {}],
    ids=["nan", "inf", "huge", "64 bits", "surrogate", "bytes", "object", "dict"],
)
async def test_no_value_of_a_field_costs_the_event(value: object, lines: Lines) -> None:
    """And JSON stays JSON, which knows no NaN."""
    await request(access_log(telling(mine=value), logger=lines.logger))

    assert is_safe(lines.read())
    assert lines.read().isprintable() or lines.read().count("\n") == 1
    if lines.logger is not None and lines.read().startswith("{"):
        json.loads(lines.read(), parse_constant=pytest.fail)


async def test_at_most_64_fields_are_kept() -> None:
    """A loop over rows makes no event of a megabyte."""
    bare = await told(telling())
    fields = await told(telling(**{f"f{number}": number for number in range(1_000)}))

    assert len(fields) - len(bare) == 64


async def test_a_secret_field_of_the_handler_is_masked() -> None:
    """By its name, and by its text."""
    fields = await told(telling(password="cAnArY", url="https://me:cAnArY@host/"))

    assert fields["password"] == "[redacted]"
    assert "cAnArY" not in str(fields)


def test_outside_of_the_layer_it_does_nothing() -> None:
    """In a script or a test of a handler."""
    log_fields(user_id=7)


async def test_the_fields_are_gone_after_the_request() -> None:
    """In the same context."""
    result = await request(access_log(telling(a=1), logger=Memory()))

    assert result.context is not None
    assert result.context.get(current) is None


async def test_the_route_and_the_id_come_from_the_shared_holder() -> None:
    """Whoever put them there."""
    memory = Memory()
    connection = Connection({"type": "http"})
    connection.request_id = "a-1"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        connection.route = "/users/{id}"
        await send(START)
        await send(BODY)

    await play(access_log(app, logger=memory), {**http_scope(), KEY: connection})

    assert (memory.events[0]["route"], memory.events[0]["request_id"]) == ("/users/{id}", "a-1")


async def test_the_ids_of_the_current_span_are_added() -> None:
    """OpenTelemetry's, as 32 and 16 hex digits; a span that is not valid has none."""
    valid = trace.SpanContext(0xABC, 0xDEF, is_remote=False)

    def within(context: trace.SpanContext) -> Callable[[App], App]:
        def wrapped(app: App) -> App:
            async def spanned(scope: Scope, receive: Receive, send: Send) -> None:
                with trace.use_span(trace.NonRecordingSpan(context)):
                    await app(scope, receive, send)

            return spanned

        return wrapped

    memory = Memory()
    layered = access_log(telling(), logger=memory)
    await request(within(valid)(layered))
    await request(within(trace.INVALID_SPAN_CONTEXT)(layered))
    await request(layered)

    assert [(event.get("trace_id"), event.get("span_id")) for event in memory.events] == [
        ("0" * 29 + "abc", "0" * 13 + "def"),
        (None, None),
        (None, None),
    ]


async def test_the_error_is_one_line_and_its_traceback_is_indented() -> None:
    """Text already: a renderer that shows variables would show secrets among them."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        secret = "cAnArY"
        raise LookupError(f"first\nsecond {len(secret)}")

    fields = await told(app)

    assert fields["error"] == "LookupError: first\\nsecond 6"
    assert all(line.startswith("  ") for line in fields["exception"].split("\n"))
    assert fields["exception"].endswith("  LookupError: first\n  second 6")
    assert "cAnArY" not in fields["exception"].replace('secret = "cAnArY"', "")


async def test_an_error_without_text_is_named() -> None:
    """An exception's own ``__str__`` is somebody else's code."""

    class Odd(Exception):  # noqa: N818  # it is not about the name
        def __str__(self) -> str:
            raise ValueError("no text")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise Odd

    fields = await told(app)

    assert fields["error"].endswith("Odd: <no text: ValueError>")
    assert fields["outcome"] == "error"
