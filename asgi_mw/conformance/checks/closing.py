"""How a WebSocket ends, and what both sides receive then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.conformance.check import (
    FailedError,
    NotOfferedError,
    Table,
    UndecidedError,
    expect,
)
from asgi_mw.conformance.checks.leaving import left

if TYPE_CHECKING:
    from asgi_mw.conformance.kit import Kit
    from asgi_mw.conformance.puppet import Puppet
    from asgi_mw.conformance.websocket import Frame, WebSocket

CLOSING = Table()
_DISCONNECT = "www#disconnect-receive-event-ws"
_CLOSE = "www#close-send-event"
_LOST = (
    "Disconnect: sent to the application when either connection to the client is lost, either from "
    "the client closing the connection, the server closing the connection, or loss of the socket."
)
_CODE = (
    "code: the WebSocket close code, as per the WebSocket spec. If no code was received in the "
    "frame from the client, the server should set this to 1005."
)
_DIES = "If the application dies the socket should be closed, and vice-versa."
_RAISES = (
    "If send() is called on a closed connection the server should raise a server-specific "
    "subclass of OSError."
)


@CLOSING.check(
    "closing.code",
    "The close code of the client reaches the app",
    sentence=_CODE,
    source=_DISCONNECT,
)
def code_of_client(kit: Kit) -> None:
    """The client waits for the close of the server before it leaves."""
    for code in (1000, 1001, 4000):
        client, app = kit.socket()
        number = app.receiving()
        client.leave(code, "bye")
        expect("code", code, left(app, number).get("code"))


@CLOSING.check(
    "closing.answered",
    "A close of the client is answered by one",
    sentence="If an endpoint receives a Close frame and did not previously send a Close frame, the "
    "endpoint must send a Close frame in response, as soon as practical.",
    source="rfc6455#section-5.5.1",
)
def answered(kit: Kit) -> str:
    """It is answered at the latest when the app returns, after it received the disconnect."""
    client, app = kit.socket()
    number = app.receiving()
    client.close_with(1000)
    try:
        frame, when = client.closing(1.0), "at once"
    except FailedError:
        left(app, number)
        app.finish()
        frame, when = client.closing(), "as the app returns"
    if frame is None:
        raise FailedError("the connection ends without a close of the server")
    return f"it comes {when}"


@CLOSING.check(
    "closing.reason",
    "The reason of the client reaches the app",
    sentence="reason: a reason given for the disconnect, can be any string. 2.5: added the reason "
    "key to the WebSocket disconnect event.",
    source=_DISCONNECT,
)
def reason(kit: Kit) -> None:
    """A server that claims an older version need not pass it on."""
    client, app = kit.socket()
    number = app.receiving()
    client.leave(4000, "bye")
    message = left(app, number)
    if message.get("reason") == "bye":
        return
    if app.version < (2, 5):
        raise NotOfferedError(f"it claims version {app.version[0]}.{app.version[1]}")
    expect("reason", "bye", message.get("reason"))


@CLOSING.check(
    "closing.no-code",
    "A close without a code is 1005",
    sentence=_CODE,
    source=_DISCONNECT,
    severity="should",
)
def no_code(kit: Kit) -> None:
    """The client sends an empty close."""
    client, app = kit.socket()
    number = app.receiving()
    client.leave()
    expect("code", 1005, left(app, number).get("code"))


@CLOSING.check(
    "closing.lost",
    "A socket that is lost is 1006",
    sentence="If the WebSocket connection is closed and no Close control frame was received by the "
    "endpoint, the WebSocket Connection Close Code is considered to be 1006.",
    source="rfc6455#section-7.1.5",
)
def lost(kit: Kit) -> str:
    """The client closes or resets it; ASGI's own sentence can be read as 1005."""
    for reset in (False, True):
        client, app = kit.socket()
        number = app.receiving()
        if reset:
            client.http.reset()
        else:
            client.http.close()
        message = left(app, number)
        if message.get("code") == 1005:
            raise UndecidedError("the code is 1005, which ASGI asks for where none was received")
        expect("code", 1006, message.get("code"))
    return ""


@CLOSING.check(
    "closing.by-app",
    "The app's code and reason reach the client",
    sentence="If this is sent after the socket is accepted, the server must close the socket with "
    "the close code passed in the message (or 1000 if none is specified).",
    source=_CLOSE,
)
def by_app(kit: Kit) -> None:
    """The reason is sent from version 2.3 on."""
    for given, code in (({"code": 4001, "reason": "done"}, 4001), ({}, 1000)):
        client, app = kit.socket()
        keys: dict[str, Any] = {**given}
        if app.version < (2, 3):
            keys.pop("reason", None)
        frame = _closed_by_app(client, app, **keys)
        if frame is None:
            raise FailedError("the connection ends without a close")
        expect("code", code, frame.code)
        if "reason" in keys:
            expect("reason", "done", frame.reason)


def _closed_by_app(client: WebSocket, app: Puppet, **keys: Any) -> Frame | None:
    """Let the app close; give the close that the client gets, and answers as it should."""
    number = app.begin("send", message={"type": "websocket.close", **keys})
    frame = client.closing()
    if frame is not None:
        client.close_with(frame.code)
        client.http.ends(1.0)
    client.http.close()
    outcome = app.outcome(number)
    if outcome is None or outcome.raised:
        raise FailedError(f"send of websocket.close {outcome or 'waits'}")
    return frame


@CLOSING.check(
    "closing.by-app.disconnect",
    "After its own close the app gets a disconnect",
    sentence=_LOST,
    source=_DISCONNECT,
)
def by_app_disconnect(kit: Kit) -> str:
    """It comes once the client has answered the close."""
    client, app = kit.socket()
    _closed_by_app(client, app, code=4001)
    return f"its code is {left(app).get('code')}"


@CLOSING.check(
    "closing.repeats",
    "What a second receive does after a disconnect",
    sentence="Open: whether the event comes again, or the call waits or raises.",
    source=_DISCONNECT,
    severity="undecided",
)
def repeats(kit: Kit) -> str:
    """Some servers repeat it."""
    client, app = kit.socket()
    number = app.receiving()
    client.leave(1000)
    left(app, number)
    outcome = app.outcome(app.receiving(), kit.clock.quiet)
    return "receive waits" if outcome is None else f"receive {outcome}"


def _sent_late(kit: Kit, *, by_app: bool) -> str:
    client, app = kit.socket()
    if by_app:
        _closed_by_app(client, app, code=4001)
    else:
        number = app.receiving()
        client.leave(1000)
        left(app, number)
    outcomes = [app.sending("websocket.send", text="late") for _ in "123"]
    if None in outcomes:
        raise FailedError("send waits for ever")
    if by_app or any(outcome is not None and "OSError" in outcome.raised for outcome in outcomes):
        return f"send {outcomes[0]}"
    version = ".".join(map(str, app.version))
    if app.version < (2, 4):
        raise NotOfferedError(f"it claims version {version}; send {outcomes[-1]}")
    raise FailedError(f"it claims version {version}, and send {outcomes[-1]}")


@CLOSING.check(
    "closing.send-after-left",
    "A send to a client that has closed raises a subclass of OSError",
    sentence=_RAISES,
    source="www#disconnected-client-send-exception",
    severity="should",
)
def send_after_left(kit: Kit) -> str:
    """From version 2.4 of the specification on."""
    return _sent_late(kit, by_app=False)


@CLOSING.check(
    "closing.send-after-close",
    "What a send does behind the app's own close",
    sentence="Open: whether it is one on a closed connection, or an invalid order.",
    source="www#disconnected-client-send-exception",
    severity="undecided",
)
def send_after_close(kit: Kit) -> str:
    """The app closed first, not the client."""
    return _sent_late(kit, by_app=True)


@CLOSING.check(
    "closing.raises",
    "An app that raises has its socket closed",
    sentence=_DIES,
    source="www#websocket-connection-scope",
    severity="should",
)
def raises(kit: Kit) -> str:
    """Any close code will do."""
    client, app = kit.socket()
    app.fail()
    return _closed(client)


@CLOSING.check(
    "closing.returns",
    "An app that returns without a close has its socket closed",
    sentence=_DIES,
    source="www#websocket-connection-scope",
    severity="should",
)
def returns(kit: Kit) -> str:
    """Any close code will do."""
    client, app = kit.socket()
    app.finish()
    return _closed(client)


def _closed(client: WebSocket) -> str:
    frame = client.closing()
    return "the connection is cut" if frame is None else f"the client gets code {frame.code}"
