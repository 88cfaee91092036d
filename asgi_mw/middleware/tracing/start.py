"""What is known of a request when its span starts."""

from __future__ import annotations

from operator import itemgetter
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.caches import keep, remembered
from asgi_mw.middleware.tracing.queries import MOST_TEXT
from asgi_mw.telemetry.attributes import VERSIONS, path_of
from asgi_mw.telemetry.methods import OTHER
from asgi_mw.telemetry.network import scheme_of, server_of, socket_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from asgi_mw.client import Origin
    from asgi_mw.headers import Headers
    from asgi_mw.middleware.tracing.policy import Policy
    from asgi_mw.redaction import Redaction
    from asgi_mw.telemetry.attributes import Attributes, Found
    from asgi_mw.telemetry.methods import Methods
    from asgi_mw.types import Scope


_KEYS = ("scheme", "http_version", "raw_path", "query_string")
_READ = itemgetter(*_KEYS)  # one step of the interpreter, where four would cost as much as the rest
MOST_METHOD = 128  # characters of a method that is not known
# A path of only these characters, without the "eyJ" of a token, holds no secret
_PLAIN = f"{ascii_letters}{digits}_/.~,!$()*-".encode()
# Method, scheme, version, host, user agent
_Likeness: TypeAlias = "tuple[str, str, Any, bytes | None, bytes | None]"


def method_in(policy: Policy, scope: Scope) -> tuple[str, str]:
    """The method, and its form in the span's name; a WebSocket begins with a GET."""
    return policy.methods[scope.get("method") or "GET" if scope["type"] == "http" else "GET"]


def scheme_in(policy: Policy, scope: Scope, headers: Headers) -> str:
    """The scheme of the original request: as a trusted proxy said it, else as the server did."""
    if policy.origin is None:
        return "http" if scope.get("scheme") == scope["type"] == "http" else _scheme(scope, None)
    return _scheme(scope, policy.origin(scope, headers))


def start_attributes(
    policy: Policy, scope: Scope, method: str, headers: Headers, found: Mapping[bytes, bytes]
) -> Attributes:
    """The attributes of a span at its start, as the conventions name them.

    Args:
        policy: The compiled options.
        scope: The scope of the connection.
        method: The method of the request; a WebSocket begins with a GET.
        headers: The headers of the request.
        found: The first value of each header, by its name in lower case.
    """
    # Flat, since it runs for each request that is recorded
    origin = None if policy.origin is None else policy.origin(scope, headers)
    try:
        scheme, version, raw, query = _READ(scope)
    except KeyError:  # a server that leaves one out
        scheme, version, raw, query = map(scope.get, _KEYS)
    if origin is not None or scheme != "http":
        scheme = _scheme(scope, origin)
    host, agent = found.get(b"host"), found.get(b"user-agent")
    if origin is not None and origin.host is not None:
        host = origin.host.encode("latin-1")
    if host.__class__ is not bytes:  # others have to judge it
        host = None
    if agent.__class__ is not bytes:
        agent = None
    attributes = policy.alike[method, scheme, version, host, agent].copy()
    if raw.__class__ is bytes and raw and not raw.translate(None, _PLAIN) and raw.find(b"eyJ") < 0:
        attributes["url.path"] = raw.decode("ascii")
    else:  # it may hold a pair, a URL or a token, encoded or not
        path = path_of(scope)
        attributes["url.path"] = policy.redact.path(path[:MOST_TEXT], cut=len(path) > MOST_TEXT)
    if query:
        attributes["url.query"] = policy.query[query]
    client, port = socket_of(scope)
    if client is not None:
        attributes["network.peer.address"] = client
        if port is not None:
            attributes["network.peer.port"] = port
    if origin is not None:
        client = origin.client
    if client is not None:
        attributes["client.address"] = client
    if policy.request_headers is not None:
        captured = policy.request_headers.scan(headers)
        attributes.update(header_attributes(policy, "request", captured))
    return attributes


class Alike(dict[_Likeness, "Attributes"]):
    """The first attributes of the spans of like requests: made once, and copied for each span.

    Requests are alike if method, scheme, version, ``Host`` and ``User-Agent`` are the same.
    Clients choose most of that, so the number and length of what is kept are bounded.

    >>> from asgi_mw.telemetry.methods import Methods
    >>> alike = Alike(Methods(), bytes.decode)
    >>> alike["GET", "http", "9", b"example.org:81", None] == {
    ...     "http.request.method": "GET",
    ...     "url.scheme": "http",
    ...     "server.address": "example.org",
    ...     "server.port": 81,
    ... }
    True
    """

    def __init__(self, methods: Methods, agent: Callable[[bytes], str]) -> None:
        super().__init__()
        self._methods = methods
        self._agent = agent

    def __missing__(self, likeness: _Likeness) -> Attributes:
        """Make the attributes for a request that is like none before."""
        asked, scheme, version, host, agent = likeness
        method, _ = self._methods[asked]
        made: Attributes = {"http.request.method": method, "url.scheme": scheme}
        if method == OTHER:
            made["http.request.method_original"] = str(asked)[:MOST_METHOD]
        address, port = (None, None) if host is None else server_of(host)
        if address is not None:
            made["server.address"] = address
            if port is not None:
                made["server.port"] = port
        if version in VERSIONS:
            made["network.protocol.version"] = version
        if agent is not None:
            made["user_agent.original"] = self._agent(agent)
        if len(str(asked)) + len(host or b"") + len(agent or b"") <= 512:
            keep(self, likeness, made, most=512)
        return made


def header_attributes(
    policy: Policy, side: str, captured: Found
) -> Iterable[tuple[str, list[str]]]:
    """``http.<side>.header.<name>``, each a list of values, with secrets masked."""
    for name, values in captured.items():
        text = name.decode("latin-1")
        if policy.sanitize is not None and policy.sanitize.search(text):
            shown = ["[REDACTED]"] * len(values)
        else:
            shown = [_header(policy, name, value) for value in values]
        yield f"http.{side}.header.{text}", shown


def _scheme(scope: Scope, origin: Origin | None) -> str:
    scheme = scheme_of(scope) if origin is None or origin.scheme is None else origin.scheme
    if scope["type"] == "websocket" and scheme.startswith("http"):
        return scheme.replace("http", "ws", 1)  # a proxy may name the scheme of the handshake
    return scheme


def _header(policy: Policy, name: bytes, value: bytes) -> str:
    pair = name, value[:MOST_TEXT]
    [(_, shown)], _ = policy.redact.headers([pair], cut=len(value) > MOST_TEXT)
    return str(shown.decode("latin-1"))


def agents(redact: Redaction) -> Callable[[bytes], str]:
    """The function that shows a user agent: there are few of them, and many requests of each."""

    def shown(agent: bytes) -> str:
        text = agent[:MOST_TEXT].decode("latin-1")
        return redact.text(text, cut=len(agent) > MOST_TEXT)

    return remembered(256, longest=256)(shown)
