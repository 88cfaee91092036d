"""What the app hears of a client that leaves, and of one that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, NotOfferedError, Table, expect, shown

if TYPE_CHECKING:
    from asgi_mw.conformance.kit import Kit
    from asgi_mw.conformance.puppet import Puppet

DISCONNECT = Table()
_RECEIVE = "www#disconnect-receive-event"
_SEND = "www#disconnected-client-send-exception"
_AFTER = (
    "Disconnect: sent to the application if receive is called after a response has been sent or "
    "after the HTTP connection has been closed."
)
_RAISES = (
    "If send() is called on a closed connection the server should raise a server-specific "
    "subclass of OSError."
)
_RETURNS = "send: will return once the send has been completed or the connection has been closed."
_BODY = (
    "more_body: signifies if there is additional content to come (as part of a Request message)."
)
_GONE = {"type": "http.disconnect"}


def _waits(app: Puppet, number: int | None = None) -> int:
    """The number of a ``receive`` that waits, as it should."""
    number = app.receiving() if number is None else number
    outcome = app.outcome(number, app.quiet)
    if outcome is not None:
        raise FailedError(f"receive {outcome} while the client is there and waits")
    return number


def _leaves(app: Puppet, number: int | None = None) -> None:
    """Go on if ``http.disconnect`` comes."""
    expect("receive", _GONE, app.received(number))


@DISCONNECT.check(
    "disconnect.not-while-there",
    "No http.disconnect while the client waits for the response",
    sentence=_AFTER,
    source=_RECEIVE,
)
def not_while_there(kit: Kit) -> None:
    """Neither after an empty body nor after one."""
    for method, body in (("GET", None), ("POST", b"hello")):
        http, app = kit.ask(method, body=body)
        app.body()
        number = _waits(app)
        app.answer(b"still here")
        expect("body", b"still here", http.response().body)
        app.cancel(number)


@DISCONNECT.check(
    "disconnect.cancelled-receive",
    "A receive that is cancelled gives no false http.disconnect",
    sentence=_AFTER,
    source=_RECEIVE,
)
def cancelled_receive(kit: Kit) -> None:
    """As with a time limit around ``receive``; the client is there all the time."""
    _, app = kit.ask()
    app.body()
    outcome = app.cancel(_waits(app))
    if outcome is None:
        raise FailedError("receive did not return within the time after it was cancelled")
    if not outcome.cancelled:
        raise FailedError(f"receive was cancelled, and {outcome}, while the client is there")
    _waits(app)


@DISCONNECT.check(
    "disconnect.polled-receive",
    "A receive under a time limit of 0 gives no false http.disconnect",
    sentence=_AFTER,
    source=_RECEIVE,
)
def polled_receive(kit: Kit) -> None:
    """As Starlette's ``request.is_disconnected()`` asks."""
    http, app = kit.ask()
    app.body()
    for _ in range(3):
        outcome = app.outcome(app.begin("poll"))
        if outcome is None or not outcome.cancelled:
            raise FailedError(f"receive {outcome or 'did not return'}, while the client is there")
    app.answer(b"still here")
    expect("body", b"still here", http.response().body)


@DISCONNECT.check(
    "disconnect.seen-after-cancelled",
    "After a receive that was cancelled, the next one gets the http.disconnect",
    sentence=_AFTER,
    source=_RECEIVE,
)
def seen_after_cancelled(kit: Kit) -> None:
    """The real one."""
    http, app = kit.ask()
    app.body()
    app.cancel(_waits(app))
    number = app.receiving()
    http.close()
    _leaves(app, number)


@DISCONNECT.check(
    "disconnect.cancelled-receive-loses-nothing",
    "A receive that is cancelled loses nothing of the body",
    sentence="body: body of the request. If more_body is set, treat as start of body and "
    "concatenate on further chunks.",
    source="www#request-receive-event",
)
def loses_nothing(kit: Kit) -> None:
    """What comes after the cancellation is there for the next ``receive``."""
    http = kit.connect()
    http.ask("POST", "/", b"Content-Length: 6")
    app = kit.app()
    number = app.receiving()
    first = app.outcome(number, kit.clock.quiet)
    before = b""
    if first is None:
        first = app.cancel(number)
        if first is not None and not first.cancelled and first.message is None:
            raise FailedError(f"receive was cancelled, and {first}")
    if first is not None and first.message is not None:
        if first.message["type"] != "http.request":
            raise FailedError(f"receive {first} while the client is there")
        before = first.message.get("body", b"")
    http.write(b"abc")
    polled = app.outcome(app.begin("poll"))
    if polled is not None and polled.message is not None:
        before += polled.message.get("body", b"")
    http.write(b"def")
    expect("body", b"abcdef", before + app.body())


@DISCONNECT.check(
    "disconnect.waiting",
    "A client that leaves is noticed while the app waits",
    sentence=_AFTER,
    source=_RECEIVE,
)
def waiting(kit: Kit) -> None:
    """It closes the connection."""
    http, app = kit.ask()
    app.body()
    number = _waits(app)
    http.close()
    _leaves(app, number)


@DISCONNECT.check(
    "disconnect.reset",
    "A connection that is reset is noticed while the app waits",
    sentence=_AFTER,
    source=_RECEIVE,
)
def reset(kit: Kit) -> None:
    """The same with RST."""
    http, app = kit.ask()
    app.body()
    number = _waits(app)
    http.reset()
    _leaves(app, number)


@DISCONNECT.check(
    "disconnect.late",
    "A client that left is noticed by an app that did not wait for that",
    sentence=_AFTER,
    source=_RECEIVE,
)
def late(kit: Kit) -> None:
    """It calls ``receive`` only later."""
    http, app = kit.ask()
    app.body()
    http.close()
    app.pause()
    _leaves(app)


@DISCONNECT.check(
    "disconnect.mid-body",
    "A client that leaves within its body is noticed, and the body is never taken for whole",
    sentence=_BODY,
    source="www#request-receive-event",
)
def mid_body(kit: Kit) -> str:
    """Half of a body that has a length, half of one that is chunked."""
    for line, part in (
        (b"Content-Length: 100", b"only this"),
        (b"Transfer-Encoding: chunked", b"9\r\nonly this\r\n"),
    ):
        http = kit.connect()
        http.ask("POST", "/", line)
        http.write(part)
        app = kit.app_or_none(kit.clock.quiet)
        http.close()
        app = app or kit.app_or_none(kit.clock.quiet)
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
    """The app waits for it between two parts."""
    http, app = kit.ask()
    app.body()
    app.send("http.response.start", status=200, headers=[])
    app.send("http.response.body", body=b"part", more_body=True)
    http.read_until(b"part")
    number = _waits(app)
    http.close()
    _leaves(app, number)


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
    _leaves(app)


@DISCONNECT.check(
    "disconnect.repeats",
    "What a second receive does after http.disconnect",
    sentence="Open: whether the event comes again each time, or the call waits.",
    source=_RECEIVE,
    severity="undecided",
)
def repeats(kit: Kit) -> str:
    """Some repeat it."""
    http, app = kit.ask()
    app.body()
    http.close()
    _leaves(app)
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
    """It still reads."""
    http, app = kit.ask()
    app.body()
    http.leave_writing()
    outcome = app.outcome(app.receiving(), kit.clock.quiet)
    said = "receive waits" if outcome is None else f"receive {outcome}"
    app.sending("http.response.start", status=200, headers=[(b"content-length", b"2")])
    app.sending("http.response.body", body=b"ok")
    response = http.response_or_end()
    return f"{said}, and the client gets {'nothing' if response is None else response.status}"


def _gone(kit: Kit, *, streams: bool) -> Puppet:
    http, app = kit.ask()
    app.body()
    if streams:
        app.send("http.response.start", status=200, headers=[])
        app.send("http.response.body", body=b"part", more_body=True)
        http.read_until(b"part")
    http.close()
    _leaves(app)
    return app


@DISCONNECT.check(
    "disconnect.send-ends",
    "A send to a client that has left returns or raises, and does not wait",
    sentence=_RETURNS,
    source="asgi#applications",
)
def send_ends(kit: Kit) -> str:
    """Before the start and within the response, with more than fits into a buffer."""
    said = []
    for streams in (False, True):
        app = _gone(kit, streams=streams)
        if not streams:
            app.sending("http.response.start", status=200, headers=[])
        for _ in range(8):
            outcome = app.sending("http.response.body", fill=1 << 18, more_body=True)
            if outcome is None:
                raise FailedError(f"send waits for ever, {'within' if streams else 'before'} it")
        said.append(str(outcome))
    return said[-1]


@DISCONNECT.check(
    "disconnect.send-raises",
    "A send to a client that has left raises a subclass of OSError",
    sentence=_RAISES,
    source=_SEND,
    severity="should",
)
def send_raises(kit: Kit) -> None:
    """From version 2.4 of the specification on."""
    app = _gone(kit, streams=True)
    outcomes = [app.sending("http.response.body", body=b"x" * 1000, more_body=True) for _ in "123"]
    if any(outcome is not None and "OSError" in outcome.raised for outcome in outcomes):
        return
    version = ".".join(map(str, app.version))
    if app.version < (2, 4):
        raise NotOfferedError(f"it claims version {version}; send {outcomes[-1]}")
    raise FailedError(f"it claims version {version}, and send {outcomes[-1] or 'waits'}")


@DISCONNECT.check(
    "disconnect.own-error-caught",
    "The error of such a send may leave the app, and is not logged as one",
    sentence="Servers must be prepared to catch this exception if they raised it and should not "
    "log it as an error in their server logs.",
    source=_SEND,
)
def own_error_caught(kit: Kit) -> None:
    """Nor does it stop the server."""
    app = _gone(kit, streams=True)
    number = app.begin("send", message={"type": "http.response.body", "body": b"x"})
    outcome = app.outcome(number)
    if outcome is None or "OSError" not in outcome.raised:
        raise NotOfferedError("send raises no OSError")
    process = kit.process
    before = process.said.count("Traceback") if process else 0
    app.fail_with(number)
    app.ended()
    http, app = kit.ask()
    app.answer(b"on")
    expect("body", b"on", http.response().body)
    if process and process.said.count("Traceback") > before:
        raise FailedError("the server logs a traceback of its own exception")
