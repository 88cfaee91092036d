"""How a WebSocket is opened, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, NotOfferedError, Table, expect
from asgi_mw.conformance.checks.leaving import left

if TYPE_CHECKING:
    from asgi_mw.conformance.kit import Kit

HANDSHAKE = Table()
_CONNECT = "www#connect-receive-event"
_ACCEPT = "www#accept-send-event"
_SCOPE = "www#websocket-connection-scope"
_CLOSE = "www#close-send-event"
_DISCONNECT = "www#disconnect-receive-event-ws"
_LOST = (
    "Disconnect: sent to the application when either connection to the client is lost, either from "
    "the client closing the connection, the server closing the connection, or loss of the socket."
)
_DIES = "If the application dies the socket should be closed, and vice-versa."


@HANDSHAKE.check(
    "handshake.scope",
    "A scope says what was asked for",
    sentence="path: decoded; query_string: URL portion after the ?; subprotocols: subprotocols the "
    "client advertised.",
    source=_SCOPE,
)
def scope(kit: Kit) -> None:
    """Path, query, scheme, headers and subprotocols."""
    lines = (b"Sec-WebSocket-Protocol: chat, superchat", b"x-kit: 1", b"x-kit: 2")
    _, app = kit.shake("/caf%C3%A9?a=%20", *lines)
    expect("path", "/café", app.scope.get("path"))
    expect("query_string", b"a=%20", app.scope.get("query_string"))
    expect("scheme", "ws", app.scope.get("scheme", "ws"))
    expect("subprotocols", ["chat", "superchat"], [*app.scope.get("subprotocols", [])])
    values = [value for name, value in app.scope["headers"] if name.lower() == b"x-kit"]
    expect("values of x-kit", [b"1", b"2"], values)


@HANDSHAKE.check(
    "handshake.waits",
    "The handshake is not completed before the app replies",
    sentence="The protocol server must send this message during the handshake phase of the "
    "WebSocket and not complete the handshake until it gets a reply.",
    source=_CONNECT,
)
def waits_for_accept(kit: Kit) -> None:
    """After the accept, it is completed."""
    client, app = kit.shake()
    early = client.http.silent()
    if early:
        raise FailedError(f"before the app replied, the client gets {early[:40]!r}")
    app.send("websocket.accept")
    client.shaken()


@HANDSHAKE.check(
    "handshake.subprotocol",
    "The subprotocol that the app accepts reaches the client",
    sentence="subprotocol: the subprotocol the server wishes to accept. Optional; if missing "
    "defaults to None.",
    source=_ACCEPT,
)
def subprotocol(kit: Kit) -> None:
    """The client gets none if the app accepts none."""
    for keys, expected in (({"subprotocol": "superchat"}, [b"superchat"]), ({}, [])):
        client, app = kit.shake("/", b"Sec-WebSocket-Protocol: chat, superchat")
        app.send("websocket.accept", **keys)
        expect("subprotocol", expected, client.shaken().all(b"sec-websocket-protocol"))


@HANDSHAKE.check(
    "handshake.headers",
    "Headers of the accept reach the client",
    sentence="headers: an iterable of [name, value] two-item iterables. Order must be preserved in "
    "the HTTP response. Added in spec version 2.1.",
    source=_ACCEPT,
)
def accept_headers(kit: Kit) -> None:
    """A server that claims an older version is not checked."""
    client, app = kit.shake()
    if app.version < (2, 1):
        raise NotOfferedError("it claims no version, which means 2.0")
    headers = [(b"x-kit", b"1"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    app.send("websocket.accept", headers=headers)
    response = client.shaken()
    expect("x-kit", [b"1"], response.all(b"x-kit"))
    expect("set-cookie", [b"a=1", b"b=2"], response.all(b"set-cookie"))


@HANDSHAKE.check(
    "handshake.send-too-early",
    "What becomes of a message before the accept",
    sentence="Open: whether an order can make an event dictionary invalid.",
    source="asgi#error-handling",
    severity="undecided",
)
def send_before_accept(kit: Kit) -> str:
    """The app sends too early."""
    client, app = kit.shake()
    outcome = app.sending("websocket.send", text="early")
    early = client.http.silent()
    gets = "" if early is None else f"; the client gets {early[:40]!r}"
    return f"send {outcome or 'waits'}{gets}"


@HANDSHAKE.check(
    "handshake.closed",
    "A close before the accept is a 403",
    sentence="If this is sent before the socket is accepted, the server must close the connection "
    "with a HTTP 403 error code (Forbidden), and not complete the WebSocket handshake.",
    source=_CLOSE,
)
def before_accept(kit: Kit) -> None:
    """The app closes with a code, and without one."""
    for keys in ({}, {"code": 4003, "reason": "no"}):
        client, app = kit.shake()
        app.send("websocket.close", **keys)
        app.finish()
        expect("status", 403, client.http.response().status)


@HANDSHAKE.check(
    "handshake.closed.disconnect",
    "After a close before the accept the app gets a disconnect",
    sentence=_LOST,
    source=_DISCONNECT,
)
def before_accept_disconnect(kit: Kit) -> str:
    """The server has closed the connection."""
    _, app = kit.shake()
    app.send("websocket.close")
    return f"its code is {left(app).get('code')}"


@HANDSHAKE.check(
    "handshake.left",
    "A client that leaves within the handshake is noticed",
    sentence=_LOST,
    source=_DISCONNECT,
)
def left_in_handshake(kit: Kit) -> str:
    """Before the app replied."""
    client, app = kit.shake()
    number = app.receiving()
    if (early := app.outcome(number, kit.clock.quiet)) is not None:
        raise FailedError(f"receive {early} while the client is there")
    client.http.close()
    return f"its code is {left(app, number).get('code')}"


@HANDSHAKE.check(
    "handshake.raises",
    "An app that raises before its accept has the handshake refused, or cut",
    sentence=_DIES,
    source="www#websocket-connection-scope",
)
def raises_before_accept(kit: Kit) -> str:
    """Most often it is refused by a 500."""
    client, app = kit.shake()
    app.fail()
    response = client.http.response_or_end()
    if response is None:
        return "the connection ends without a response"
    if response.status < 400:
        raise FailedError(f"the client gets {response.status}")
    return f"the client gets {response.status}"


@HANDSHAKE.check(
    "handshake.returns",
    "What a client gets of an app that returns without a reply",
    sentence="Open: nothing says who answers.",
    source=_CLOSE,
    severity="undecided",
)
def returns_before_accept(kit: Kit) -> str:
    """It returned, and raised nothing."""
    client, app = kit.shake()
    app.finish()
    response = client.http.response_or_end()
    return "the connection ends" if response is None else f"the client gets {response.status}"
