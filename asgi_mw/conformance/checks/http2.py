"""HTTP/2, where a server speaks it without TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, Table, expect
from asgi_mw.conformance.probe import pattern

if TYPE_CHECKING:
    from asgi_mw.conformance.http2 import Http2
    from asgi_mw.conformance.kit import Kit
    from asgi_mw.conformance.puppet import Puppet

HTTP2 = Table()
_SCOPE = "www#http-connection-scope"
_RECEIVE = "www#disconnect-receive-event"
_AFTER = (
    "Disconnect: sent to the application if receive is called after a response has been sent or "
    "after the HTTP connection has been closed."
)
_GONE = {"type": "http.disconnect"}
_LARGE = 1 << 20


def _asked(kit: Kit, target: str = "/", **more: object) -> tuple[Http2, int, Puppet]:
    client = kit.http2()
    number = client.ask(target=target, **more)  # type: ignore[arg-type]  # those of ask
    return client, number, kit.app()


@HTTP2.check(
    "http2.scope",
    "A scope says what was asked for",
    sentence="Pseudo headers must be removed; if :authority is present its value must be added to "
    "the start of the iterable with host as the header name or replace any existing host header.",
    source=_SCOPE,
)
def scope(kit: Kit) -> None:
    """The client sends no header ``host``."""
    _, _, app = _asked(kit, "/caf%C3%A9?a=%20", headers=[(b"x-kit", b"1"), (b"x-kit", b"2")])
    expect("http_version", "2", app.scope.get("http_version"))
    expect("path", "/café", app.scope.get("path"))
    expect("query_string", b"a=%20", app.scope.get("query_string"))
    expect("scheme", "http", app.scope.get("scheme", "http"))
    names = [name for name, _ in app.scope["headers"]]
    expect("pseudo headers", [], [name for name in names if name[:1] == b":"])
    hosts = [value for name, value in app.scope["headers"] if name == b"host"]
    expect("host", [b"kit.test"], hosts)
    values = [value for name, value in app.scope["headers"] if name == b"x-kit"]
    expect("values of x-kit", [b"1", b"2"], values)


@HTTP2.check(
    "http2.host-first",
    "host is the first header",
    sentence="If :authority is present its value must be added to the start of the iterable with "
    "host as the header name or replace any existing host header already present.",
    source=_SCOPE,
)
def host_first(kit: Kit) -> None:
    """The request has no ``host`` that would be replaced."""
    _, _, app = _asked(kit, headers=[(b"x-kit", b"1")])
    names = [name for name, _ in app.scope["headers"]]
    expect("first header", b"host", names[0] if names else None)


@HTTP2.check(
    "http2.streams",
    "Each stream has a scope, a body and a response of its own",
    sentence="A protocol server should give different scopes to different requests on the same "
    "HTTP/2 connection, and correctly multiplex the responses back to the same stream in which "
    "they came.",
    source="www#http",
)
def streams(kit: Kit) -> None:
    """Two requests come at once, and are answered in the opposite order."""
    client = kit.http2()
    first = client.ask("POST", "/first", body=b"1", ends=False)
    one = kit.app()
    second = client.ask("POST", "/second", body=b"2")
    two = kit.app()
    expect("paths", ("/first", "/second"), (one.scope["path"], two.scope["path"]))
    expect("body of the second", b"2", two.body())
    two.answer(b"second")
    expect("response to the second", b"second", client.response(second).body)
    client.write(first, b"1", ends=True)
    expect("body of the first", b"11", one.body())
    one.answer(b"first")
    expect("response to the first", b"first", client.response(first).body)


@HTTP2.check(
    "http2.large",
    "A response of 1 MiB comes whole",
    sentence="body: HTTP body content, concatenated onto any previous body values.",
    source="www#response-body-send-event",
)
def large(kit: Kit) -> None:
    """The client opens its windows as it reads."""
    client, number, app = _asked(kit)
    app.send("http.response.start", status=200, headers=[])
    app.begin("send", message={"type": "http.response.body"}, fill=_LARGE)
    stream = client.response(number)
    if stream.body != pattern(_LARGE) or not stream.ended:
        raise FailedError(f"{len(stream.body)} bytes came of {_LARGE}, or others")


@HTTP2.check(
    "http2.not-while-there",
    "No http.disconnect while the client waits for the response",
    sentence=_AFTER,
    source=_RECEIVE,
)
def not_while_there(kit: Kit) -> None:
    """None comes after a ``receive`` that was cancelled either."""
    client, number, app = _asked(kit)
    app.body()
    waits = app.receiving()
    outcome = app.outcome(waits, kit.clock.quiet) or app.cancel(waits)
    if outcome is None or not outcome.cancelled:
        raise FailedError(f"receive {outcome or 'did not return'} while the client is there")
    app.answer(b"still here")
    expect("body", b"still here", client.response(number).body)


@HTTP2.check(
    "http2.reset",
    "A stream that the client gives up is noticed",
    sentence=_AFTER,
    source=_RECEIVE,
)
def reset(kit: Kit) -> None:
    """The connection goes on."""
    client, number, app = _asked(kit)
    app.body()
    waits = app.receiving()
    client.reset(number)
    expect("receive", _GONE, app.received(waits))
    other = client.ask("GET", "/other")
    kit.app().answer(b"on")
    expect("body of the other", b"on", client.response(other).body)


@HTTP2.check(
    "http2.left",
    "A client that leaves is noticed by all its streams",
    sentence=_AFTER,
    source=_RECEIVE,
)
def left(kit: Kit) -> None:
    """The client closes the connection."""
    client, _, one = _asked(kit)
    client.ask("GET", "/other")
    two = kit.app()
    waits = []
    for app in (one, two):
        app.body()
        waits.append(app.receiving())
    client.close()
    for app, number in zip((one, two), waits, strict=True):
        expect("receive", _GONE, app.received(number))


@HTTP2.check(
    "http2.send-ends",
    "A send to a stream that was given up returns or raises, and does not wait",
    sentence="send: will return once the send has been completed or the connection has been "
    "closed.",
    source="asgi#applications",
)
def send_ends(kit: Kit) -> str:
    """Within the response, with more than fits into a window."""
    client, number, app = _asked(kit)
    app.send("http.response.start", status=200, headers=[])
    app.send("http.response.body", body=b"part", more_body=True)
    client.begun(number, b"part")
    client.reset(number)
    outcome = None
    for _ in range(8):
        outcome = app.sending("http.response.body", fill=1 << 18, more_body=True)
        if outcome is None:
            raise FailedError("send waits for ever")
    return f"send {outcome}"


@HTTP2.check(
    "http2.raises",
    "An app that raises within its body has its stream reset",
    sentence="Servers must terminate the application instance and its associated connection if "
    "this happens.",
    source="asgi#error-handling",
)
def raises(kit: Kit) -> str:
    """The client can see that the response is not whole, while another stream is open."""
    client, _, _ = _asked(kit, "/other")
    number = client.ask()
    app = kit.app()
    app.send("http.response.start", status=200, headers=[])
    app.send("http.response.body", body=b"part", more_body=True)
    client.begun(number, b"part")
    app.fail()
    stream = client.response(number)
    if stream.ended:
        raise FailedError(f"the client gets {stream}, as if it were whole")
    return f"the client gets {stream}"


@HTTP2.check(
    "http2.cookies",
    "How several cookie headers come to the app",
    sentence="Open: Cookie headers may appear repeatedly, or be concatenated by '; '.",
    source="www#http",
    severity="undecided",
)
def cookies(kit: Kit) -> str:
    """The client sends two of them."""
    _, _, app = _asked(kit, headers=[(b"cookie", b"a=1"), (b"cookie", b"b=2")])
    values = [value for name, value in app.scope["headers"] if name == b"cookie"]
    return f"as {values}"
