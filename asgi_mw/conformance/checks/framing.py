"""How responses follow each other on one connection, with a body or without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, NotOfferedError, Table, expect

if TYPE_CHECKING:
    from asgi_mw.conformance.http1 import Http
    from asgi_mw.conformance.kit import Kit
    from asgi_mw.conformance.puppet import Puppet

FRAMING = Table()


def _next(kit: Kit, http: Http) -> Puppet:
    """The call of the app for a second request on the same connection."""
    http.ask("GET", "/next")
    app = _called(kit, http)
    expect("path of the next request", "/next", app.scope["path"])
    return app


def _called(kit: Kit, http: Http) -> Puppet:
    """The next call of the app; a server may end any connection after a response."""
    app = kit.app_or_none()
    if app is not None:
        return app
    if http.ends(kit.clock.quiet):
        raise NotOfferedError("the connection ends behind a response")
    raise FailedError("the next request is not served, and the connection is open")


@FRAMING.check(
    "framing.head",
    "The response to a HEAD has no body",
    sentence="The HEAD method is identical to GET except that the server must not send content in "
    "the response.",
    source="rfc9110#section-9.3.2",
)
def head(kit: Kit) -> None:
    """The app sends one nevertheless; the connection goes on afterwards."""
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


@FRAMING.check(
    "framing.no-content",
    "A 204 and a 304 have no body, and no framing of one",
    sentence="A server must not send Transfer-Encoding in any response with a status code of 1xx "
    "or 204, nor Content-Length.",
    source="rfc9112#section-6.1",
)
def no_content(kit: Kit) -> None:
    """The connection goes on afterwards."""
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


@FRAMING.check(
    "framing.version-1.0",
    "A response to HTTP/1.0 is not chunked",
    sentence="A server must not send a response containing Transfer-Encoding unless the "
    "corresponding request indicates HTTP/1.1 (or later).",
    source="rfc9112#section-6.1",
)
def version_1_0(kit: Kit) -> None:
    """It ends with the connection."""
    http, app = kit.ask(version="1.0")
    app.answer(b"hello", 200, [])
    app.finish()
    response = http.response()
    expect("transfer-encoding", [], response.all(b"transfer-encoding"))
    expect("body", b"hello", response.body)


@FRAMING.check(
    "framing.kept",
    "A kept connection serves the next request",
    sentence="The application is called once per connection: with HTTP it is one request, even if "
    "the underlying socket is still open and serving multiple requests.",
    source="asgi#applications",
)
def kept(kit: Kit) -> None:
    """It goes on after each kind of framing."""
    http, app = kit.ask("POST", body=b"question")
    app.body()
    app.answer(b"hello", 200, [])
    http.response()
    app.finish()
    for _ in range(2):
        app = _next(kit, http)
        app.answer(b"hello")
        expect("body", b"hello", http.response().body)
        app.finish()


@FRAMING.check(
    "framing.pipelined",
    "Two requests at once are answered in order",
    sentence="A server must send the corresponding responses in the same order that the requests "
    "were received.",
    source="rfc9112#section-9.3.2",
)
def pipelined(kit: Kit) -> None:
    """Each request has a call of the app of its own."""
    http = kit.connect()
    one = b"GET /%d HTTP/1.1\r\nHost: kit.test\r\n\r\n"
    http.write(one % 1 + one % 2)
    for number in (1, 2):
        app = _called(kit, http)
        expect("path", f"/{number}", app.scope["path"])
        app.body()
        app.answer(b"answer %d" % number)
        expect("body", b"answer %d" % number, http.response().body)
        app.finish()


@FRAMING.check(
    "framing.close",
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
