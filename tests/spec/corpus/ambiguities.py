"""Where the text can be read in two ways: who follows each reading, and what is found there.

Where a rule is undecided it names both readings.  Where one is no rule of ASGI at all, or where
nobody can see it from beside the app, that is said here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import anyio

from asgi_mw.testing import http_scope, lifespan_scope, websocket_scope
from tests.spec.corpus.cases import Shelf, bare
from tests.spec.corpus.words import (
    accept,
    body,
    close,
    connect,
    deny,
    down,
    gone,
    hint,
    left,
    more,
    no,
    request,
    shutdown,
    start,
    startup,
    trailers,
    trailing,
    up,
    up_failed,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw.types import App, Receive, Send
    from tests.spec.corpus.cases import Case

READ = Shelf()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguity:
    """One place of the text.

    Attributes:
        asks: The question.
        threads: Where it is discussed: numbers of the specification's repository, or whole names.
        cases: Who follows the one reading, and who the other.
        undecided: The rule that says so; empty if there is none.
        why: Why there is none.
    """

    asks: str
    threads: tuple[str, ...]
    cases: tuple[Case, Case]
    undecided: str = ""
    why: str = ""

    def __str__(self) -> str:
        return self.asks


AMBIGUITIES: Final[list[Ambiguity]] = []

Told = tuple[tuple[str, ...], Any]


def _add(  # one row of the table
    asks: str,
    threads: str,
    one: Told,
    other: Told,
    *,
    undecided: str = "",
    why: str = "",
    server: bool = False,
    **options: Any,
) -> None:
    add = READ.server if server else READ.app
    for found, whole in (one, other):
        add(*found, **options)(whole)
    cases = READ.cases[-2], READ.cases[-1]
    AMBIGUITIES.append(
        Ambiguity(
            asks=asks, threads=tuple(threads.split()), cases=cases, undecided=undecided, why=why
        )
    )


def _says(name: str, *messages: Any, receives: int = 0, between: int = 0) -> App:
    """An app that sends *messages*, having received as many; more of them before the last."""

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        for _ in range(receives):
            await receive()
        for number, message in enumerate(messages, start=1):
            if number == len(messages):
                for _ in range(between):
                    await receive()
            await send(dict(message))

    app.__name__ = name.replace(" ", "_")
    return app


def _gives(
    name: str, scope: Callable[[], dict[str, Any]], *messages: Any, raises: Any = None
) -> Callable[[App], Awaitable[None]]:
    """A server that gives *messages*."""

    async def serve(app: App) -> None:
        await bare(app, scope(), [dict(one) for one in messages], raises=raises)

    serve.__name__ = name.replace(" ", "_")
    return serve


def _new() -> dict[str, Any]:
    return http_scope(spec_version="2.4")


def _socket() -> dict[str, Any]:
    return websocket_scope(spec_version="2.3")


def _scope(**keys: Any) -> Callable[[], dict[str, Any]]:
    return lambda: http_scope(**keys)


def _old() -> dict[str, Any]:
    return http_scope(spec_version="2.3")


async def _leaves(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[]))
    await receive()
    await send(more())


async def raises_as_it_starts(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    raise OSError


async def raises_without_a_response(scope: Any, receive: Receive, send: Send) -> None:
    raise OSError


async def raises_while_it_lives(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())
    raise OSError


async def raises_as_it_has_started(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    raise OSError


async def receives_both_at_once(scope: Any, receive: Any, send: Any) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(receive)
        tasks.start_soon(receive)
        await send(start())
        await send(body())


async def receives_one_by_one(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(start())
    await send(body())
    await receive()


async def shares_the_state(app: App) -> None:
    state: dict[str, Any] = {}
    await bare(app, lifespan_scope(state=state), [startup(), shutdown()])
    await bare(app, http_scope(state=state), [request(more_body=True), request()])


async def copies_the_state(app: App) -> None:
    state: dict[str, Any] = {}
    await bare(app, lifespan_scope(state=state), [startup(), shutdown()])
    await bare(app, http_scope(state=dict(state)), [request(more_body=True), request()])


_late: list[Any] = []


async def _hands_on(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body())
    _late.append(send)


async def works_on_behind_the_call(app: App) -> None:
    """A task of the app goes on, and has something to say."""
    await bare(app, http_scope(), [request()])
    await _late.pop()(body())


_HTTP_ONLY = "HTTP says it, and not ASGI: the profile http asks"
_UNSEEN = "nobody sees it from beside the app: a test of servers has to ask"
_PLAIN = "the text says it by now"
_LONG = start(headers=[(b"content-length", b"9")])
_CAPITALS = [(b"Host", b"example.org")]

_add(
    "send to who has left, of version 2.4: raise or not",
    "66 431 441",
    ((), _gives("raises an OSError", _new, gone(), raises={2: ConnectionError()})),
    (("send.gone",), _gives("does nothing", _new, gone())),
    why="the text says that a server should raise since 2.4",
    server=True,
    app=_leaves,
)
_add(
    "send to who has left, of an older version: raise or not",
    "66 431 441",
    ((), _gives("raises as it is old", _old, gone(), raises={2: RuntimeError()})),
    ((), _gives("does nothing as it is old", _old, gone())),
    why="the text asked for nothing before 2.4",
    server=True,
    app=_leaves,
)
_add(
    "send behind the end of the response",
    "441",
    ((), _says("ends once", start(), body())),
    (("http.sent-after-end",), _says("ends twice", start(), body(), body())),
    undecided="http.sent-after-end",
)
_add(
    "send behind the own close of a websocket",
    "66",
    ((), _says("closes once", accept(), close(), receives=1)),
    (("websocket.sent-after-close",), _says("goes on", accept(), close(), close(), receives=1)),
    undecided="websocket.sent-after-close",
    on="websocket",
)
_add(
    "the disconnect comes again, or once",
    "334 344 53",
    ((), _gives("says it again", _old, request(), gone(), gone())),
    ((), _gives("says it once", _old, request(), gone(), gone())),
    why="the text says nothing of a receive that blocks",
    server=True,
    receives=3,
)
_add(
    "receive behind the end of the body waits, or not",
    "533 uvicorn#119",
    ((), _says("waits for who leaves", start(), body(), receives=1, between=0)),
    ((), _says("hears at once", start(), body(), receives=1, between=1)),
    why=_UNSEEN,
    messages=[request(), gone()],
)
_add(
    "a receive that was cancelled says that the client left",
    "gunicorn#3627 gunicorn#3654",
    ((), _gives("gives nothing", _old, request())),
    ((), _gives("gives a false end", _old, gone())),
    why=_UNSEEN,
    server=True,
)
_add(
    "receive twice at once",
    "436",
    ((), receives_one_by_one),
    (("advice.receive.at-once",), receives_both_at_once),
    why="it is advice: nothing forbids it",
    profile="advice",
)
_add(
    "send behind the end of the call",
    "436",
    ((), _gives("ends with the call", _old, request())),
    (("message.after-return",), works_on_behind_the_call),
    undecided="message.after-return",
    server=True,
    app=_hands_on,
)
_add(
    "the length of a response against its body",
    "422 510 195",
    ((), _says("is too short", _LONG, body())),
    ((), _says("is long enough", _LONG, body(b"123456789"))),
    why=_HTTP_ONLY,
)
_add(
    "the length of a response against its body, as HTTP has it",
    "422 510 195",
    (("wire.length.differs",), _says("is too short for HTTP", _LONG, body())),
    ((), _says("is long enough for HTTP", _LONG, body(b"123456789"))),
    why=_HTTP_ONLY,
    profile="http",
)
_add(
    "names of headers in a scope: lower case or not",
    "246",
    (
        ("scope.headers.lower-case",),
        _gives("keeps the case", _scope(headers=_CAPITALS), request()),
    ),
    ((), _gives("lowers the case", _old, request())),
    why="the text says that they should be, and that they need not",
    server=True,
)
_add(
    "names of headers in a response: lower case or not",
    "246 falcon#2456",
    (("message.headers.lower-case",), _says("writes capitals", start(headers=_CAPITALS), body())),
    ((), _says("writes none", start(headers=[(b"a", b"1")]), body())),
    why="the text says that they must be",
)
_add(
    "the path has the root path in it, or not",
    "229 424",
    ((), _gives("has it in it", _scope(root_path="/api", path="/api/a"), request())),
    (
        ("advice.root-path",),
        _gives("has it beside it", _scope(root_path="/api", path="/a"), request()),
    ),
    undecided="advice.root-path",
    server=True,
    profile="advice",
)
_add(
    "the code of a disconnect is there, or not",
    "340 459 462",
    (
        (),
        _gives("has the default", _socket, connect(), left(1005)),
    ),
    (
        ("websocket.disconnect.code",),
        _gives("has no code", _socket, connect(), left(None)),
    ),
    why="the text has a default for the server to set",
    server=True,
    receives=2,
)
_add(
    "a reason that is None, or missing",
    "352",
    ((), _says("has None", accept(), close(reason=None), receives=1)),
    ((), _says("has nothing", accept(), close(), receives=1)),
    why=_PLAIN,
    on="websocket",
)
_add(
    "a disconnect behind the own close, or none",
    "364 381",
    ((), _says("closes and listens", accept(), close(), receives=1)),
    ((), _says("closes a handshake", close(), receives=1)),
    why=_UNSEEN,
    on="websocket",
)
_add(
    "the response to a handshake: messages of HTTP or of the extension",
    "301 433",
    ((), _says("denies by the extension", deny(), no(), receives=1)),
    (
        ("message.protocol", "message.protocol"),
        _says("denies by HTTP", deny(), start(403), body(), no(), receives=1),
    ),
    why="the text names the messages of the extension",
    on="websocket",
)
_add(
    "early hints before or behind the start",
    "579 342",
    (("http.early-hint.before-start",), _says("hints before it", hint(), start(), body())),
    ((), _says("hints behind it", start(), hint(), body())),
    undecided="http.early-hint.before-start",
)
_add(
    "who names the trailers",
    "339 141 531",
    ((), _says("names them", trailing(), body(), trailers())),
    (("http.trailers.header",), _says("names none", trailing(headers=[]), body(), trailers())),
    why="the text leaves it to the framework: it should",
)
_add(
    "an exception of a lifespan that is up",
    "276 242",
    ((), _says("stays until it is asked", up(), down(), receives=1, between=1)),
    (("lifespan.raised-late",), raises_while_it_lives),
    undecided="lifespan.raised-late",
    on="lifespan",
)
_add(
    "the end of a lifespan that is up",
    "276",
    ((), _says("stays to the end", up(), down(), receives=1, between=1)),
    (("lifespan.returned-early",), _says("leaves at once", up(), receives=1)),
    undecided="lifespan.returned-early",
    on="lifespan",
)
_add(
    "an exception at the startup: no lifespan, or a failure",
    "61 80 63 uvicorn#1302",
    ((), _says("says that it failed", up_failed(), receives=1)),
    (("advice.lifespan.raised",), raises_as_it_starts),
    why="it is advice: the text lets an app raise",
    on="lifespan",
    profile="advice",
)
_add(
    "the state of the lifespan: a copy or itself",
    "376 354 litestar#1303",
    ((), copies_the_state),
    (("scope.state.shared",), shares_the_state),
    why="the text says that it is a copy",
    server=True,
    receives=2,
)
_add(
    "a raw path that is None, or missing",
    "87 92",
    ((), _gives("has None there", _scope(raw_path=None), request())),
    ((), _gives("has nothing there", _scope(omit=["raw_path"]), request())),
    why=_PLAIN,
    server=True,
)
_add(
    "headers in a list, or in whatever can be iterated once",
    "uvicorn#366",
    ((), _says("has a list", start(headers=[[b"a", b"1"]]), body())),
    ((), _says("has pairs in a tuple", start(headers=((b"a", b"1"),)), body())),
    why=_PLAIN,
)
_add(
    "an app that returns without a response, or raises",
    "47",
    (("http.no-response",), _says("says nothing")),
    ((), raises_without_a_response),
    why="the text lets an app raise, and has no end without a response",
)
_add(
    "an exception in the middle of a response",
    "47",
    ((), _says("ends it", start(), body())),
    (("http.raised-after-start",), raises_as_it_has_started),
    undecided="http.raised-after-start",
)
_add(
    "the end of the call with an open websocket",
    "47",
    ((), _says("closes it", accept(), close(), receives=1)),
    (("websocket.returned-open",), _says("returns", accept(), receives=1)),
    undecided="websocket.returned-open",
    on="websocket",
)
_add(
    "the start is flushed before the first body, or not",
    "389",
    ((), _says("sends the start first", start(), more(b""), body())),
    ((), _says("sends it with the body", start(), body())),
    why=_UNSEEN,
)
_add(
    "HTTP/3 in a scope",
    "specs/www.rst",
    ((), _gives("has the newest of the list", _scope(http_version="2"), request())),
    (
        ("scope.http_version.three",),
        _gives("has a newer one", _scope(http_version="3"), request()),
    ),
    undecided="scope.http_version.three",
    server=True,
)
