"""One call sends everything through one safe handler."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from typing import TYPE_CHECKING, Any, cast

import anyio.to_thread
import pytest
import structlog
import uvicorn.config
from lilya.apps import Lilya
from litestar import Litestar
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk.trace import TracerProvider
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from asgi_mw import ConfigError, access_log, cors, production, request_id, server_error, stack
from asgi_mw.layers import layer
from asgi_mw.logs import configure, make_safe
from asgi_mw.place import OwnHandler
from asgi_mw.testing import request, run, websocket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.websockets import WebSocket

    from asgi_mw import App, Receive, Scope, Send

ALLOWED = "https://shop.test"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave logging and structlog as they were."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(("uvicorn", "gunicorn", "hypercorn", "granian")):
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = True


def records(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_structlog_and_stdlib_share_a_line_each() -> None:
    """With level, logger, time and the id of the request."""
    out = io.StringIO()
    configure(stream=out)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        structlog.get_logger("shop").info("bought", what="tea")
        logging.getLogger("lib").warning("%s is low", "tea")

    run(request(request_id(app), headers=[("x-request-id", "a-1")]))

    bought, low = records(out)
    assert ("bought", "tea", "info", "shop", "a-1") == tuple(
        bought[key] for key in ("event", "what", "level", "logger", "request_id")
    )
    assert ("tea is low", "warning", "lib", "a-1") == tuple(
        low[key] for key in ("event", "level", "logger", "request_id")
    )
    assert bought["timestamp"].endswith("Z")


def test_an_unhandled_error_is_one_record_with_its_traceback() -> None:
    """Of the access log; what is secret in it is masked."""
    out = io.StringIO()
    configure(stream=out)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("no luck with password=hunter2")

    run(request(stack(app, access_log, server_error), "GET", "/?token=abc"))

    [record] = records(out)
    assert (500, "error", "token=[redacted]") == tuple(
        record[key] for key in ("status", "outcome", "query")
    )
    assert "ValueError: no luck with password=[redacted]" in record["exception"]
    assert "hunter2" not in out.getvalue()


@pytest.mark.parametrize("format_", ["json", "console"])
@pytest.mark.parametrize(
    "hostile",
    ["a\nINFO forged", "\x1b[2J", "\x9b2J", "\x85", "\u2028", "\u202e", "\ud800", "\x00", "\r"],
    ids=ascii,
)
def test_nothing_in_a_text_forges_a_line_or_drives_a_terminal(format_: Any, hostile: str) -> None:
    """In the event, in a field, in a stdlib message."""
    out = io.StringIO()
    configure(format=format_, stream=out)
    structlog.get_logger("shop").info(f"x{hostile}", what=hostile)
    logging.getLogger("lib").warning("y%s", hostile)

    lines = out.getvalue().split("\n")
    assert 3 == len(lines), lines
    assert all(line.isprintable() for line in lines)


def test_names_that_become_the_same_both_stay() -> None:
    """One of them gets another name, so that no value is lost."""
    event = {"event": "x", "a\\n": 1, "a\n": 2}
    assert {"event": "x", "a\\n": 1, "a\\n_": 2} == make_safe(None, "info", event)
    within = {"event": "x", "in": {"a\\n": 1, "a\n": 2}}
    assert {"event": "x", "in": {"a\\n": 1, "a\\n_": 2}} == make_safe(None, "info", within)


def test_the_lines_of_a_traceback_are_indented() -> None:
    """So none of them can pass for a record."""
    out = io.StringIO()
    configure(format="console", stream=out)
    try:
        raise ValueError("one\n2026-01-01 [info] forged")  # noqa: TRY301  # for its traceback
    except ValueError:
        logging.getLogger("lib").exception("it broke")

    first, *rest = out.getvalue().splitlines()
    assert "it broke" in first
    assert rest[0] == "  Traceback (most recent call last):"
    assert all(line.startswith("  ") for line in rest)


def test_headers_in_a_list_are_masked_by_name() -> None:
    """As frameworks give them: pairs of text, or of bytes."""
    out = io.StringIO()
    configure(stream=out)
    pairs = [("x-api-key", "s3cr3t"), (b"authorization", b"Bearer s3cr3t"), ("host", "a")]
    structlog.get_logger("shop").info("seen", headers=pairs)

    assert "s3cr3t" not in out.getvalue()
    assert json.loads(out.getvalue())["headers"][2] == ["host", "a"]


def test_secret_fields_are_masked_by_name() -> None:
    """As they are in a request."""
    out = io.StringIO()
    configure(stream=out)
    structlog.get_logger("shop").info("paid", card_number="4111", api_key=b"k", total=3)

    [record] = records(out)
    assert ("[redacted]", "[redacted]", 3) == (
        record["card_number"],
        record["api_key"],
        record["total"],
    )


def test_the_servers_errors_go_the_same_way_and_their_access_logs_not() -> None:
    """Uvicorn configures its loggers before it imports the app."""
    logging.config.dictConfig(uvicorn.config.LOGGING_CONFIG)
    out = io.StringIO()
    configure(stream=out)
    logging.getLogger("uvicorn.error").error("it broke")
    logging.getLogger("uvicorn.access").info("GET /?token=abc")
    logging.getLogger("gunicorn.error").error("it broke, too")

    assert ["it broke", "it broke, too"] == [record["event"] for record in records(out)]


def test_access_logs_may_stay() -> None:
    """For those who want both."""
    out = io.StringIO()
    configure(stream=out, access=True)
    logging.getLogger("uvicorn.access").info("GET /")

    assert ["GET /"] == [record["event"] for record in records(out)]


def test_another_call_replaces_the_first() -> None:
    """No record comes twice."""
    first, second = io.StringIO(), io.StringIO()
    configure(stream=first)
    configure(stream=second, level="WARNING")
    logging.getLogger("lib").info("unheard")
    structlog.get_logger("shop").warning("heard")

    assert "" == first.getvalue()
    assert ["heard"] == [record["event"] for record in records(second)]


@pytest.mark.parametrize(
    "options", [{"format": "xml"}, {"level": "LOUD"}, {"level": None}], ids=str
)
def test_what_cannot_be_right_is_told(options: Any) -> None:
    """Before anything is changed."""
    before = list(logging.getLogger().handlers)
    with pytest.raises(ConfigError, match=next(iter(options))):
        configure(**options)

    assert before == logging.getLogger().handlers


def test_extra_is_part_of_the_record() -> None:
    """Masked as all else; what has a meaning of its own is not overwritten."""
    out = io.StringIO()
    configure(stream=out)
    extra = {"order": 7, "password": "hunter2", "event": "x", "level": "y", "color_message": "z"}
    logging.getLogger("shop").info("bought %s", "tea", extra=extra)

    [record] = records(out)
    del record["timestamp"]
    assert record == {
        "event": "bought tea",
        "level": "info",
        "logger": "shop",
        "order": 7,
        "password": "[redacted]",
        "event_": "x",
        "level_": "y",
    }


def test_extra_counts_before_what_is_bound() -> None:
    """As a field does that an event of structlog brings itself."""
    out = io.StringIO()
    configure(stream=out)
    with structlog.contextvars.bound_contextvars(user="alice"):
        logging.getLogger("shop").info("bought", extra={"user": "ben"})

    assert ["ben"] == [record["user"] for record in records(out)]


def test_every_record_inside_a_request_has_its_ids() -> None:
    """In the recommended stack: those of structlog, those of logging, and the access log's."""
    out = io.StringIO()
    configure(stream=out)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        structlog.get_logger("shop").info("bought")
        logging.getLogger("lib").info("low", extra={"n": 1})
        await anyio.to_thread.run_sync(logging.getLogger("lib").info, "in a thread")
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    layered = production(app, tracing={"tracer_provider": TracerProvider()})
    trace_id, span_id = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    traceparent = f"00-{trace_id}-{span_id}-01"
    run(request(layered, headers=[("x-request-id", "a-1"), ("traceparent", traceparent)]))

    told = records(out)
    assert ["bought", "low", "in a thread", "http"] == [record["event"] for record in told]
    assert {("a-1", trace_id)} == {(record["request_id"], record["trace_id"]) for record in told}
    assert len({record["span_id"] for record in told} - {span_id}) == 1


@pytest.mark.filterwarnings("ignore:`LoggingHandler`", "ignore:.*LoggingHandler")
def test_handlers_of_others_stay() -> None:
    """OpenTelemetry's, and one that writes a file, at the root and at a server's logger."""
    out, file = io.StringIO(), logging.StreamHandler(io.StringIO())
    others = [LoggingHandler(logger_provider=LoggerProvider()), file]
    for one in others:
        logging.getLogger().addHandler(one)
        logging.getLogger("uvicorn.error").addHandler(one)
    configure(stream=out)
    configure(stream=out)

    handlers = logging.getLogger().handlers
    assert [one for one in handlers if one in others] == others
    assert logging.getLogger("uvicorn.error").handlers == others


def test_what_is_captured_by_pytest_stays_so(caplog: pytest.LogCaptureFixture) -> None:
    """Though the application under test configures logging."""
    configure(stream=io.StringIO())
    logging.getLogger("lib").warning("low")

    assert caplog.messages == ["low"]


def test_a_handler_that_gives_way_is_named() -> None:
    """It wrote to the terminal, where each line would come twice."""
    out = io.StringIO()
    root = logging.getLogger()
    root.handlers[:] = [logging.StreamHandler()]
    configure(stream=out, level="DEBUG")

    assert [out] == [getattr(one, "stream", None) for one in root.handlers]
    [record] = records(out)
    assert "took the place of <StreamHandler " in record["event"]


def litestar() -> App:
    return cast("App", Litestar(openapi_config=None))


def lilya() -> App:
    return cast("App", Lilya())


def ours() -> list[logging.Handler]:
    return [one for one in logging.getLogger().handlers if isinstance(one, OwnHandler)]


def by_hand() -> App:
    """Any other that configures the root: here without a handler."""
    root = {"level": "CRITICAL", "handlers": []}
    logging.config.dictConfig({"version": 1, "root": root, "disable_existing_loggers": False})
    return answer


@pytest.mark.parametrize("make", [litestar, lilya, by_hand])
def test_a_framework_that_puts_our_handler_out_does_not_win(make: Callable[[], App]) -> None:
    """The layer round it notices before the first request, and says so once."""
    out = io.StringIO()
    configure(stream=out)
    app = make()
    assert ours() == []
    access_log(app)
    access_log(app)
    logging.getLogger("another").info("low")

    told = [record["event"] for record in records(out)]
    assert "configured anew behind asgi_mw.logs.configure" in told[0]
    assert told[1:] == ["low"]


def test_a_handler_that_is_put_out_later_is_back_with_the_next_event() -> None:
    """As by a framework that configures logging as it starts up."""
    out = io.StringIO()
    configure(stream=out)
    layered = access_log(answer)
    for _ in range(2):
        by_hand()
        run(request(layered))

    told = [record["event"] for record in records(out)]
    assert told[1:] == ["http", "http"]


def test_the_access_log_is_not_disabled_with_the_loggers_that_nobody_named() -> None:
    """Which is what dictConfig does to all that exist."""
    out = io.StringIO()
    configure(stream=out)
    layered = access_log(answer)
    run(request(layered))
    for name in ("asgi_mw.access", "asgi_mw.logs"):
        logging.getLogger(name).disabled = True
    run(request(layered))

    told = [record["event"] for record in records(out)]
    assert (told[0], told[-1], len(told)) == ("http", "http", 3)


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def as_uvicorn(app: App) -> App:
    """*app*, with what uvicorn logs of a WebSocket whose app raised, or sent no accept."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        logger, accepted = logging.getLogger("uvicorn.error"), False

        async def seen(message: Any) -> None:
            nonlocal accepted
            accepted = accepted or message["type"] == "websocket.accept"
            await send(message)

        try:
            await app(scope, receive, seen)
        except Exception:
            logger.exception("Exception in ASGI application\n")
        else:
            if not accepted:
                logger.error("ASGI callable returned without completing handshake.")

    return served


@pytest.mark.parametrize(
    ("code", "levels", "tracebacks"),
    [
        *((code, ["info"], 0) for code in (1000, 1001, 1005)),
        *((code, ["warning", "error"], 1) for code in (1006, 1011, 4000)),
    ],
)
def test_a_client_that_closes_in_order_is_no_crash(
    code: int, levels: list[str], tracebacks: int
) -> None:
    """Though ``WebSocketDisconnect`` leaves the handler, and the server takes it for one."""

    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        while True:
            await socket.receive_text()

    out = io.StringIO()
    configure(stream=out)
    app = access_log(Starlette(routes=[WebSocketRoute("/", chat)]))
    run(websocket(as_uvicorn(app), close=(code, "")))
    found = records(out)

    assert levels == [one["level"] for one in found]
    assert tracebacks == sum("exception" in one for one in found)
    assert code == found[0]["close_code"]


@pytest.mark.parametrize("extensions", [{}, {"websocket.http.response": {}}])
def test_a_handshake_that_a_layer_refused_is_completed(extensions: dict[str, Any]) -> None:
    """Uvicorn takes it for a fault of the app's; that of an app it stays."""

    async def forgetful(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    out = io.StringIO()
    configure(stream=out)
    app = as_uvicorn(stack(forgetful, access_log, layer(cors, allow_origins=[ALLOWED])))
    for origin in (ALLOWED, "https://evil.test"):
        more = {"extensions": extensions}
        run(websocket(app, headers={"origin": origin, "host": "a.test"}, scope=more))

    assert [
        ("websocket", None),
        ("ASGI callable returned without completing handshake.", None),
        ("websocket", "origin https://evil.test is not allowed"),
    ] == [(one["event"], one.get("refused")) for one in records(out)]
