"""How a response of the app comes to the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, Table, expect
from asgi_mw.conformance.probe import pattern

if TYPE_CHECKING:
    from asgi_mw.conformance.http1 import Response
    from asgi_mw.conformance.kit import Kit

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


@HTTP.check(
    "http.start",
    "Status and headers come as the app sent them",
    sentence="headers: order must be preserved in the HTTP response.",
    source=_START,
)
def start(kit: Kit) -> None:
    """Each header comes once, and those of one name come in order."""
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
    """The app sends up to 64 MiB, in parts of 64 KiB."""
    http = kit.connect(receive_buffer=4096)
    http.ask()
    app = kit.app()
    app.send("http.response.start", status=200, headers=[])
    for piece in range(_MOST_PIECES):
        if app.sending("http.response.body", 1.0, fill=_PIECE, more_body=True) is None:
            return f"send waits after {piece * _PIECE / (1 << 20):.1f} MiB"
    return "send never waits"
