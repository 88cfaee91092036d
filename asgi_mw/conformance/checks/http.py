"""How a response of the app comes to the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, Table, expect
from asgi_mw.conformance.probe import pattern

if TYPE_CHECKING:
    from asgi_mw.conformance.http1 import Http, Response
    from asgi_mw.conformance.kit import Kit
    from asgi_mw.conformance.puppet import Puppet

HTTP = Table()
_START = "www#response-start-send-event"
_BODY = "www#response-body-send-event"
_LARGE = 4 << 20
_PIECE = 1 << 16
_MOST_PIECES = 1024
_HEADERS = [
    (b"x-b", b"2"),
    (b"set-cookie", b"a=1"),
    (b"x-a", b"1"),
    (b"set-cookie", b"b=2"),
    (b"x-c", b""),
    (b"content-length", b"2"),
]


def _next(kit: Kit, http: Http) -> Puppet:
    """The app of a second request on the same connection."""
    http.ask("GET", "/next")
    app = kit.app()
    expect("path of the next request", "/next", app.scope["path"])
    return app


@HTTP.check(
    "http.start",
    "Status and headers come as the app sent them",
    sentence="headers: order must be preserved in the HTTP response.",
    source=_START,
)
def start(kit: Kit) -> None:
    """Each header once, those of one name in order."""
    response = _headed(kit)
    expect("status", 201, response.status)
    for name in sorted({name for name, _ in _HEADERS}):
        expected = [value for other, value in _HEADERS if other == name]
        expect(f"values of {name.decode()}", expected, response.all(name))
    expect("body", b"ok", response.body)


def _headed(kit: Kit) -> Response:
    http, app = kit.ask()
    app.answer(b"ok", 201, _HEADERS)
    return http.response()


@HTTP.check(
    "http.start.order",
    "Whether headers of different names keep their order",
    sentence="Open: order must be preserved in the HTTP response; of a request, order of header "
    "names is not important.",
    source=_START,
    severity="undecided",
)
def start_order(kit: Kit) -> str:
    """HTTP gives it no meaning."""
    names = [name.lower() for name, _ in _headed(kit).headers]
    ours = [name for name in names if name in dict(_HEADERS)]
    return "they do" if ours == [name for name, _ in _HEADERS] else f"they come as {ours}"


@HTTP.check(
    "http.start.no-headers",
    "A start without headers is one with none",
    sentence="headers: optional; if missing defaults to an empty list.",
    source=_START,
)
def no_headers(kit: Kit) -> None:
    """The key is missing."""
    http, app = kit.ask()
    app.send("http.response.start", status=200)
    app.send("http.response.body", body=b"ok")
    response = http.response()
    expect("status and body", (200, b"ok"), (response.status, response.body))


@HTTP.check(
    "http.start.lists",
    "Headers can be lists of two items",
    sentence="headers: an iterable of [name, value] two-item iterables.",
    source=_START,
)
def lists(kit: Kit) -> None:
    """As JSON would have them."""
    http, app = kit.ask()
    pairs = [(b"x-kit", b"1"), (b"content-length", b"2")]
    app.send("http.response.start", status=200, headers=pairs, headers_as="lists")
    app.send("http.response.body", body=b"ok")
    response = http.response()
    expect("header", [b"1"], response.all(b"x-kit"))
    expect("body", b"ok", response.body)


@HTTP.check(
    "http.start.iterator",
    "What becomes of headers that can be read only once",
    sentence="Open: headers is an iterable, which a generator is too.",
    source=_START,
    severity="undecided",
)
def iterator(kit: Kit) -> str:
    """They are given as an iterator."""
    http, app = kit.ask()
    pairs = [(b"x-kit", b"1"), (b"content-length", b"2")]
    outcome = app.sending("http.response.start", status=200, headers=pairs, headers_as="iterator")
    if outcome is None or outcome.raised:
        return f"send {outcome or 'waits'}"
    app.sending("http.response.body", body=b"ok")
    response = http.response_or_end()
    return "they are sent" if response and response.all(b"x-kit") else f"not sent: {response}"


@HTTP.check(
    "http.start.transfer-encoding",
    "A header transfer-encoding of the app is ignored",
    sentence="You may send a Transfer-Encoding header in this message, but the server must ignore "
    "it. Servers handle Transfer-Encoding themselves.",
    source=_START,
)
def transfer_encoding(kit: Kit) -> None:
    """With a length, and without."""
    for more in ([], [(b"content-length", b"5")]):
        http, app = kit.ask()
        app.answer(b"hello", 200, [(b"transfer-encoding", b"chunked"), *more])
        response = http.response()
        codings = response.all(b"transfer-encoding")
        if len(codings) > 1 or (codings and response.all(b"content-length")):
            raise FailedError(f"the client gets {response.headers}")
        expect("body", (b"hello", True), (response.body, response.end != "cut"))


@HTTP.check(
    "http.body.missing",
    "A body message without a body ends the response",
    sentence='body: optional; if missing defaults to b"".',
    source=_BODY,
)
def body_missing(kit: Kit) -> None:
    """As some apps end a stream."""
    http, app = kit.ask()
    app.send("http.response.start", status=200, headers=[])
    app.send("http.response.body", body=b"all", more_body=True)
    app.send("http.response.body")
    response = http.response()
    expect("body", b"all", response.body)
    if response.end == "cut":
        raise FailedError("the client cannot see that the response is whole")


@HTTP.check(
    "http.body.parts",
    "Parts of a body are put together",
    sentence="body: concatenated onto any previous body values sent in this connection scope.",
    source=_BODY,
)
def parts(kit: Kit) -> None:
    """Empty ones too."""
    http, app = kit.ask()
    app.send("http.response.start", status=200, headers=[])
    for part in (b"one, ", b"", b"two, "):
        app.send("http.response.body", body=part, more_body=True)
    app.send("http.response.body", body=b"three")
    response = http.response()
    expect("body", b"one, two, three", response.body)
    if response.end == "cut":
        raise FailedError("the client cannot see that the response is whole")


@HTTP.check(
    "http.body.flushed",
    "A part is on its way when its send returns",
    sentence="Protocol servers must flush any data passed to them into the send buffer before "
    "returning from a send call.",
    source=_BODY,
)
def flushed(kit: Kit) -> None:
    """The client gets it while the app waits."""
    http, app = kit.ask()
    app.send("http.response.start", status=200, headers=[])
    for part in (b"first", b"second"):
        app.send("http.response.body", body=part, more_body=True)
        if http.read_until(part) is None:
            raise FailedError(f"the connection ends before {part!r}")
    app.send("http.response.body")


@HTTP.check(
    "http.body.large",
    "A body of 4 MiB comes whole, in one part and in many",
    sentence="body: HTTP body content, concatenated onto any previous body values.",
    source=_BODY,
)
def large(kit: Kit) -> None:
    """The client reads while the app sends."""
    for pieces in (1, 16):
        http, app = kit.ask()
        app.send("http.response.start", status=200, headers=[])
        for piece in range(pieces):
            message = {"type": "http.response.body", "more_body": piece < pieces - 1}
            app.begin("send", message=message, fill=_LARGE // pieces)
        response = http.response()
        if response.body != pattern(_LARGE // pieces) * pieces or response.end == "cut":
            raise FailedError(f"{len(response.body)} bytes came of {_LARGE}, or others")


@HTTP.check(
    "http.body.back-pressure",
    "How much a server takes for a client that does not read",
    sentence="Open: whether send waits for the client, or only until the data is in a buffer.",
    source="asgi#applications",
    severity="undecided",
)
def back_pressure(kit: Kit) -> str:
    """Of 64 MiB, in parts of 64 KiB."""
    http = kit.connect(receive_buffer=4096)
    http.ask()
    app = kit.app()
    app.send("http.response.start", status=200, headers=[])
    for piece in range(_MOST_PIECES):
        if app.sending("http.response.body", 1.0, fill=_PIECE, more_body=True) is None:
            return f"send waits after {piece * _PIECE / (1 << 20):.1f} MiB"
    return "send never waits"


@HTTP.check(
    "http.head",
    "The response to a HEAD has no body",
    sentence="The HEAD method is identical to GET except that the server must not send content in "
    "the response.",
    source="rfc9110#section-9.3.2",
)
def head(kit: Kit) -> None:
    """Though the app sends one; the connection goes on behind it."""
    for headers in ([(b"content-length", b"5")], []):
        http, app = kit.ask("HEAD")
        app.answer(b"hello", 200, headers)
        expect("status", 200, http.response("HEAD").status)
        extra = http.silent()
        if extra:
            raise FailedError(f"behind the head comes {extra[:60]!r}")
        app.finish()
        if extra is None:
            _next(kit, http).answer(b"next")
            expect("body of the next", b"next", http.response().body)


@HTTP.check(
    "http.no-content",
    "A 204 and a 304 have no body, and no framing of one",
    sentence="A server must not send Transfer-Encoding in any response with a status code of 1xx "
    "or 204, nor Content-Length.",
    source="rfc9112#section-6.1",
)
def no_content(kit: Kit) -> None:
    """The connection goes on behind it."""
    for status in (204, 304):
        http, app = kit.ask()
        app.answer(b"", status, [])
        response = http.response()
        expect("status", status, response.status)
        framing = [name for name, _ in response.headers if name.lower() in _FRAMING]
        if status == 204 and framing:
            raise FailedError(f"a 204 has {framing[0].decode().lower()}")
        extra = http.silent()
        if extra:
            raise FailedError(f"behind the {status} comes {extra[:60]!r}")
        app.finish()
        if extra is None:
            _next(kit, http).answer(b"next")
            expect("body of the next", b"next", http.response().body)


_FRAMING = frozenset({b"transfer-encoding", b"content-length"})


@HTTP.check(
    "http.version-1.0",
    "A response to HTTP/1.0 is not chunked",
    sentence="A server must not send a response containing Transfer-Encoding unless the "
    "corresponding request indicates HTTP/1.1 (or later).",
    source="rfc9112#section-6.1",
)
def version_1_0(kit: Kit) -> None:
    """Its end is that of the connection."""
    http, app = kit.ask(version="1.0")
    app.answer(b"hello", 200, [])
    app.finish()
    response = http.response()
    expect("transfer-encoding", [], response.all(b"transfer-encoding"))
    expect("body", b"hello", response.body)


@HTTP.check(
    "http.kept",
    "A kept connection serves the next request",
    sentence="The application is called once per connection: with HTTP it is one request, even if "
    "the underlying socket is still open and serving multiple requests.",
    source="asgi#applications",
)
def kept(kit: Kit) -> None:
    """Behind each kind of framing."""
    http, app = kit.ask("POST", body=b"question")
    app.body()
    app.answer(b"hello", 200, [])
    response = http.response()
    app.finish()
    for _ in range(2):
        if response.framing == "closed":
            raise FailedError("the connection ends behind a response without a length")
        app = _next(kit, http)
        app.answer(b"hello")
        response = http.response()
        expect("body", b"hello", response.body)
        app.finish()


@HTTP.check(
    "http.pipelined",
    "Two requests at once are answered in order",
    sentence="A server must send the corresponding responses in the same order that the requests "
    "were received.",
    source="rfc9112#section-9.3.2",
)
def pipelined(kit: Kit) -> None:
    """Each by a call of its own."""
    http = kit.connect()
    one = b"GET /%d HTTP/1.1\r\nHost: kit.test\r\n\r\n"
    http.write(one % 1 + one % 2)
    for number in (1, 2):
        app = kit.app()
        expect("path", f"/{number}", app.scope["path"])
        app.body()
        app.answer(b"answer %d" % number)
        expect("body", b"answer %d" % number, http.response().body)
        app.finish()


@HTTP.check(
    "http.close",
    "A client that says so has its connection closed behind the response",
    sentence="A server that receives a close connection option must initiate closure of the "
    "connection after it sends the final response.",
    source="rfc9112#section-9.6",
)
def close(kit: Kit) -> None:
    """``Connection: close``."""
    http, app = kit.ask("GET", "/", b"Connection: close")
    app.answer(b"bye")
    app.finish()
    expect("body", b"bye", http.response().body)
    if not http.ends():
        raise FailedError("the connection stays open")
