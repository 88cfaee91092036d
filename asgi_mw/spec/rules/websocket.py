"""The rules about the course of a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.spec.rule import Rule

if TYPE_CHECKING:
    from asgi_mw.spec.rule import Kind

_KIND: Kind = "websocket"
_CONNECT = "await receive()\n"
_ACCEPT = 'await send({"type": "websocket.accept"})'
_SEND = 'await send({"type": "websocket.send", "text": "hi"})'
_CLOSE = 'await send({"type": "websocket.close"})'
_DENY = 'await send({"type": "websocket.http.response.start", "status": 401})'
_NO = 'await send({"type": "websocket.http.response.body", "body": b"no"})'
_GOOD = f"{_CONNECT}{_ACCEPT}\n{_SEND}\n{_CLOSE}"
_DENIED = f"{_CONNECT}{_DENY}\n{_NO}"
_MIXED = "These messages cannot be followed by any other websocket messages."
_DENIAL = "extensions#websocket-denial-response"
_MUST_ANSWER = (
    "This message must be responded to with either an Accept message or a Close message before the "
    "socket will pass websocket.receive messages."
)

WEBSOCKET = (
    Rule(
        id="websocket.send.before-accept",
        fault="app",
        kind=_KIND,
        sentence=_MUST_ANSWER,
        source="www#connect-receive-event",
        why="There is no connection yet: servers raise, or drop it.",
        bad=f"{_CONNECT}{_SEND}\n{_ACCEPT}\n{_CLOSE}",
        good=_GOOD,
    ),
    Rule(
        id="websocket.accept.twice",
        fault="app",
        kind=_KIND,
        sentence="Accept: sent by the application when it wishes to accept an incoming connection.",
        source="www#accept-send-event",
        why="It is accepted already: servers raise.",
        bad=f"{_CONNECT}{_ACCEPT}\n{_ACCEPT}\n{_CLOSE}",
        good=_GOOD,
    ),
    Rule(
        id="websocket.accept.after-close",
        fault="app",
        kind=_KIND,
        sentence="If close is sent before the socket is accepted, the server must close the "
        "connection with a HTTP 403 error code, and not complete the WebSocket handshake.",
        source="www#close-send-event",
        why="The client has its 403, or the end of its connection.",
        bad=f"{_CONNECT}{_CLOSE}\n{_ACCEPT}",
        good=f"{_CONNECT}{_CLOSE}",
    ),
    Rule(
        id="websocket.sent-after-close",
        fault="app",
        kind=_KIND,
        sentence="Messages received by a server after the connection has been closed are generally "
        "not considered errors unless specified by a protocol.",
        source="asgi#error-handling",
        why="What is sent is lost. Some servers ignore it, others raise.",
        bad=f"{_GOOD}\n{_CLOSE}",
        good=_GOOD,
        verdict="undecided",
        readings=(
            "The server ignores it, and so nothing forbids it.",
            "The app closed it itself: to send more is a mistake, and a server may raise.",
        ),
        thread="https://github.com/django/asgiref/issues/66",
    ),
    Rule(
        id="websocket.no-answer",
        fault="app",
        kind=_KIND,
        sentence=_MUST_ANSWER,
        source="www#connect-receive-event",
        why="The app returned, and the client waits for the end of the handshake.",
        bad=f"{_CONNECT}return",
        good=f"{_CONNECT}{_CLOSE}",
    ),
    Rule(
        id="websocket.returned-open",
        fault="app",
        kind=_KIND,
        sentence="The scope lives as long as the socket itself: if the application dies the socket "
        "should be closed, and vice-versa.",
        source="www#websocket-connection-scope",
        why="The app returned without a close: servers close with 1000, 1005 or 1006.",
        bad=f"{_CONNECT}{_ACCEPT}\n{_SEND}",
        good=_GOOD,
        verdict="undecided",
        readings=(
            "The server closes for the app, and so it may just return.",
            "Nobody says with which code: the app has to close.",
        ),
        thread="https://github.com/django/asgiref/issues/47",
    ),
    Rule(
        id="websocket.send.one",
        fault="app",
        kind=_KIND,
        sentence="Exactly one of bytes or text must be non-None.",
        source="www#send-send-event",
        why="Servers send one of them, the other, an empty message, or raise.",
        bad=_GOOD.replace('"text": "hi"', '"text": "hi", "bytes": b"hi"'),
        good=_GOOD.replace('"text": "hi"', '"text": "hi", "bytes": None'),
    ),
    Rule(
        id="websocket.accept.protocol-header",
        fault="app",
        kind=_KIND,
        sentence="headers must not include a header named sec-websocket-protocol; use the "
        "subprotocol key instead.",
        source="www#accept-send-event",
        why="The server writes this header itself: the client would see it twice.",
        bad=_GOOD.replace(
            '"websocket.accept"}',
            '"websocket.accept", "headers": [(b"sec-websocket-protocol", b"chat")]}',
        ),
        good=_GOOD.replace('"websocket.accept"}', '"websocket.accept", "headers": []}'),
    ),
    Rule(
        id="websocket.denial.before-start",
        fault="app",
        kind=_KIND,
        sentence="The messages should be websocket.http.response.start and "
        "websocket.http.response.body with a structure that matches those of HTTP.",
        source=_DENIAL,
        why="There is no response to continue.",
        bad=f"{_CONNECT}{_NO}\n{_CLOSE}",
        good=_DENIED,
        severity="should",
    ),
    Rule(
        id="websocket.denial.after-accept",
        fault="app",
        kind=_KIND,
        sentence="This will allow the ASGI Framework to send HTTP response messages after the "
        "websocket.connect message.",
        source=_DENIAL,
        why="The handshake is done: there is no HTTP response any more.",
        bad=f"{_CONNECT}{_ACCEPT}\n{_DENY}\n{_CLOSE}",
        good=_DENIED,
    ),
    Rule(
        id="websocket.denial.mixed",
        fault="app",
        kind=_KIND,
        sentence=_MIXED,
        source=_DENIAL,
        why="The server sends the HTTP response, and closes.",
        bad=f"{_CONNECT}{_DENY}\n{_CLOSE}\n{_NO}",
        good=_DENIED,
    ),
    Rule(
        id="websocket.denial.twice",
        fault="app",
        kind=_KIND,
        sentence="The server should send a HTTP response and then close the connection.",
        source=_DENIAL,
        why="One response denies the handshake, and then the connection is closed.",
        bad=f"{_CONNECT}{_DENY}\n{_DENY}\n{_NO}",
        good=_DENIED,
    ),
    Rule(
        id="websocket.denial.unfinished",
        fault="app",
        kind=_KIND,
        sentence="The messages have a structure that matches those of HTTP: the start needs to be "
        "followed by at least one body, and more_body False completes it.",
        source=_DENIAL,
        why="The app returned in the middle of the response: the client waits, or gets half of it.",
        bad=f"{_CONNECT}{_DENY}",
        good=_DENIED,
    ),
    Rule(
        id="websocket.connect.missing",
        fault="server",
        kind=_KIND,
        sentence="Connect: sent to the application when the client initially opens a connection "
        "and is about to finish the WebSocket handshake.",
        source="www#connect-receive-event",
        why="Apps wait for it, and take whatever comes first for it.",
        bad='messages[:] = [{"type": "websocket.disconnect", "code": 1006}]',
        good="",
    ),
    Rule(
        id="websocket.connect.twice",
        fault="server",
        kind=_KIND,
        sentence="Connect: sent to the application when the client initially opens a connection.",
        source="www#connect-receive-event",
        why="A connection opens once.",
        bad='messages[:] = [{"type": "websocket.connect"}] * 2',
        good="",
    ),
    Rule(
        id="websocket.receive.before-accept",
        fault="server",
        kind=_KIND,
        sentence=_MUST_ANSWER,
        source="www#connect-receive-event",
        why="The app has not said yet whether it wants the connection.",
        bad='eager = True\nmessages[:] = [{"type": "websocket.connect"}, '
        '{"type": "websocket.receive", "text": "hi"}]',
        good='messages[:] = [{"type": "websocket.connect"}, '
        '{"type": "websocket.receive", "text": "hi"}]',
    ),
    Rule(
        id="websocket.receive.one",
        fault="server",
        kind=_KIND,
        sentence="Exactly one of bytes or text must be non-None.",
        source="www#receive-receive-event",
        why="An app cannot tell what the client sent.",
        bad='messages[:] = [{"type": "websocket.connect"}, {"type": "websocket.receive"}]',
        good='messages[:] = [{"type": "websocket.connect"}, '
        '{"type": "websocket.receive", "text": None, "bytes": b"hi"}]',
    ),
    Rule(
        id="websocket.receive.after-disconnect",
        fault="server",
        kind=_KIND,
        sentence="Disconnect: sent to the application when either connection to the client is "
        "lost, either from the client closing the connection, the server closing the connection, "
        "or loss of the socket.",
        source="www#disconnect-receive-event-ws",
        why="Who is gone sends nothing more.",
        bad='messages[:] = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", '
        '"code": 1000}, {"type": "websocket.receive", "text": "hi"}]',
        good='messages[:] = [{"type": "websocket.connect"}, {"type": "websocket.receive", '
        '"text": "hi"}, {"type": "websocket.disconnect", "code": 1000}]',
    ),
)
