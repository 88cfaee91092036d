"""The rules of :mod:`asgi_mw.spec` that the server broke, in this check or in one before it.

These checks come last.  Each makes some traffic of its own, so that it can be run alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance import websocket as ws
from asgi_mw.conformance.check import FailedError, NotOfferedError, Table

if TYPE_CHECKING:
    from asgi_mw.conformance.kit import Kit
    from asgi_mw.conformance.puppet import Puppet

RULES = Table()
_SENTENCE = "All that the rules of asgi_mw.spec have of scopes and messages, and their order."
# These have checks of their own, which know when the client left, and what it sent
_OWN = frozenset({"send.gone", "send.gone.kind", "wire.request.length"})


def _judge(kit: Kit, kind: str, *apps: Puppet) -> None:
    for app in apps:
        app.close()
        kit.note(app)
    found = {rule: said for rule, said in kit.found.get(kind, {}).items() if rule not in _OWN}
    if found:
        raise FailedError("; ".join(f"{said} [{rule}]" for rule, said in found.items()))


@RULES.check(
    "rules.http",
    "No rule for HTTP is broken by the server",
    sentence=_SENTENCE,
    source="www#http",
)
def http(kit: Kit) -> None:
    """Requests with and without a body, up to the disconnect after the response."""
    apps = []
    for method, body in (("GET", None), ("POST", b"hello")):
        client, app = kit.ask(method, "/a%20b?c", b"X-Kit: 1", body=body)
        app.body()
        app.answer(b"ok")
        client.response()
        app.outcome(app.receiving(), kit.clock.quiet)
        apps.append(app)
    _judge(kit, "http", *apps)


@RULES.check(
    "rules.websocket",
    "No rule for WebSocket is broken by the server",
    sentence=_SENTENCE,
    source="www#websocket",
)
def websocket(kit: Kit) -> None:
    """Messages in both directions, up to the disconnect."""
    client, app = kit.socket("/a%20b?c", b"Sec-WebSocket-Protocol: chat")
    client.send(ws.TEXT, b"text")
    client.send(ws.BINARY, b"bytes")
    app.received()
    app.received()
    app.send("websocket.send", text="text")
    number = app.receiving()
    client.leave()
    app.received(number)
    _judge(kit, "websocket", app)


@RULES.check(
    "rules.http2",
    "No rule for HTTP is broken by the server on HTTP/2",
    sentence=_SENTENCE,
    source="www#http",
)
def http2(kit: Kit) -> None:
    """A request with a body, up to the disconnect after the response."""
    client = kit.http2()
    number = client.ask("POST", "/a%20b?c", [(b"x-kit", b"1")], body=b"hello")
    app = kit.app()
    app.body()
    app.answer(b"ok")
    client.response(number)
    app.outcome(app.receiving(), kit.clock.quiet)
    _judge(kit, "http2", app)


@RULES.check(
    "rules.lifespan",
    "No rule for the lifespan is broken by the server",
    sentence=_SENTENCE,
    source="lifespan#scope",
)
def lifespan(kit: Kit) -> None:
    """The lifespan of this server, and those of other checks."""
    if kit.lifespan is None:
        raise NotOfferedError("the app is called without a lifespan")
    kit.lifespan.ended(0)
    kit.note(kit.lifespan)
    _judge(kit, "lifespan")
