"""What a scope says of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, NotOfferedError, Table, expect

if TYPE_CHECKING:
    from asgi_mw.conformance.kit import Kit
    from asgi_mw.conformance.puppet import Puppet

SCOPE = Table()
_SOURCE = "www#http-connection-scope"
_RAW = (
    "raw_path: the original HTTP path component, excluding any query string, unmodified from the "
    "bytes that were received by the web server. Optional."
)
_PATH = (
    "path: HTTP request target excluding any query string, with percent-encoded sequences and "
    "UTF-8 byte sequences decoded into characters."
)
_HEADERS = (
    "headers: order of header values must be preserved from the original HTTP request. Duplicates "
    "are possible and must be preserved in the message as received."
)


def _asked(kit: Kit, target: str = "/", *lines: bytes, method: str = "GET") -> Puppet:
    return kit.ask(method, target, *lines)[1]


def _named(app: Puppet, name: bytes) -> list[bytes]:
    return [value for key, value in app.scope["headers"] if key.lower() == name]


@SCOPE.check(
    "scope.method",
    "method is that of the request",
    sentence="method: the HTTP method name, uppercased.",
    source=_SOURCE,
)
def method(kit: Kit) -> None:
    """Five of them are tried."""
    for name in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
        expect("method", name, _asked(kit, method=name).scope.get("method"))


@SCOPE.check(
    "scope.http_version",
    "http_version is that of the request",
    sentence='http_version: one of "1.0", "1.1" or "2".',
    source=_SOURCE,
)
def http_version(kit: Kit) -> None:
    """Both versions of HTTP/1 are tried."""
    for version in ("1.1", "1.0"):
        _, app = kit.ask(version=version)
        expect("http_version", version, app.scope.get("http_version"))


@SCOPE.check(
    "scope.scheme",
    "scheme is http, or missing",
    sentence='scheme: URL scheme portion. Optional; default is "http".',
    source=_SOURCE,
)
def scheme(kit: Kit) -> None:
    """There is no TLS."""
    expect("scheme", "http", _asked(kit).scope.get("scheme", "http"))


@SCOPE.check("scope.path", "path is decoded", sentence=_PATH, source=_SOURCE)
def path(kit: Kit) -> None:
    """Percent-encoding and UTF-8 are decoded; a plus is not."""
    app = _asked(kit, "/caf%C3%A9/a%20b/c+d/%E2%82%AC?q=%20")
    expect("path", "/café/a b/c+d/€", app.scope.get("path"))


@SCOPE.check(
    "scope.path.encoded-slash",
    "An encoded slash is decoded in path",
    sentence=_PATH,
    source=_SOURCE,
)
def encoded_slash(kit: Kit) -> None:
    """``raw_path`` has it as it was sent."""
    expect("path", "/a/b%", _asked(kit, "/a%2Fb%25").scope.get("path"))


@SCOPE.check(
    "scope.path.not-utf-8",
    "What path has of bytes that are no UTF-8",
    sentence="Open: path is a Unicode string, decoded from UTF-8.",
    source=_SOURCE,
    severity="undecided",
)
def not_utf8(kit: Kit) -> str:
    """Some servers refuse such a request."""
    http = kit.connect()
    http.ask("GET", "/%FF")
    app = kit.app_or_none(kit.clock.quiet)
    if app is None:
        return f"the client gets {http.response_or_end()}"
    return f"path is {app.scope.get('path')!r}"


@SCOPE.check(
    "scope.path.absolute-form",
    "What path has of a target with scheme and host",
    sentence="Open: path is the HTTP request target, which can be a whole URL.",
    source=_SOURCE,
    severity="undecided",
)
def absolute_form(kit: Kit) -> str:
    """As a client of a proxy sends it."""
    http = kit.connect()
    http.ask("GET", "http://kit.test/a/b?q=1")
    app = kit.app_or_none(kit.clock.quiet)
    if app is None:
        return f"the client gets {http.response_or_end()}"
    return f"path is {app.scope.get('path')!r}"


@SCOPE.check("scope.raw_path", "raw_path is as it was sent", sentence=_RAW, source=_SOURCE)
def raw_path(kit: Kit) -> None:
    """Each of its bytes, without the query."""
    app = _asked(kit, "/caf%C3%A9/a%2Fb/%7euser/c+d?q=%20")
    if app.scope.get("raw_path") is None:
        raise NotOfferedError("there is no raw_path")
    expect("raw_path", b"/caf%C3%A9/a%2Fb/%7euser/c+d", app.scope["raw_path"])


@SCOPE.check(
    "scope.query_string",
    "query_string is as it was sent",
    sentence="query_string: URL portion after the ?, percent-encoded.",
    source=_SOURCE,
)
def query_string(kit: Kit) -> None:
    """Each of its bytes, a second question mark too; empty if there is none."""
    for target, query in (
        ("/?a=%20b&c=%C3%A9+d&e", b"a=%20b&c=%C3%A9+d&e"),
        ("/?a=b?c=d&&", b"a=b?c=d&&"),
        ("/?", b""),
        ("/", b""),
    ):
        expect(f"query_string of {target}", query, _asked(kit, target).scope.get("query_string"))


@SCOPE.check(
    "scope.root_path",
    "root_path is empty, or missing",
    sentence='root_path: the root path this application is mounted at. Optional; defaults to "".',
    source=_SOURCE,
)
def root_path(kit: Kit) -> None:
    """The app is mounted nowhere."""
    expect("root_path", "", _asked(kit).scope.get("root_path", ""))


@SCOPE.check(
    "scope.client",
    "client is the client",
    sentence="client: a two-item iterable of [host, port], where host is the remote host's address "
    "and port is the remote port as an integer. Optional.",
    source=_SOURCE,
)
def client(kit: Kit) -> None:
    """Its address, as the client knows it."""
    http, app = kit.ask()
    if app.scope.get("client") is None:
        raise NotOfferedError("there is no client")
    expect("client", [*http.address], [*app.scope["client"]])


@SCOPE.check(
    "scope.server",
    "server is the address that it listens on",
    sentence="server: a two-item iterable of [host, port], where host is the listening address for "
    "this server, and port is the integer listening port. Optional.",
    source=_SOURCE,
)
def server(kit: Kit) -> None:
    """It is not the name that the client sends."""
    app = _asked(kit)
    if app.scope.get("server") is None:
        raise NotOfferedError("there is no server")
    expect("server", ["127.0.0.1", kit.port], [*app.scope["server"]])


@SCOPE.check(
    "scope.headers.lower-case",
    "Names of headers are in lower case",
    sentence="Header names should be lowercased, but it is not required.",
    source=_SOURCE,
    severity="should",
)
def lower_case(kit: Kit) -> None:
    """However they were sent."""
    app = _asked(kit, "/", b"X-Kit-Name: Value")
    names = [name for name, _ in app.scope["headers"] if name.lower() == b"x-kit-name"]
    expect("names", [b"x-kit-name"], names)


@SCOPE.check(
    "scope.headers.duplicates",
    "Headers of one name stay apart, in order",
    sentence=_HEADERS,
    source=_SOURCE,
)
def duplicates(kit: Kit) -> None:
    """With others between them, and twice the same."""
    lines = (b"x-kit: 1", b"x-other: a", b"x-kit: 2", b"x-kit: 1, 3", b"x-kit: 1")
    values = _named(_asked(kit, "/", *lines), b"x-kit")
    expect("values", [b"1", b"2", b"1, 3", b"1"], values)


@SCOPE.check(
    "scope.headers.bytes",
    "Values of headers are the bytes that were sent",
    sentence="headers: byte strings of the exact byte sequences sent by the client.",
    source="www#wsgi-encoding-differences",
)
def header_bytes(kit: Kit) -> str:
    """Also bytes beyond ASCII, which a server may refuse, and an empty value."""
    app = _asked(kit, "/", b"x-kit: a  b", b"x-empty:")
    expect("value", [b"a  b"], _named(app, b"x-kit"))
    expect("empty value", [b""], _named(app, b"x-empty"))
    http = kit.connect()
    http.ask("GET", "/", b"x-kit: caf\xe9 \xe2\x82\xac")
    beyond = kit.app_or_none(kit.clock.quiet)
    if beyond is None:
        return f"bytes beyond ASCII are answered by {http.response_or_end()}"
    expect("value", [b"caf\xe9 \xe2\x82\xac"], _named(beyond, b"x-kit"))
    return ""


@SCOPE.check(
    "scope.headers.whitespace",
    "Blanks around a value are no part of it",
    sentence="A field parsing implementation must exclude leading and trailing whitespace prior to "
    "evaluating the field value.",
    source="rfc9110#section-5.5",
)
def whitespace(kit: Kit) -> None:
    """Spaces and tabs."""
    app = _asked(kit, "/", b"x-space:  a  ", b"x-tab: \ta\t ")
    expect("value between spaces", [b"a"], _named(app, b"x-space"))
    expect("value between tabs", [b"a"], _named(app, b"x-tab"))


@SCOPE.check(
    "scope.own",
    "Each request has a scope of its own",
    sentence="HTTP connections have a single-request connection scope. A protocol server should "
    "give different scopes to different requests on the same connection.",
    source="www#http",
)
def own(kit: Kit) -> None:
    """On one connection, too."""
    http, app = kit.ask()
    app.mark("kit")
    app.answer(b"1")
    http.response()
    app.finish()
    http.ask("GET", "/second")
    second = kit.app()
    if "kit" in second.scope or second.scope["path"] != "/second":
        raise FailedError("what an app put into the scope is in that of the next request")


@SCOPE.check(
    "scope.own.nested",
    "What is in the scope belongs to one request",
    sentence="Open: nothing says that asgi and extensions are dicts of one request alone.",
    source="www#http",
    severity="undecided",
)
def own_nested(kit: Kit) -> str:
    """An app that writes there may write into the scopes of all requests."""
    app = _asked(kit)
    names = [name for name in ("asgi", "extensions") if isinstance(app.scope.get(name), dict)]
    for name in names:
        app.mark(name, "kit", value={})
    app.close()
    second = _asked(kit)
    shared = [name for name in names if "kit" in second.scope[name]]
    return f"all requests share {' and '.join(shared)}" if shared else "nothing is shared"
