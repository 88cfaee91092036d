"""How the body of a request comes to the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, Table, expect
from asgi_mw.conformance.probe import pattern

if TYPE_CHECKING:
    from asgi_mw.conformance.kit import Kit

BODY = Table()
_REQUEST = "www#request-receive-event"
_KEYS = (
    "body: body of the request. If more_body is set, treat as start of body and concatenate on "
    "further chunks."
)
_DECHUNKED = (
    "A request with a chunked encoded body should be automatically de-chunked by the server and "
    "presented to the application as plain body bytes."
)
_LARGE = 3_000_000
_HUGE = 64 << 20


@BODY.check("body.none", "A GET has an empty, whole body", sentence=_KEYS, source=_REQUEST)
def none(kit: Kit) -> None:
    """One message."""
    _, app = kit.ask()
    message = app.received()
    expect("type", "http.request", message["type"])
    expect("body", b"", message.get("body", b""))
    expect("more_body", False, message.get("more_body", False))


@BODY.check("body.length", "A body with a length comes whole", sentence=_KEYS, source=_REQUEST)
def length(kit: Kit) -> None:
    """All of its bytes come, also those that are no text."""
    http, app = kit.ask("POST", body=bytes(range(256)))
    expect("body", bytes(range(256)), app.body())
    app.answer(b"got it")
    expect("body of the response", b"got it", http.response().body)


@BODY.check(
    "body.chunked",
    "A chunked body comes as plain bytes",
    sentence=_DECHUNKED,
    source="www#http-connection-scope",
)
def chunked(kit: Kit) -> None:
    """One chunk has an extension, and a trailer follows the last."""
    http = kit.connect()
    http.ask("POST", "/", b"Transfer-Encoding: chunked", b"Trailer: x-sum")
    http.write(b"5;name=value\r\nhello\r\nA\r\n, chunks!\n\r\n0\r\nx-sum: 1\r\n\r\n")
    app = kit.app()
    expect("body", b"hello, chunks!\n", app.body())
    app.answer(b"got it")
    expect("body of the response", b"got it", http.response().body)


@BODY.check("body.large", "A body of 3 MB comes whole", sentence=_KEYS, source=_REQUEST)
def large(kit: Kit) -> None:
    """It may come in any number of messages."""
    http = kit.connect()
    http.ask("POST", "/", b"Content-Length: %d" % _LARGE)
    http.write_meanwhile(pattern(_LARGE))
    app = kit.app()
    got = app.body()
    if got != pattern(_LARGE):
        raise FailedError(f"{len(got)} bytes came of {_LARGE}, or others")
    app.answer(b"got it")
    expect("body of the response", b"got it", http.response().body)


@BODY.check(
    "body.early",
    "When the first part of a body comes to the app",
    sentence="Open: whether a part has to come before the body is whole. (The body message serves "
    "as a way to stream large incoming HTTP bodies in chunks.)",
    source=_REQUEST,
    severity="undecided",
)
def early(kit: Kit) -> str:
    """The client sends half of it, and waits."""
    http = kit.connect()
    http.ask("POST", "/", b"Content-Length: 10")
    http.write(b"half!")
    app = kit.app_or_none(kit.clock.quiet)
    if app is None:
        return "the app is called only when the body is whole"
    got = b""
    while (outcome := app.outcome(number := app.receiving(), kit.clock.quiet)) is not None:
        got += outcome.message["body"]
        if got == b"half!":
            return "the first part comes at once"
    app.cancel(number)
    return "the first part does not come before the body is whole"


@BODY.check(
    "body.more",
    "Only the last message of a body has no more_body",
    sentence="more_body: if True, the consuming application should wait until it gets a chunk with "
    "this set to False. If False, the request is complete and should be processed.",
    source=_REQUEST,
)
def more(kit: Kit) -> None:
    """The end of a chunked body comes late, on its own."""
    http = kit.connect()
    http.ask("POST", "/", b"Transfer-Encoding: chunked")
    http.write(b"5\r\nhello\r\n")
    app = kit.app_or_none(kit.clock.quiet)
    if app is not None:
        number, got = app.receiving(), b""
        while app.outcome(number, kit.clock.quiet) is not None:
            part = app.received(number)
            got += part.get("body", b"")
            if not part.get("more_body", False):
                raise FailedError(f"{got!r} came as the whole body, which had not ended")
            number = app.receiving()
        http.write(b"0\r\n\r\n")
        message = app.received(number)
        got += message.get("body", b"")
        if message.get("more_body", False):
            got += app.body()
    else:
        http.write(b"0\r\n\r\n")
        got = kit.app().body()
    expect("body", b"hello", got)


@BODY.check(
    "body.expect-continue",
    "A client that expects 100-continue is let on",
    sentence="A server that receives a 100-continue expectation must send either a 100 or a final "
    "status; a client that waits for it may send no body before.",
    source="rfc9110#section-10.1.1",
)
def expect_continue(kit: Kit) -> str:
    """The 100 comes at the latest when the app calls ``receive``."""
    http = kit.connect()
    http.ask("POST", "/", b"Expect: 100-continue", b"Content-Length: 5")
    app = kit.app_or_none(kit.clock.quiet)
    early = http.silent()
    if early is not None:
        http.give_back(early)
    number = None if app is None else app.receiving()
    head = http.head()
    expect("status", 100, None if head is None else head.status)
    http.write(b"hello")
    app = app or kit.app()
    message = app.received(number)
    got = message.get("body", b"") + (app.body() if message.get("more_body") else b"")
    expect("body", b"hello", got)
    app.answer(b"ok")
    expect("body of the response", b"ok", http.response().body)
    return f"100 comes {'as the app calls receive' if early is None else 'at once'}"


@BODY.check(
    "body.unread",
    "A body that the app does not read is not taken for the next request",
    sentence="If the final response does not use up the request's content, a server must read it "
    "as content, or close the connection after its response.",
    source="rfc9112#section-9.3",
)
def unread(kit: Kit) -> str:
    """The body looks like a request."""
    inner = b"GET /smuggled HTTP/1.1\r\nHost: kit.test\r\n\r\n"
    http, app = kit.ask("POST", body=inner)
    app.answer(b"first")
    expect("body", b"first", http.response().body)
    app.finish()
    http.ask("GET", "/second")
    second = kit.app_or_none(kit.clock.quiet)
    if second is None:
        if not http.ends():
            raise FailedError("the next request is not answered, and the connection stays open")
        return "the connection is closed"
    expect("path of the next request", "/second", second.scope["path"])
    second.answer(b"second")
    expect("body", b"second", http.response().body)
    return "the connection goes on"


@BODY.check(
    "body.after-end",
    "After the whole body there is no further http.request",
    sentence="more_body: if False, the request is complete and should be processed.",
    source=_REQUEST,
)
def after_end(kit: Kit) -> None:
    """Something else may come, at any time."""
    http, app = kit.ask("POST", body=b"all of it")
    expect("body", b"all of it", app.body())
    number = app.receiving()
    outcome = app.outcome(number, kit.clock.quiet)
    app.answer(b"ok")
    http.response()
    outcome = outcome or app.outcome(number, kit.clock.quiet)
    if outcome is not None and (outcome.message or {}).get("type") == "http.request":
        raise FailedError(f"receive {outcome}")


@BODY.check(
    "body.back-pressure",
    "How much of a body a server takes that the app does not read",
    sentence="Open: whether a server has to stop reading while the app does.",
    source=_REQUEST,
    severity="undecided",
)
def back_pressure(kit: Kit) -> str:
    """The client sends up to 64 MiB."""
    http = kit.connect()
    http.ask("POST", "/", b"Content-Length: %d" % _HUGE)
    sent = http.write_some(bytes(_HUGE), 1.0)
    if sent == _HUGE:
        return "all of 64 MiB"
    return f"{sent / (1 << 20):.0f} MiB of 64, with the buffers of the system"
