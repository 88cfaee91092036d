"""What is known of a request when its span starts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.caches import remembered
from asgi_mw.middleware.tracing.queries import MOST_TEXT
from asgi_mw.telemetry.attributes import VERSIONS, path_of
from asgi_mw.telemetry.network import scheme_of, server_of, socket_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.client import Origin
    from asgi_mw.headers import Headers
    from asgi_mw.middleware.tracing.policy import Policy
    from asgi_mw.redaction import Redaction
    from asgi_mw.telemetry.attributes import Attributes, Found
    from asgi_mw.types import Scope


MOST_METHOD = 128  # characters of a method that is none
_PLAIN_PATH = re.compile(r"(?!.*eyJ)[\w/.~,!$()*-]*+", re.ASCII).fullmatch


def method_in(policy: Policy, scope: Scope) -> tuple[str, str]:
    """The method, and how the span's name says it; a WebSocket begins with a GET."""
    return policy.methods[scope.get("method") or "GET" if scope["type"] == "http" else "GET"]


def scheme_in(policy: Policy, scope: Scope, headers: Headers) -> str:
    """The scheme of the original request: as a trusted proxy said it, else as the server did."""
    origin = None if policy.origin is None else policy.origin(scope, headers)
    return _scheme(scope, origin)


def start_attributes(policy: Policy, scope: Scope, headers: Headers, found: Found) -> Attributes:
    """The attributes of a span at its start, as the conventions name them.

    Args:
        policy: The compiled options.
        scope: Of the connection.
        headers: Of the request.
        found: What :class:`~asgi_mw.telemetry.attributes.Wanted` found among them.
    """
    # Flat, since it runs for each request that is recorded
    origin = None if policy.origin is None else policy.origin(scope, headers)
    method, _ = method_in(policy, scope)
    scheme = scope.get("scheme")
    if origin is not None or scheme != "http":
        scheme = _scheme(scope, origin)
    raw = scope.get("raw_path")
    if raw.__class__ is bytes and raw and b"?" not in raw:
        path = raw.decode("latin-1")
    else:
        path = path_of(scope)
    if not _PLAIN_PATH(path):  # it may hold a pair, a URL or a token, encoded or not
        path = policy.redact.path(path[:MOST_TEXT], cut=len(path) > MOST_TEXT)
    attributes: Attributes = {
        "http.request.method": method,
        "url.scheme": scheme,
        "url.path": path,
    }
    if method == "_OTHER":
        attributes["http.request.method_original"] = str(scope.get("method"))[:MOST_METHOD]
    query = scope.get("query_string")
    if query:
        attributes["url.query"] = policy.query[query]
    client, port = socket_of(scope)
    if client is not None:
        attributes["network.peer.address"] = client
        if port is not None:
            attributes["network.peer.port"] = port
    host = found[b"host"][0] if b"host" in found else None
    if origin is not None:
        client = origin.client
        if origin.host is not None:
            host = origin.host.encode("latin-1")
    if client is not None:
        attributes["client.address"] = client
    if host is not None:
        address, port = server_of(host)
        if address is not None:
            attributes["server.address"] = address
            if port is not None:
                attributes["server.port"] = port
    version = scope.get("http_version")
    if version in VERSIONS:
        attributes["network.protocol.version"] = version
    if b"user-agent" in found:
        attributes["user_agent.original"] = policy.agent(found[b"user-agent"][0])
    if policy.request_headers is not None:
        captured = {name: found[name] for name in found if policy.request_headers(name)}
        attributes.update(header_attributes(policy, "request", captured))
    return attributes


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
    """What tells a user agent: there are few of them, and many requests of each."""

    def shown(agent: bytes) -> str:
        text = agent[:MOST_TEXT].decode("latin-1")
        return redact.text(text, cut=len(agent) > MOST_TEXT)

    return remembered(256, longest=256)(shown)
