"""The access log's own writer says byte for byte what the chain would, or leaves it to that."""

from __future__ import annotations

import io
import logging
import re
from contextlib import contextmanager
from http import HTTPMethod, HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from _pytest.logging import LogCaptureHandler
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator

import asgi_mw.logs
from asgi_mw import access_log, log_fields, production, request_id
from asgi_mw.access_writer import AccessWriter
from asgi_mw.connection import KEY
from asgi_mw.middleware.access_log.logger import NAME
from asgi_mw.testing import request, run
from tests.tried import tried

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import App, Receive, Scope, Send

_TIMES = re.compile(r'("(?:ttfb_ms|duration_ms)": )[0-9.]+|("timestamp": )"[^"]+"')
_NAMES = st.sampled_from(["user_id", "password", "deep", "event", "level", "a b", "note", "k"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("token=abc"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_NAMES, inner, max_size=2),
    max_leaves=4,
)


class _Context(dict[str, Any]):
    """A context of the user's."""


@pytest.fixture
def configured() -> Iterator[io.StringIO]:
    """Configure logging for JSON, and put back what was there."""
    root = logging.getLogger()
    before, level, config = root.handlers[:], root.level, structlog.get_config()
    was = structlog.is_configured()
    out = io.StringIO()
    root.handlers[:] = []
    asgi_mw.logs.configure(format="json", stream=out)
    yield out
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()
    if was:
        structlog.configure(**config)


@contextmanager
def nobody_else() -> Iterator[None]:
    """Take out the handlers of pytest, which hears of every record while a test runs."""
    root = logging.getLogger()
    root.handlers[:] = [one for one in root.handlers if not isinstance(one, LogCaptureHandler)]
    yield


def writer() -> AccessWriter:
    """The one that the configuration left."""
    found = structlog.get_config()["processors"][0].access
    assert isinstance(found, AccessWriter)
    return found


def line_of(out: io.StringIO, app: App, **asked: Any) -> str:
    """What one request writes, without its times."""
    out.seek(0)
    out.truncate()
    with nobody_else():
        run(request(app, **asked))
    structlog.contextvars.clear_contextvars()
    return _TIMES.sub(r"\1\2", out.getvalue())


@tried(200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.text(alphabet=st.characters(codec="utf-8"), max_size=12),
    query=st.sampled_from(["", "page=2", "token=abc&x=%0a", "a=eyJhbGciOiJub25lIn0.e30."]),
    fields=st.dictionaries(_NAMES, _VALUES, max_size=3),
    bound=st.dictionaries(st.sampled_from(["user", "event_id", "secret"]), _VALUES, max_size=2),
    ending=st.sampled_from([(200, False), (404, True), (500, True)]),
    refused=st.sampled_from([None, "header x-token is not in allow_headers"]),
)
def test_it_writes_what_the_chain_would(  # noqa: PLR0917  # what hypothesis makes
    configured: io.StringIO,
    path: str,
    query: str,
    fields: dict[str, Any],
    bound: dict[str, Any],
    ending: tuple[int, bool],
    refused: str | None,
) -> None:
    """Whatever an app logs and binds, and whatever a client sends."""
    status, raises = ending

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope[KEY].refused = refused
        log_fields(**fields)
        structlog.contextvars.bind_contextvars(**bound)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body"})
        if raises:
            raise LookupError(path)

    layered = production(app, request_id={"generate": lambda: "made-here"}, server_error=False)
    asked = {"scope": {"path": "/" + path, "query_string": query.encode()}}
    ours = line_of(configured, layered, **asked)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AccessWriter, "stands", lambda self, configuration: False)
        chains = line_of(configured, layered, **asked)

    assert chains == ours
    assert chains


class SameIds(IdGenerator):
    """Gives every span the same ids, so that two runs can be compared."""

    def generate_span_id(self) -> int:
        """The id of a span."""
        return 0xABC

    def generate_trace_id(self) -> int:
        """The id of a trace."""
        return 0xDEF


_ODD: dict[str, st.SearchStrategy[Any]] = {
    "method": st.sampled_from(["GET", 'get "it"', "é", HTTPMethod.PUT, None])
    | st.text(max_size=40),
    "path": st.sampled_from(["", "/a//b", "/eyJhbGciOiJub25lIn0.e30.x", "/token=abc\x7f\u2028"])
    | st.text(max_size=12),
    "query_string": st.sampled_from([b"", b"page=2", b"token=abc&x=%0a", b"\xff\x00", b"a" * 9000]),
    "http_version": st.sampled_from(["1.0", "1.1", "2", "3", "", "1.1\n", None]),
    "client": st.sampled_from([("192.0.2.1", 1), ["::1", 0], ("", 0), None, ('a"b', 5)]),
    "path_template": st.sampled_from(["/users/{id}", '/"é"', ""]),
    "headers": st.lists(
        st.sampled_from(
            [
                (b"user-agent", b"curl/8.0"),
                (b"User-Agent", b'"\x00\xff'),
                (b"user-agent", b""),
                (b"x-request-id", b"a-1"),
            ]
        )
    ),
}


@tried(300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    odd=st.fixed_dictionaries({}, optional=_ODD),
    status=st.sampled_from([200, 404, 503, HTTPStatus.CREATED, True]),
    providers=st.sampled_from([{}, {"tracer_provider": TracerProvider(id_generator=SameIds())}]),
)
def test_the_line_of_a_usual_request_is_what_the_chain_would_write(
    configured: io.StringIO, odd: dict[str, Any], status: int, providers: dict[str, Any]
) -> None:
    """Where the writer is handed a line, and where it is handed fields after all."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    layered = production(app, tracing=providers, request_id={"generate": lambda: "made-here"})

    asked = {name: odd.pop(name) for name in ("method", "headers") if name in odd}
    ours = line_of(configured, layered, scope=odd, **asked)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AccessWriter, "stands", lambda self, configuration: False)
        chains = line_of(configured, layered, scope=odd, **asked)

    assert chains == ours
    assert chains


def test_the_id_of_a_request_id_within_is_in_the_line(configured: io.StringIO) -> None:
    """Though a layer of somebody else's between them hands on a scope of its own."""

    async def foreign(scope: Scope, receive: Receive, send: Send) -> None:
        own = {key: value for key, value in scope.items() if key != KEY}
        await request_id(plain, generate=lambda: "made-within")(own, receive, send)

    assert '"request_id": "made-within"' in line_of(configured, access_log(foreign))


async def plain(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def test_it_stands_as_configured(configured: io.StringIO) -> None:
    """For JSON; a console's lines are the chain's."""
    with nobody_else():
        assert writer().stands(structlog.get_config())
    asgi_mw.logs.configure(format="console", stream=configured)
    assert structlog.get_config()["processors"][0].access is None


def test_a_processor_of_the_users_is_heard(configured: io.StringIO) -> None:
    """In a new configuration, or put into the list of this one."""

    def louder(logger: object, method: str, event: Any) -> Any:
        event["event"] = event["event"].upper()
        return event

    structlog.get_config()["processors"].insert(1, louder)
    assert '"event": "HTTP"' in line_of(configured, access_log(plain))


@pytest.mark.parametrize("name", ["", "asgi_mw", NAME])
def test_a_handler_of_the_users_is_heard(configured: io.StringIO, name: str) -> None:
    """Wherever it hears of records."""
    heard: list[logging.LogRecord] = []

    class Hearing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            """Hear it."""
            heard.append(record)

    handler = Hearing()
    logging.getLogger(name).addHandler(handler)
    try:
        line_of(configured, access_log(plain))
    finally:
        logging.getLogger(name).removeHandler(handler)

    assert len(heard) == 1


@pytest.mark.parametrize("first", [False, True], ids=["later", "before it is configured"])
@pytest.mark.parametrize("way", ["callHandlers", "handle", "makeRecord"])
def test_an_agent_that_wraps_the_logger_is_heard(
    configured: io.StringIO, monkeypatch: pytest.MonkeyPatch, way: str, *, first: bool
) -> None:
    """As those that report errors do."""
    heard: list[object] = []
    usual = getattr(logging.Logger, way)

    def wrapped(self: logging.Logger, *given: Any, **named: Any) -> Any:
        heard.append(self.name)
        return usual(self, *given, **named)

    monkeypatch.setattr(logging.Logger, way, wrapped)
    if first:
        asgi_mw.logs.configure(format="json", stream=configured)
    with nobody_else():
        line_of(configured, access_log(plain))

    assert NAME in heard


@pytest.mark.parametrize(
    "changed", [{"logger_factory": structlog.stdlib.LoggerFactory()}, {"context_class": _Context}]
)
def test_another_factory_is_asked(configured: io.StringIO, changed: dict[str, Any]) -> None:
    """For the logger, or for the context."""
    structlog.configure(**changed)
    try:
        with nobody_else():
            assert not writer().stands(structlog.get_config())
    finally:
        structlog.configure(context_class=dict)


def test_a_level_holds(configured: io.StringIO) -> None:
    """Of the logger, and of logging as a whole."""
    logging.getLogger(NAME).setLevel(logging.WARNING)
    try:
        assert not line_of(configured, access_log(plain))
    finally:
        logging.getLogger(NAME).setLevel(logging.NOTSET)
    assert line_of(configured, access_log(plain))


def test_a_stream_that_fails_is_counted(configured: io.StringIO) -> None:
    """And neither the app nor the client sees it."""
    configured.close()
    with nobody_else():
        result = run(request(access_log(plain)))

    assert (result.status, result.raised) == (204, None)
