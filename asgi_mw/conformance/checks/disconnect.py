"""What the app receives when the client leaves, and when it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, Table, expect, shown
from asgi_mw.conformance.checks.leaving import leaves, waits

if TYPE_CHECKING:
    from asgi_mw.conformance.kit import Kit

DISCONNECT = Table()
_RECEIVE = "www#disconnect-receive-event"
_AFTER = (
    "Disconnect: sent to the application if receive is called after a response has been sent or "
    "after the HTTP connection has been closed."
)
_BODY = (
    "more_body: signifies if there is additional content to come (as part of a Request message)."
)
_GONE = {"type": "http.disconnect"}


@DISCONNECT.check(
    "disconnect.not-while-there",
    "No http.disconnect while the client waits for the response",
    sentence=_AFTER,
    source=_RECEIVE,
)
def not_while_there(kit: Kit) -> None:
    """Neither after an empty body nor after one with content."""
    for method, body in (("GET", None), ("POST", b"hello")):
        http, app = kit.ask(method, body=body)
        app.body()
        number = waits(app)
        app.answer(b"still here")
        expect("body", b"still here", http.response().body)
        app.cancel(number)


@DISCONNECT.check(
    "disconnect.waiting",
    "A client that leaves is noticed while the app waits",
    sentence=_AFTER,
    source=_RECEIVE,
)
def waiting(kit: Kit) -> None:
    """The client closes the connection."""
    http, app = kit.ask()
    app.body()
    number = waits(app)
    http.close()
    leaves(app, number)


@DISCONNECT.check(
    "disconnect.reset",
    "A connection that is reset is noticed while the app waits",
    sentence=_AFTER,
    source=_RECEIVE,
)
def reset(kit: Kit) -> None:
    """The client resets the connection by RST."""
    http, app = kit.ask()
    app.body()
    number = waits(app)
    http.reset()
    leaves(app, number)


@DISCONNECT.check(
    "disconnect.late",
    "A client that left is noticed by an app that did not wait for that",
    sentence=_AFTER,
    source=_RECEIVE,
)
def late(kit: Kit) -> None:
    """The app calls ``receive`` only later."""
    http, app = kit.ask()
    app.body()
    http.close()
    app.pause()
    leaves(app)


@DISCONNECT.check(
    "disconnect.mid-body",
    "A client that leaves within its body is noticed, and the body is never taken for whole",
    sentence=_BODY,
    source="www#request-receive-event",
)
def mid_body(kit: Kit) -> str:
    """The client sends half of a body with a length, and half of a chunked one."""
    for line, part in (
        (b"Content-Length: 100", b"only this"),
        (b"Transfer-Encoding: chunked", b"9\r\nonly this\r\n"),
    ):
        http = kit.connect()
        http.ask("POST", "/", line)
        http.write(part)
        app = kit.app_or_none(1.0)
        http.close()
        app = app or kit.app_or_none(1.0)
        if app is None:
            return "the app is called only when the body is whole"
        got = b""
        while (message := app.received())["type"] == "http.request":
            got += message.get("body", b"")
            if not message.get("more_body", False):
                raise FailedError(f"{shown(got)} came as the whole body, after {line.decode()}")
        expect("receive", _GONE, message)
        app.close()
    return ""


@DISCONNECT.check(
    "disconnect.mid-response",
    "A client that leaves within the response is noticed",
    sentence=_AFTER,
    source=_RECEIVE,
)
def mid_response(kit: Kit) -> None:
    """The app waits in ``receive`` between two parts."""
    http, app = kit.ask()
    app.body()
    app.send("http.response.start", status=200, headers=[])
    app.send("http.response.body", body=b"part", more_body=True)
    http.read_until(b"part")
    number = waits(app)
    http.close()
    leaves(app, number)


@DISCONNECT.check(
    "disconnect.after-response",
    "After a whole response, receive gives http.disconnect",
    sentence=_AFTER,
    source=_RECEIVE,
)
def after_response(kit: Kit) -> None:
    """While the connection is kept for the next request."""
    http, app = kit.ask()
    app.body()
    app.answer(b"done")
    http.response()
    leaves(app)


@DISCONNECT.check(
    "disconnect.repeats",
    "What a second receive does after http.disconnect",
    sentence="Open: whether the event comes again each time, or the call waits.",
    source=_RECEIVE,
    severity="undecided",
)
def repeats(kit: Kit) -> str:
    """Some servers repeat it."""
    http, app = kit.ask()
    app.body()
    http.close()
    leaves(app)
    outcome = app.outcome(app.receiving(), kit.clock.quiet)
    return "receive waits" if outcome is None else f"receive {outcome}"


@DISCONNECT.check(
    "disconnect.half-closed",
    "What a client that only stops sending counts as",
    sentence="Open: whether a connection that is closed in one direction is closed.",
    source=_RECEIVE,
    severity="undecided",
)
def half_closed(kit: Kit) -> str:
    """The client still reads."""
    http, app = kit.ask()
    app.body()
    http.leave_writing()
    outcome = app.outcome(app.receiving(), kit.clock.quiet)
    said = "receive waits" if outcome is None else f"receive {outcome}"
    app.sending("http.response.start", status=200, headers=[(b"content-length", b"2")])
    app.sending("http.response.body", body=b"ok")
    response = http.response_or_end()
    return f"{said}, and the client gets {'nothing' if response is None else response.status}"
